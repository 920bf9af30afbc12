// repair puts back what somebody flushed or deleted under living containers: the same addresses, the same MACs, the same
// processes, and traffic flows again.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {type Container, start} from '../fixtures/container.ts';
import {dualStack} from '../fixtures/networks.ts';
import {hostAsSeen, type Outside} from '../fixtures/outside.ts';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {createHost, executable, type Host} from '../host.ts';
import {useNetwork} from './containers.ts';
import {expectHost, settledSnapshot, until} from './settled.ts';

jest.setTimeout(120_000);

interface Harm {
  readonly what: string;
  /** Shell; VETH is the host's end of c1's pair. */
  readonly harm: string;
  /** What --dry-run says is wrong. */
  readonly says: RegExp;
}

const harms: readonly Harm[] = [
  {what: 'a flushed ruleset', harm: 'nft flush ruleset', says: /masquerade/},
  {what: 'a deleted address of the bridge', harm: 'ip address flush dev $BRIDGE scope global', says: /add address/},
  {what: 'a bridge that is down', harm: 'ip link set $BRIDGE down', says: /"\S+" is down/},
  {what: 'a deleted bridge', harm: 'ip link delete $BRIDGE', says: /make bridge/},
  {
    what: 'forwarding that was switched off',
    harm: 'sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0',
    says: /net\/ipv4\/ip_forward/,
  },
  {what: 'a deleted end of a pair', harm: 'ip link delete $VETH', says: /the pair "\S+" and "eth0" is not there/},
  {what: 'an end of a pair that is no port any more', harm: 'ip link set $VETH nomaster', says: /is not a port of/},
  {what: 'an end of a pair that is down', harm: 'ip link set $VETH down', says: /"\S+" is down/},
  {
    what: 'everything at once',
    harm: 'nft flush ruleset; ip link delete $BRIDGE; ip link delete $VETH; sysctl -qw net.ipv4.ip_forward=0',
    says: /make bridge/,
  },
];

let host: Host;
let outside: Outside;
beforeEach(async () => {
  host = await createHost();
  outside = await host.addOutside();
});
afterEach(() => host.close());

test.each(harms)('$what', async harm => {
  useNetwork(host);
  await expectRepair(harm, 'cnibr0', [4]);
});

test.each(harms.filter(({what}) => /ruleset|bridge|forwarding|everything/.test(what)))(
  'with both families: $what',
  async harm => {
    host.write('/etc/cni/net.d/10.conflist', dualStack);
    const bridge = JSON.stringify(dualStack).match(/"bridge":"([^"]+)"/)?.[1] ?? '';
    await expectRepair(harm, bridge, [4, 6]);
  },
);

test('repair of one network leaves the others as they are', async () => {
  useNetwork(host);
  await start(host, 'runc', 'c1');
  await host.must('sysctl', ['-qw', 'net.ipv4.ip_forward=0']);
  expect(await repair('other')).toEqual({exitCode: 0, found: []});
  expect(await repair('mynet')).toMatchObject({exitCode: 0, found: [{outcome: 'mended'}]});
});

async function expectRepair({harm, says}: Harm, bridge: string, families: readonly (4 | 6)[]): Promise<void> {
  const [c1, c2] = [await start(host, 'runc', 'c1'), await start(host, 'runc', 'c2')];
  const reaches = (container: Container) => reachesOutside(container, families);
  await until('both reach the outside', async () => (await reaches(c1)) && (await reaches(c2)));
  const before = await everything(c1, c2);

  const veth = await host.must('sh', ['-c', `ip -o link show type veth | grep -o 'veth[^@]*' | head -1`]);
  await host.must('sh', ['-c', harm], {env: {BRIDGE: bridge, VETH: veth}});
  const harmed = await host.snapshot();
  const dry = await repair('--dry-run');
  expect(dry).toMatchObject({exitCode: 1});
  expect(dry.found.map(({outcome}) => outcome)).toEqual(dry.found.map(() => 'found'));
  expect(dry.found.map(({fault}) => fault).join('\n')).toMatch(says);
  expect(dry.found.every(({commands}) => commands.length > 0)).toBe(true);
  await expectHost(host, harmed);

  const mended = await repair();
  expect(mended.found.filter(({outcome}) => outcome !== 'mended')).toEqual([]);
  expect(mended.exitCode).toBe(0);
  await until('both reach the outside again', async () => (await reaches(c1)) && (await reaches(c2)));
  expect(await repair()).toEqual({exitCode: 0, found: []});
  const after = await everything(c1, c2);
  expect(after.containers).toEqual(before.containers);
  expect(after.host).toEqual(before.host);

  for (const container of [c1, c2]) await container.remove();
  expect(await host.must('ip', ['-br', 'link', 'show', 'type', 'veth'])).not.toContain('veth');
}

interface Repaired {
  readonly exitCode: number;
  readonly found: readonly {readonly fault: string; readonly outcome: string; readonly commands: readonly string[]}[];
}

async function repair(...args: readonly string[]): Promise<Repaired> {
  const {exitCode, stdout} = await host.run(executable, ['repair', '--json', ...args]);
  return {exitCode, found: JSON.parse(stdout)};
}

async function reachesOutside({exec}: Container, families: readonly (4 | 6)[]): Promise<boolean> {
  for (const family of families) {
    const caller = await outside.whoCalls(exec, family).catch(() => '');
    if (caller !== (family === 4 ? hostAsSeen.v4 : hostAsSeen.v6)) return false;
  }
  return true;
}

/** The host, and what the containers are: processes, interfaces with MACs and addresses, routes. */
async function everything(...containers: readonly Container[]): Promise<{host: Snapshot; containers: object}> {
  const looks = containers.map(async ({id, pid}) => {
    const ip = (...args: readonly string[]) => host.must('ip', ['-j', ...args], {netnsOf: pid});
    const [link] = JSON.parse(await ip('address', 'show', 'dev', 'eth0')) as [
      {address: string; addr_info: readonly {local: string; scope: string}[]},
    ];
    const addresses = link.addr_info.filter(({scope}) => scope === 'global').map(({local}) => local);
    const routes = JSON.parse(await ip('route')).concat(JSON.parse(await ip('-6', 'route', 'show', 'default')));
    const process = (await host.must('cat', [`/proc/${pid}/stat`])).split(' ')[21];
    return {
      id,
      pid,
      process,
      mac: link.address,
      addresses,
      routes: routes.map(({dst, gateway}: never) => [dst, gateway]),
    };
  });
  return {host: sorted(await settledSnapshot(host)), containers: await Promise.all(looks)};
}

/** What was made anew comes last in the kernel's lists. */
function sorted(snapshot: Snapshot): Snapshot {
  return {...snapshot, links: [...snapshot.links].sort(), addresses: [...snapshot.addresses].sort()};
}
