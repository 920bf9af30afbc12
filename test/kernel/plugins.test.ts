// What the plugins do that stands in no other test here, shown against the kernel: that their commands do what they do, that
// the guard guards and leaves nothing, that a duplicate address is found out, and what repair puts back.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {readKernel, readSysctls, rulesetOf} from '../fixtures/snapshot.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns} from '../host.ts';

jest.setTimeout(60_000);

const both = {
  ipam: {
    type: 'host-local',
    ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]],
    routes: [{dst: '0.0.0.0/0'}, {dst: '::/0'}],
  },
};
const v4 = {ipam: {type: 'host-local', subnet: '10.1.0.0/24'}};
const addressed = (...addresses: readonly object[]) => ({ipam: {type: 'static', addresses}});
const ptpNetwork = (settings: object) => ({cniVersion: '1.0.0', name: 'mynet', plugins: [{type: 'ptp', ...settings}]});
const bridge = (settings: object) => bridgeNetwork('mynet', 'cnibr1', settings);
const table = ['nft', ['-j', 'list', 'ruleset']] as const;

let host: Host;
let container: Netns;
beforeEach(async () => {
  host = await createHost();
  container = await host.netns();
});
afterEach(() => host.close());

/** Attaches it, which must not fail. */
async function attach(id: string, {pid}: Netns, network: object, at = host): Promise<void> {
  at.write('/etc/cni/net.d/10.conflist', network);
  expect(await at.hook('createRuntime', creating(id, pid))).toEqual({exitCode: 0, stdout: '', stderr: ''});
}

const ping = async (from: Netns, to: string): Promise<boolean> =>
  (await from.run('ping', ['-c', '1', '-W', '1', to])).exitCode === 0;

describe('the commands in the log do what is done', () => {
  test.each<[string, object, RegExp]>([
    ['ptp', ptpNetwork({ipMasq: true, mtu: 1400, ...both}), /"dst":"10\.1\.0\.0\/24","gateway":"10\.1\.0\.1"/],
    [
      'ptp with an address of full length',
      ptpNetwork(
        addressed({address: '10.1.0.2/32', gateway: '10.9.0.1'}, {address: 'fd00::2/128', gateway: 'fd00:9::1'}),
      ),
      /"dst":"10\.9\.0\.1"/,
    ],
    [
      'ptp with two addresses of one subnet',
      ptpNetwork(
        addressed({address: '10.1.0.2/24', gateway: '10.1.0.1'}, {address: '10.1.0.3/24', gateway: '10.1.0.1'}),
      ),
      /"local":"10\.1\.0\.3"/,
    ],
    ['the guard', bridge({macspoofchk: true, isGateway: true, ...v4}), /guarded-mynet/],
    ['isolation', bridge({portIsolation: true, ...v4}), /"isolated":true/],
    ['duplicate detection', bridge({enabledad: true, isGateway: true, ...both}), /"local":"fd00:1::2","prefixlen":64/],
    ['a container end that stays down', bridge({disableContainerInterface: true}), /"ifname":"eth0"/],
  ])('%s', async (_what, network, has) => {
    const byHand = await createHost();
    try {
      const theirs = await byHand.netns();
      await attach('c1', container, network);
      const last = JSON.parse(host.read('/run/cni-hook/log.jsonl').trim().split('\n').at(-1) ?? '') as {plan: string[]};
      const script = last.plan.join('\n').replaceAll(`/proc/${container.pid}/ns/net`, `/proc/${theirs.pid}/ns/net`);
      await byHand.must('sh', ['-ec', script]);
      const done = await look(host, container);
      expect(JSON.stringify(done).replaceAll('\\', '')).toMatch(has);
      expect(await look(byHand, theirs)).toEqual(done);
    } finally {
      await byHand.close();
    }
  });

  async function look(at: Host, {pid}: Netns) {
    return {
      host: await readKernel(at.must),
      container: await readKernel(at.must, pid),
      nft: rulesetOf(await at.must(...table)),
      sysctls: [await readSysctls(at.must), await readSysctls(at.must, pid)],
    };
  }
});

describe('ptp', () => {
  test('containers reach the gateway, the host and each other, in both families', async () => {
    const other = await host.netns();
    await attach('c1', container, ptpNetwork(both));
    await attach('c2', other, ptpNetwork(both));
    for (const to of ['10.1.0.1', '10.1.0.3', 'fd00:1::1', 'fd00:1::3'])
      expect([to, await ping(container, to)]).toEqual([to, true]);
    await host.must('ping', ['-c', '1', '-W', '1', '10.1.0.2']);
    expect(await ping(other, '10.1.0.2')).toBe(true);
  });

  test('repair puts back what an interface lost that was down, but for the way past the gateway', async () => {
    await attach('c1', container, ptpNetwork(both));
    const before = await readKernel(host.must, container.pid);
    await host.must('ip', ['link', 'set', 'eth0', 'down'], {netnsOf: container.pid});
    const {exitCode} = await host.run(executable, ['repair']);
    expect({exitCode, after: await readKernel(host.must, container.pid)}).toEqual({exitCode: 0, after: before});
    expect(await ping(container, '10.1.0.1')).toBe(true);
  });
});

describe('the guard', () => {
  const guarded = bridge({macspoofchk: true, isGateway: true, ...v4});
  const elements = async () => [...(await host.must(...table)).matchAll(/veth[0-9a-f]{11}/g)].map(([name]) => name);

  test('lets nothing in by a link but with its own MAC, and repair puts it back', async () => {
    await attach('c1', container, guarded);
    const inside = {netnsOf: container.pid};
    const setMac = (mac: string) => host.must('ip', ['link', 'set', 'eth0', 'address', mac], inside);
    const reachesGateway = async () => {
      // Nobody remembers who had which MAC.
      for (const options of [{}, inside]) await host.must('ip', ['neighbour', 'flush', 'all'], options);
      return ping(container, '10.1.0.1');
    };
    const [link] = JSON.parse(await host.must('ip', ['-j', 'link', 'show', 'eth0'], inside)) as [{address: string}];
    expect(await reachesGateway()).toBe(true);
    await setMac('02:00:00:00:00:77');
    expect(await reachesGateway()).toBe(false);
    await host.must('nft', ['flush', 'chain', 'bridge', 'cni-hook', 'guard-mynet']);
    expect(await reachesGateway()).toBe(true);
    await setMac(link.address);
    expect((await host.run(executable, ['repair'])).exitCode).toBe(0);
    expect(await reachesGateway()).toBe(true);
    await setMac('02:00:00:00:00:77');
    expect(await reachesGateway()).toBe(false);
  });

  test('of a network that stands costs no process, and leaves nothing when the netns is gone', async () => {
    const other = await host.netns();
    await attach('c1', other, guarded);
    const standing = await elements();
    const traced = ['strace', '-f', '-qq', '-e', 'trace=execve', '-o', '/mnt/trace'];
    const outcome = await host.hook('createRuntime', creating('c2', container.pid), [], {under: traced});
    expect(outcome.exitCode).toBe(0);
    expect(host.read('/mnt/trace').match(/execve\(/g)).toHaveLength(1);
    expect(await elements()).toHaveLength(standing.length + 2);
    await container.end();
    expect((await host.hook('poststop', stopped('c2'))).exitCode).toBe(0);
    expect(await elements()).toEqual(standing);
  });

  test('that somebody has flushed keeps nobody from leaving', async () => {
    await attach('c1', container, guarded);
    await host.must('nft', ['flush', 'set', 'bridge', 'cni-hook', 'guarded-mynet']);
    await container.end();
    expect(await host.hook('poststop', stopped('c1'))).toEqual({exitCode: 0, stdout: '', stderr: ''});
    expect(await elements()).toEqual([]);
    const again = await host.netns();
    await attach('c2', again, guarded);
    await host.must('nft', ['flush', 'ruleset']);
    await again.end();
    expect(await host.hook('poststop', stopped('c2'))).toEqual({exitCode: 0, stdout: '', stderr: ''});
  });

  test('goes with its network, and the table with the last one', async () => {
    await attach('c1', container, guarded);
    await container.end();
    await host.hook('poststop', stopped('c1'));
    expect((await host.run(executable, ['gc', '--networks'])).exitCode).toBe(0);
    expect(rulesetOf(await host.must(...table))).toEqual([]);
  });
});

test('with enabledad an address that somebody else has is refused, and nothing is left', async () => {
  const network = bridge({enabledad: true, isGateway: true, ...addressed({address: 'fd00:1::5/64'})});
  await attach('c1', await host.netns(), network);
  const before = await host.snapshot();
  const {exitCode, stderr} = await host.hook('createRuntime', creating('c2', container.pid));
  expect(exitCode).toBe(1);
  expect(stderr).toContain('cannot use the addresses of "eth0": somebody else on the link has fd00:1::5/64');
  expect(await host.snapshot()).toEqual(before);
  expect((await container.run('ip', ['link', 'show', 'eth0'])).exitCode).not.toBe(0);
});

test('isolated ports reach the gateway, and not each other', async () => {
  const other = await host.netns();
  const network = bridge({portIsolation: true, isGateway: true, ...v4});
  await attach('c1', container, network);
  await attach('c2', other, network);
  expect([await ping(container, '10.1.0.1'), await ping(container, '10.1.0.3')]).toEqual([true, false]);
});

test('a route has in the kernel what it has in the result', async () => {
  const options = {mtu: 1300, advmss: 1200, priority: 77, table: 1000};
  const routes = [
    {dst: '10.9.0.0/16', ...options},
    {dst: '10.8.0.0/16', scope: 200},
    {dst: 'fd00:9::/48', ...options},
  ];
  await attach('c1', container, bridge({isGateway: true, ipam: {...both.ipam, routes}}));
  const shown = async (...args: string[]) =>
    (await container.run('ip', ['-d', ...args])).stdout.split('\n').map(line => line.trim());
  expect(await shown('route', 'show', 'table', '1000')).toContain(
    'unicast 10.9.0.0/16 via 10.1.0.1 dev eth0 proto boot scope global metric 77 mtu 1300 advmss 1200',
  );
  expect(await shown('route')).toContain('unicast 10.8.0.0/16 via 10.1.0.1 dev eth0 proto boot scope site');
  expect((await shown('-6', 'route', 'show', 'table', '1000')).join()).toContain(
    'unicast fd00:9::/48 via fd00:1::1 dev eth0 proto boot scope global metric 77 mtu 1300 advmss 1200',
  );
});
