// tuning, bandwidth and macvlan in networks of the hook, shown against the kernel: that their commands do what they do, that
// limits limit and leave nothing, that macvlans reach each other, what repair puts back and what gc finds.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {readKernel} from '../fixtures/snapshot.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns} from '../host.ts';

jest.setTimeout(60_000);

const ranges = [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]];
const addresses = {ipam: {type: 'host-local', ranges}};
const bridge = {type: 'bridge', bridge: 'cnibr1', isGateway: true, ...addresses};
const ptp = {type: 'ptp', mtu: 1400, ...addresses};
const macvlan = {type: 'macvlan', master: 'm0', mtu: 1400, ...addresses};
const limits = {
  type: 'bandwidth',
  ingressRate: 8_000_000,
  ingressBurst: 800_000,
  egressRate: 4_000_000,
  egressBurst: 400_000,
};
const sysctl = {
  'net.ipv4.conf.IFNAME.arp_filter': '1',
  'net.core.somaxconn': '500',
  'net.ipv4.ip_local_port_range': '2000 3000',
};
const settings = {
  type: 'tuning',
  mac: '02:11:22:33:44:55',
  mtu: 1300,
  promisc: true,
  allmulti: true,
  txQLen: 77,
  sysctl,
};
const wire = 'ip link add m0 type veth peer name m1; ip link set m0 up; ip link set m1 up';

let host: Host;
let container: Netns;
beforeEach(async () => {
  host = await createHost();
  container = await host.netns();
});
afterEach(() => host.close());

async function attach(id: string, {pid}: Netns, ...plugins: readonly object[]): Promise<void> {
  host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'mynet', plugins});
  expect(await host.hook('createRuntime', creating(id, pid))).toEqual({exitCode: 0, stdout: '', stderr: ''});
}

const sh = (command: string, at = host) => at.must('sh', ['-ec', command]);
const limitsOf = (at = host) =>
  sh(
    "tc qdisc show | sed 's/ refcnt [0-9]*//'; for link in $(ip -o link | sed -n 's/^[0-9]*: \\(veth[^@:]*\\).*/\\1/p'); do tc filter show dev $link parent ffff:; done",
    at,
  );
const tuned = (at: Host, {pid}: Netns) =>
  at.must(
    'sh',
    [
      '-c',
      'ip -o link show eth0 | grep -o "qlen.*link" ; sysctl net.ipv4.conf.eth0.arp_filter net.core.somaxconn net.ipv4.ip_local_port_range net.ipv6.conf.eth0.ndisc_notify',
    ],
    {netnsOf: pid},
  );
const ping = async (from: Netns, to: string): Promise<boolean> =>
  (await from.run('ping', ['-c', '1', '-W', '1', to])).exitCode === 0;

describe('the commands in the log do what is done', () => {
  test.each<[string, readonly object[], RegExp]>([
    ['bandwidth behind a bridge', [bridge, limits], /tbf 1: dev bwp\w+ root rate 4Mbit burst 50000b lat 25(\.\d+)?ms/],
    ['bandwidth behind ptp', [ptp, limits], /Egress Redirect to device bwp/],
    ['tuning', [bridge, settings], /qlen 77/],
    ['macvlan', [macvlan], /"kind\W+macvlan/],
  ])('%s', async (_what, plugins, has) => {
    const byHand = await createHost();
    try {
      const theirs = await byHand.netns();
      for (const at of [host, byHand]) await sh(wire.replaceAll(' type', ' address 02:00:00:00:00:01 type'), at);
      await attach('c1', container, ...plugins);
      const last = JSON.parse(host.read('/run/cni-hook/log.jsonl').trim().split('\n').at(-1) ?? '') as {plan: string[]};
      const script = last.plan.join('\n').replaceAll(`/proc/${container.pid}/ns/net`, `/proc/${theirs.pid}/ns/net`);
      await sh(script, byHand);
      const look = async (at: Host, inside: Netns) => ({
        host: (await readKernel(at.must)).links.filter(link => !link.includes('"m1"')),
        container: await readKernel(at.must, inside.pid),
        limits: await limitsOf(at),
        tuned: await tuned(at, inside),
      });
      const done = await look(host, container);
      expect(JSON.stringify(done).replaceAll('\\', '')).toMatch(has);
      expect(await look(byHand, theirs)).toEqual(done);
    } finally {
      await byHand.close();
    }
  });
});

describe('bandwidth', () => {
  /** Megabits a second at which `to` gets a file of so many bytes from `from`. */
  async function rate(from: Netns, to: Netns, address: string, bytes: number): Promise<number> {
    await sh(`mkdir -p /mnt/served; head -c ${bytes} /dev/zero >/mnt/served/${bytes}`);
    await from.run('busybox', ['httpd', '-h', '/mnt/served', '-p', '80']);
    const start = performance.now();
    const {stdout} = await to.run('sh', ['-c', `busybox wget -qO- http://${address}/${bytes} | wc -c`]);
    expect(stdout.trim()).toBe(`${bytes}`);
    return (bytes * 8) / 1e6 / ((performance.now() - start) / 1000);
  }

  test('holds back what the container receives and what it sends, and lets others be', async () => {
    const other = await host.netns();
    await attach('c2', other, bridge);
    await attach('c1', container, bridge, limits);
    const [received, sent] = [
      await rate(other, container, '10.1.0.2', 1_000_000),
      await rate(container, other, '10.1.0.3', 500_000),
    ];
    expect(received).toBeGreaterThan(4);
    expect(received).toBeLessThan(10.5);
    expect(sent).toBeGreaterThan(2);
    expect(sent).toBeLessThan(5.5);
    expect(await ping(container, 'fd00:1::1')).toBe(true);
  });

  test('leaves nothing when the container has gone, and gc finds what a lost record leaves', async () => {
    const links = () => sh("ip -o link | sed 's/^[0-9]*: //; s/[:@].*//'");
    const other = await host.netns();
    await attach('c2', other, bridge, limits);
    const before = await links();
    await attach('c1', container, bridge, limits);
    await container.end();
    expect(await host.hook('poststop', stopped('c1'))).toEqual({exitCode: 0, stdout: '', stderr: ''});
    expect(await links()).toBe(before);
    await sh('rm -r /run/cni-hook/containers/c2');
    expect(await host.run(executable, ['gc'])).toMatchObject({exitCode: 0, stdout: expect.not.stringContaining('bwp')});
    expect(await links()).toBe(before);
    await other.end();
    await sh('while ip -o link | grep -q veth; do sleep 0.02; done');
    expect(await host.run(executable, ['gc'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/"bwp\w+" of container "c2"/),
    });
    expect(await links()).not.toContain('bwp');
  });

  test('a container that comes again gets its ifb again, also where our state was lost and an old one is in the way', async () => {
    await attach('c1', container, bridge, limits);
    const ifb = () => sh('ip -o link show type ifb | grep -o "bwp[0-9a-f]*" | head -n 1');
    const before = await ifb();
    await container.end();
    await sh('rm -r /run/cni-hook/containers/c1');
    const again = await host.netns();
    await attach('c1', again, bridge, limits);
    expect(await ifb()).toBe(before);
    expect(await ping(again, '10.1.0.1')).toBe(true);
    await again.end();
    expect(await host.hook('poststop', stopped('c1'))).toEqual({exitCode: 0, stdout: '', stderr: ''});
    // Somebody else's is left alone.
    await sh(`ip link add ${before.trim()} type ifb`);
    const third = await host.netns();
    const {exitCode, stderr} = await host.hook('createRuntime', creating('c1', third.pid));
    expect({exitCode, stderr}).toMatchObject({exitCode: 1, stderr: expect.stringContaining('it is not ours')});
    expect(await ifb()).toBe(before);
  });

  test('is put back by repair', async () => {
    await attach('c1', container, bridge, limits);
    const before = await limitsOf();
    await sh('ip link del $(ip -o link show type ifb | grep -o "bwp[0-9a-f]*" | head -n 1)');
    await sh('tc qdisc del dev $(ip -o link | grep -o "veth[0-9a-f]*" | head -n 1) root');
    expect((await host.run(executable, ['repair'])).exitCode).toBe(0);
    const plain = (text: string) =>
      text
        .split('\n')
        .sort()
        .join('\n')
        .replaceAll(/index \d+/g, '');
    expect(plain(await limitsOf())).toBe(plain(before));
  });

  test('of two interfaces of one container are two, and each goes alone', async () => {
    host.write('/etc/cni/net.d/20.conflist', {
      cniVersion: '1.0.0',
      name: 'second',
      plugins: [{...bridge, bridge: 'cnibr2', ipam: {type: 'host-local', subnet: '10.2.0.0/24'}}, limits],
    });
    await attach('c1', container, bridge, limits);
    const target = `/proc/${container.pid}/ns/net`;
    const flags = ['--ifname', 'eth1', '--container-id', 'c1'];
    const ifbs = async () => (await sh('ip -o link show type ifb | grep -c bwp || :')).trim();
    expect((await host.run(executable, ['add', 'second', target, ...flags])).exitCode).toBe(0);
    expect(await ifbs()).toBe('2');
    expect((await host.run(executable, ['del', 'second', target, ...flags])).exitCode).toBe(0);
    expect(await ifbs()).toBe('1');
    expect(await limitsOf()).toContain('rate 4Mbit');
  });
});

describe('macvlan', () => {
  test('containers on one wire reach each other at once, in both families, whatever the host calls its own links', async () => {
    const other = await host.netns();
    await sh(`${wire}; ip link add eth0 type veth peer name eth0-peer`);
    await attach('c1', other, macvlan);
    await attach('c2', container, macvlan);
    for (const to of ['10.1.0.2', 'fd00:1::2']) expect([to, await ping(container, to)]).toEqual([to, true]);
  });

  test('add and del on command put it into a living container and take it out again', async () => {
    await sh(wire);
    host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'mynet', plugins: [macvlan]});
    const before = {inside: await readKernel(host.must, container.pid), outside: await host.snapshot()};
    const target = `/proc/${container.pid}/ns/net`;
    expect((await host.run(executable, ['add', 'mynet', target])).exitCode).toBe(0);
    expect((await host.run(executable, ['check', 'mynet', target])).exitCode).toBe(0);
    await container.run('ip', ['link', 'del', 'eth0']);
    expect((await host.run(executable, ['repair'])).exitCode).toBe(0);
    expect((await host.run(executable, ['check', 'mynet', target])).exitCode).toBe(0);
    expect((await host.run(executable, ['del', 'mynet', target])).exitCode).toBe(0);
    const after = {inside: await readKernel(host.must, container.pid), outside: await host.snapshot()};
    expect(after.inside.links).toEqual(before.inside.links);
    expect(after.outside.files).toEqual(before.outside.files);
  });

  test("is left alone by a container that joins another one's network namespace", async () => {
    await sh(wire);
    await attach('c1', container, macvlan);
    const before = await readKernel(host.must, container.pid);
    const {exitCode, stderr} = await host.hook('createRuntime', creating('c2', container.pid));
    expect({exitCode, stderr}).toMatchObject({exitCode: 0, stderr: expect.stringContaining('left alone')});
    const env = {
      CNI_PATH: '/mnt',
      CNI_COMMAND: 'DEL',
      CNI_CONTAINERID: 'c3',
      CNI_NETNS: `/proc/${container.pid}/ns/net`,
      CNI_IFNAME: 'eth0',
    };
    await sh(`ln -s ${executable} /mnt/macvlan`);
    const input = JSON.stringify({cniVersion: '1.0.0', name: 'mynet', ...macvlan});
    expect((await host.run('/mnt/macvlan', [], {env, input})).exitCode).toBe(0);
    expect(await readKernel(host.must, container.pid)).toEqual(before);
  });

  test('of a link of the container is made in the container', async () => {
    await container.run('ip', ['link', 'add', 'net1', 'type', 'veth', 'peer', 'name', 'net2']);
    await container.run('ip', ['link', 'set', 'net1', 'up']);
    await attach('c1', container, {...macvlan, master: 'net1', linkInContainer: true});
    const {stdout} = await container.run('ip', ['-o', 'link', 'show', 'type', 'macvlan']);
    expect(stdout).toContain('eth0@net1');
  });

  test('with a MAC that is on the wire already does not start, and says why', async () => {
    await sh(wire);
    const other = await host.netns();
    const mac = '02:11:22:33:44:55';
    await attach('c1', other, {...macvlan, mac});
    const second = creating('c2', container.pid, {'io.cni-hook.mac': mac});
    expect(await host.hook('createRuntime', second)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Address already in use: another interface on the same wire has its MAC'),
    });
    expect((await container.run('ip', ['link', 'show', 'eth0'])).exitCode).toBe(1);
  });

  test('in passthru mode has the MAC of its master, or gives it another, and the result tells it', async () => {
    await sh(wire);
    await attach('c1', container, {...macvlan, mode: 'passthru', mac: '02:11:22:33:44:55'});
    const macOf = (text: string) => /link\/ether (\S+)/.exec(text)?.[1];
    expect(macOf((await container.run('ip', ['link', 'show', 'eth0'])).stdout)).toBe('02:11:22:33:44:55');
    expect(macOf(await sh('ip link show m0'))).toBe('02:11:22:33:44:55');
  });
});

describe('tuning', () => {
  test('changes what the allowlist names, and refuses the rest before anything is made', async () => {
    host.write('/etc/cni/tuning/allowlist.conf', '^net\\.core\\.\n');
    await attach('c1', container, bridge, {type: 'tuning', sysctl: {'net.core.somaxconn': '500'}});
    const other = await host.netns();
    const before = (await readKernel(host.must)).links;
    host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'mynet', plugins: [bridge, settings]});
    const {exitCode, stderr} = await host.hook('createRuntime', creating('c2', other.pid));
    expect({exitCode, stderr}).toMatchObject({exitCode: 1, stderr: expect.stringContaining('is not allowed by')});
    expect((await readKernel(host.must)).links).toEqual(before);
  });

  test('the container is reached under its new MAC, and repair puts back what was changed', async () => {
    await attach('c1', container, bridge, settings);
    expect(await ping(container, '10.1.0.1')).toBe(true);
    const before = await tuned(host, container);
    await container.run('sh', ['-c', 'sysctl -qw net.core.somaxconn=7; ip link set eth0 txqueuelen 5 mtu 1280']);
    expect((await host.run(executable, ['repair'])).exitCode).toBe(0);
    expect(await tuned(host, container)).toBe(before);
  });
});
