// The firewall plugin by its traffic: on a host that drops what it forwards, a network with it reaches the outside and gets its
// replies, and what was not asked for stays outside. Afterwards the host's firewall is what it was, to the letter.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {call, linkPlugins, makeNetns, netnsPath} from '../conformance/plugins.ts';
import {hostAsSeen, type Outside, outside} from '../fixtures/outside.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns, type Outcome} from '../host.ts';

jest.setTimeout(120_000);

const network = (name: string, subnet: number, plugin: object = {}) => ({
  cniVersion: '1.0.0',
  name,
  plugins: [
    {
      type: 'bridge',
      bridge: `br-${name}`,
      isDefaultGateway: true,
      ipam: {
        type: 'host-local',
        ranges: [[{subnet: `10.${subnet}.0.0/24`}], [{subnet: `fd00:${subnet}::/64`}]],
      },
    },
    {type: 'firewall', ...plugin},
  ],
});

/** Both families: `iptables` stands for two commands. */
const both = (script: string): string => `${script}\n${script.replaceAll('iptables', 'ip6tables')}`;
const docker = both(`
  iptables -N DOCKER-USER; iptables -N DOCKER-FORWARD
  iptables -A DOCKER-USER -j RETURN
  iptables -A DOCKER-FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  iptables -A DOCKER-FORWARD -o docker0 -j DROP
  iptables -A DOCKER-FORWARD -i docker0 -j ACCEPT
  iptables -A FORWARD -j DOCKER-USER
  iptables -A FORWARD -j DOCKER-FORWARD
  iptables -P FORWARD DROP`);

const firewalls: readonly {readonly what: string; readonly script: string; readonly entry: RegExp}[] = [
  {what: 'iptables', script: both('iptables -P FORWARD DROP'), entry: /^-A FORWARD -j CNI-HOOK-red$/m},
  {
    what: 'the old iptables',
    script: both('iptables-legacy -P FORWARD DROP'),
    entry: /^-A FORWARD -j CNI-HOOK-red$/m,
  },
  {
    what: 'the old iptables and the new one',
    script: both('iptables-legacy -P FORWARD DROP; iptables -A FORWARD -j DROP'),
    entry: /^-A FORWARD -j CNI-HOOK-red\n-A FORWARD -j DROP$/m,
  },
  {what: 'Docker', script: docker, entry: /^-A DOCKER-USER -j CNI-HOOK-red\n-A DOCKER-USER -j RETURN$/m},
];

let host: Host;
let far: Outside;
beforeEach(async () => {
  host = await createHost();
  far = await host.addOutside();
  await sh(`ip route add default via ${outside.v4}; ip -6 route add default via ${outside.v6}`);
  await far.run('ip', ['route', 'add', '10.0.0.0/8', 'via', hostAsSeen.v4]);
  await far.run('ip', ['-6', 'route', 'add', 'fd00::/8', 'via', hostAsSeen.v6]);
  // Before its link's own address is settled, a router asks for no neighbours.
  const settled = 'while ip -6 address show tentative | grep -q inet6; do sleep 0.1; done';
  await Promise.all([sh(settled), far.run('sh', ['-c', settled])]);
});
afterEach(() => host.close());

const sh = (script: string): Promise<string> => host.must('sh', ['-ec', script]);
const cli = (...args: readonly string[]): Promise<Outcome> => host.run(executable, args);

/** All that any firewall holds, without what was counted, and without the old tables that were made by looking. */
async function rulesets(): Promise<string> {
  const commands = both('for kind in nft legacy; do iptables-$kind-save 2>/dev/null; done');
  const saved = await sh(`${commands}\nnft -s list ruleset`);
  return saved.replaceAll(/^#.*\n?/gm, '').replaceAll(/\[\d+:\d+\]|packets \d+ bytes \d+/g, '');
}

async function attach(id: string, name = 'red'): Promise<Netns> {
  const container = await host.netns();
  const outcome = await host.hook('createRuntime', creating(id, container.pid), ['--network', name]);
  expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
  return container;
}

async function end(id: string, container: Netns): Promise<void> {
  await container.end();
  expect(await host.hook('poststop', stopped(id))).toEqual({exitCode: 0, stdout: '', stderr: ''});
}

const reaches = async (from: Pick<Netns, 'run'>, address: string): Promise<boolean> =>
  (await from.run('ping', ['-c', '1', '-W', '1', address])).exitCode === 0;
const reachesOutside = (from: Netns): Promise<readonly boolean[]> =>
  Promise.all([outside.v4, outside.v6].map(address => reaches(from, address)));

describe.each(firewalls)('where $what drops what is forwarded', ({script, entry}) => {
  test('a container reaches the outside, nobody reaches it from there, and nothing is left', async () => {
    host.write('/etc/cni/net.d/10.conflist', {...network('red', 1), plugins: network('red', 1).plugins.slice(0, 1)});
    await sh(script);
    const cut = await attach('cut');
    expect(await reachesOutside(cut)).toEqual([false, false]);
    await end('cut', cut);
    expect(await cli('gc', '--networks')).toMatchObject({exitCode: 0});
    const before = await rulesets();

    host.write('/etc/cni/net.d/10.conflist', network('red', 1));
    const red = await attach('c1');
    expect(await reachesOutside(red)).toEqual([true, true]);
    expect(await Promise.all(['10.1.0.2', 'fd00:1::2'].map(address => reaches(far, address)))).toEqual([false, false]);
    expect(await rulesets()).toMatch(entry);
    expect((await cli('doctor')).stdout).not.toMatch(/(error|warning) +firewall/);

    await end('c1', red);
    expect(await cli('gc', '--networks')).toMatchObject({exitCode: 0});
    expect(await rulesets()).toBe(before);
  });
});

test('a host that begins to drop later finds its networks let through', async () => {
  host.write('/etc/cni/net.d/10.conflist', network('red', 1));
  const red = await attach('c1');
  await sh(docker);
  expect(await reachesOutside(red)).toEqual([true, true]);
});

test('a network is let through when Docker has started again', async () => {
  await sh(docker);
  host.write('/etc/cni/net.d/10.conflist', network('red', 1));
  const red = await attach('c1');
  // Docker makes all of its own again, and keeps DOCKER-USER.
  const again = docker.split('\n').filter(line => !line.includes('DOCKER-USER -j RETURN'));
  await sh(both('iptables -F FORWARD; iptables -F DOCKER-FORWARD; iptables -X DOCKER-FORWARD'));
  await sh(again.join('\n').replaceAll(/(ip6?tables) -N DOCKER-USER; /g, ''));
  expect(await rulesets()).toMatch(/^-A DOCKER-USER -j CNI-HOOK-red$/m);
  expect(await reachesOutside(red)).toEqual([true, true]);
});

test('the commands of --dry-run make the same firewall', async () => {
  await sh(both('iptables -P FORWARD DROP; iptables -N CNI-ADMIN'));
  host.write('/etc/cni/net.d/10.conflist', network('red', 1, {ingressPolicy: 'same-bridge'}));
  const container = await host.netns();
  const path = `/proc/${container.pid}/ns/net`;
  const commands = (await cli('add', 'red', path, '--dry-run')).stdout;
  // How often iptables' chain is used is noted only by ourselves.
  const rules = async () =>
    (await rulesets())
      .replaceAll(/^\t\treturn comment "table.*\n/gm, '')
      .split('\n')
      .sort();
  await sh(commands);
  const typed = await rules();
  await container.run('ip', ['link', 'delete', 'eth0']);
  await sh(`ip link delete br-red; nft flush ruleset; ${both('iptables -P FORWARD DROP; iptables -N CNI-ADMIN')}`);
  expect(await cli('add', 'red', path)).toMatchObject({exitCode: 0});
  expect(typed).toEqual(await rules());
  expect(typed).toContain('-A CNI-HOOK-red -s 10.1.0.0/24 -j CNI-ADMIN');
});

test('a port that the host has directed to a container is let in, and its other ports are not', async () => {
  await sh(both('iptables -P FORWARD DROP'));
  host.write('/etc/cni/net.d/10.conflist', network('red', 1));
  const red = await attach('c1');
  host.write('/mnt/served/index.html', 'here');
  await red.run('busybox', ['httpd', '-h', '/mnt/served', '-p', '80']);
  await sh(`nft add table inet site; nft add chain inet site in '{ type nat hook prerouting priority dstnat; }'
    nft add rule inet site in tcp dport 8080 dnat ip to 10.1.0.2:80
    nft add rule inet site in tcp dport 8080 dnat ip6 to [fd00:1::2]:80`);
  const ask = async (address: string): Promise<string> =>
    (await far.run('busybox', ['timeout', '2', 'busybox', 'wget', '-qO-', `http://${address}/`])).stdout;
  expect(await Promise.all([`${hostAsSeen.v4}:8080`, `[${hostAsSeen.v6}]:8080`].map(ask))).toEqual(['here', 'here']);
  expect(await Promise.all(['10.1.0.2', '[fd00:1::2]'].map(ask))).toEqual(['', '']);
});

test.each([
  {what: 'is flushed', harm: both('iptables -F')},
  {what: 'calls us no more', harm: both('iptables -F FORWARD')},
  {what: 'is gone, and all of nftables', harm: `nft flush ruleset; ${both('iptables -P FORWARD DROP')}`},
  {what: 'of the old kind is flushed', harm: both('iptables-legacy -P FORWARD DROP; iptables-legacy -F')},
])('repair mends a firewall that $what', async ({harm}) => {
  await sh(both('iptables -P FORWARD DROP; iptables-legacy -P FORWARD DROP'));
  host.write('/etc/cni/net.d/10.conflist', network('red', 1));
  const red = await attach('c1');
  const before = await rulesets();
  await sh(harm);
  expect(await reachesOutside(red)).toEqual([false, false]);
  expect(await cli('repair')).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/mended: .*in the firewall/)});
  expect(await reachesOutside(red)).toEqual([true, true]);
  expect((await rulesets()).split('\n').sort()).toEqual(before.split('\n').sort());
  const again = await cli('repair');
  expect(again.stdout + again.stderr).toBe('everything is as it should be');
});

test('the next ADD mends what nf_tables lost', async () => {
  await sh(both('iptables -P FORWARD DROP'));
  host.write('/etc/cni/net.d/10.conflist', network('red', 1));
  const red = await attach('c1');
  await sh(both('iptables -F'));
  expect(await reachesOutside(red)).toEqual([false, false]);
  await attach('c2');
  expect(await reachesOutside(red)).toEqual([true, true]);
});

test("the operator's chain is asked first, and stays if something is in it", async () => {
  await sh(both('iptables -P FORWARD DROP'));
  host.write('/etc/cni/net.d/10.conflist', network('red', 1, {iptablesAdminChainName: 'SITE'}));
  host.write('/etc/cni/net.d/20.conflist', network('blue', 2));
  const red = await attach('c1');
  await sh('iptables -N CNI-ADMIN; iptables -A CNI-ADMIN -d 192.0.2.0/24 -j DROP');
  const blue = await attach('c2', 'blue');
  expect(await reachesOutside(blue)).toEqual([false, true]);
  expect(await reachesOutside(red)).toEqual([true, true]);
  await sh(`ip6tables -A SITE -d ${outside.v6} -j DROP`);
  expect(await reachesOutside(red)).toEqual([true, false]);
  await end('c1', red);
  await end('c2', blue);
  await cli('gc', '--networks');
  expect((await rulesets()).match(/^(-A|:(SITE|CNI)).*$/gm)).toEqual([
    ':CNI-ADMIN - ',
    '-A CNI-ADMIN -d 192.0.2.0/24 -j DROP',
    ':SITE - ',
    `-A SITE -d ${outside.v6}/128 -j DROP`,
  ]);
});

test('sixteen first containers of four networks at the same time are all let through, and nothing is there twice', async () => {
  await sh(docker);
  const before = await rulesets();
  const names = ['red', 'blue', 'green', 'gray'];
  for (const [i, name] of names.entries()) {
    host.write(`/etc/cni/net.d/1${i}.conflist`, network(name, i + 1, {ingressPolicy: 'same-bridge'}));
  }
  const containers = await Promise.all(Array.from({length: 16}, (_, i) => attach(`c${i}`, names[i % 4])));
  const calls = (await rulesets()).match(/^-A .* -j CNI-HOOK-\S+$/gm) ?? [];
  expect([...calls].sort()).toEqual(names.flatMap(name => Array(2).fill(`-A DOCKER-USER -j CNI-HOOK-${name}`)).sort());
  expect(await Promise.all(containers.map(one => reaches(one, outside.v4)))).toEqual(Array(16).fill(true));
  await Promise.all(containers.map((one, i) => end(`c${i}`, one)));
  expect(await cli('gc', '--networks')).toMatchObject({exitCode: 0});
  expect(await rulesets()).toBe(before);
});

test('sixteen drop-in plugins at the same time, on a host that has no rule yet, do not make anything twice', async () => {
  await linkPlugins(host, ['firewall']);
  const one = async (i: number): Promise<Outcome> => {
    const id = `c${i}`;
    await sh(makeNetns(id));
    const interfaces = [{name: 'br0'}, {name: `veth${i}`}, {name: 'eth0', sandbox: netnsPath(id)}];
    const ips = [`10.1.0.${i + 2}/24`, `fd00:1::${i + 2}/64`].map(address => ({address, interface: 2}));
    const prevResult = {cniVersion: '1.0.0', interfaces, ips};
    const {exitCode, json, stderr} = await call(host, {
      type: 'firewall',
      verb: 'ADD',
      conf: {cniVersion: '1.0.0', name: 'red', type: 'firewall', ingressPolicy: 'same-bridge', prevResult},
      env: {CNI_CONTAINERID: id, CNI_NETNS: netnsPath(id)},
    });
    return {exitCode, stdout: exitCode === 0 ? '' : JSON.stringify(json), stderr};
  };
  const outcomes = await Promise.all(Array.from({length: 16}, (_, i) => one(i)));
  expect(outcomes).toEqual(Array(16).fill({exitCode: 0, stdout: '', stderr: ''}));
  const rules = await rulesets();
  expect(rules.match(/^-A FORWARD .*$/gm)).toEqual(Array(2).fill('-A FORWARD -j CNI-HOOK-red'));
  expect(rules.match(/^-A CNI-HOOK-red .*$/gm)).toHaveLength(6);
});

test('rules of a network that no record tells of any more are found by gc', async () => {
  const before = await rulesets();
  host.write('/etc/cni/net.d/10.conflist', network('red', 1, {ingressPolicy: 'isolated'}));
  const red = await attach('c1');
  await red.end();
  await sh('rm -rf /run/cni-hook');
  expect((await cli('gc')).stdout).toMatch(/rules in the firewall of network "red"/);
  expect(await rulesets()).toBe(before);
});
