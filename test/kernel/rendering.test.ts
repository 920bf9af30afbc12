// The commands that --dry-run and the log show are what is done: a person who types them gets the same host.
// In one private host the hook attaches a container, in another sh runs the commands from the log of the first.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {readKernel, readSysctls, rulesetOf} from '../fixtures/snapshot.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host, type Netns} from '../host.ts';

jest.setTimeout(60_000);

interface Case {
  readonly what: string;
  readonly settings: object;
  /** Plugins behind the bridge. */
  readonly chained?: readonly object[];
  /** Shell commands that come before, in both hosts. */
  readonly given?: readonly string[];
  /** What must be there in the end, so that two equal hosts can't be two empty ones. */
  readonly has: RegExp;
}

const v4 = {subnet: '10.1.0.0/24'};
const v6 = {subnet: 'fd00:1::/64'};
const gateway = {isGateway: true, isDefaultGateway: true, ipMasq: true};
const hostLocal = (ranges: readonly object[], more: object = {}) => ({
  ipam: {type: 'host-local', ranges: ranges.map(range => [range]), ...more},
});
const portMappings = [
  {hostPort: 8080, containerPort: 80},
  {hostPort: 5353, containerPort: 53, protocol: 'udp', hostIP: '127.0.0.1'},
];
const portmap = (more: object = {}) => ({type: 'portmap', runtimeConfig: {portMappings}, ...more});
const withRoute = (route: object) => ({...gateway, ...hostLocal([v4], {routes: [route]})});

const cases: readonly Case[] = [
  {what: 'IPv4', settings: {...gateway, ...hostLocal([v4])}, has: /"dst":"default","gateway":"10\.1\.0\.1"/},
  {what: 'IPv6', settings: {...gateway, ...hostLocal([v6])}, has: /"dst":"default","gateway":"fd00:1::1"/},
  {what: 'both families', settings: {...gateway, ...hostLocal([v4, v6])}, has: /"local":"fd00:1::2","prefixlen":64/},
  {
    what: 'several ranges',
    settings: {...gateway, ...hostLocal([v4, {subnet: '10.2.0.0/16', rangeStart: '10.2.3.4'}])},
    has: /"local":"10\.2\.3\.4","prefixlen":16/,
  },
  {what: 'no gateway', settings: hostLocal([v4]), has: /"local":"10\.1\.0\.2"/},
  {what: 'no addresses', settings: {}, has: /"ifname":"eth0"/},
  {what: 'an MTU', settings: {mtu: 1400, ...hostLocal([v4])}, has: /"ifname":"eth0","mtu":1400/},
  {what: 'hairpin', settings: {hairpinMode: true, ...hostLocal([v4])}, has: /"hairpin":true/},
  {
    what: 'promiscuous mode',
    settings: {promiscMode: true, ...hostLocal([v4])},
    has: /"ifname":"cnibr1"[^}]*"promiscuity":1/,
  },
  {
    what: 'a MAC of its own',
    settings: {args: {cni: {mac: '02:11:22:33:44:55'}}, ...hostLocal([v4])},
    has: /"address":"02:11:22:33:44:55"/,
  },
  {
    what: 'a bridge that gets another address by force',
    settings: {...gateway, forceAddress: true, ...hostLocal([v4])},
    given: ['ip link add cnibr1 address 02:00:00:00:00:09 type bridge', 'ip address add 10.1.0.77/24 dev cnibr1'],
    has: /"local":"10\.1\.0\.2"/,
  },
  {
    what: 'a bridge that is there already, with an IPv6 address of its own',
    settings: {...gateway, ...hostLocal([v4, v6])},
    given: [
      'ip link add cnibr1 address 02:00:00:00:00:09 type bridge',
      'ip address add fd00:99::1/64 dev cnibr1',
      'ip link set cnibr1 up',
    ],
    has: /"local":"fd00:1::2"/,
  },
  {
    what: 'a route with an MTU and a segment size',
    settings: withRoute({dst: '10.9.0.0/16', mtu: 1300, advmss: 1200}),
    has: /"dst":"10\.9\.0\.0\/16".*"mtu":1300,"advmss":1200/,
  },
  {
    what: 'a route with a priority',
    settings: withRoute({dst: '10.9.0.0/16', priority: 77}),
    has: /"dst":"10\.9\.0\.0\/16".*"metric":77/,
  },
  {
    what: 'a route in a table of its own',
    settings: withRoute({dst: '10.9.0.0/16', table: 1000}),
    has: /"dst":"10\.9\.0\.0\/16".*"table":"1000"/,
  },
  {
    what: 'a route of narrower scope',
    settings: withRoute({dst: '10.9.0.0/16', scope: 200}),
    has: /"dst":"10\.9\.0\.0\/16".*"scope":"site"/,
  },
  {
    what: 'a route by another gateway',
    settings: withRoute({dst: '10.9.0.0/16', gw: '10.1.0.9'}),
    has: /"dst":"10\.9\.0\.0\/16","gateway":"10\.1\.0\.9"/,
  },
  {
    what: 'an IPv6 route with every option',
    settings: {
      ...gateway,
      ...hostLocal([v6], {
        routes: [{dst: 'fd00:9::/32', gw: 'fd00:1::9', mtu: 1300, advmss: 1200, priority: 77, table: 1000}],
      }),
    },
    has: /"dst":"fd00:9::\/32".*"metric":77/,
  },
  {
    what: 'published ports',
    settings: {...gateway, ...hostLocal([v4, v6])},
    chained: [portmap()],
    has: /"elem":\{"val":\{"concat":\["127\.0\.0\.1","udp",5353\]\},"comment":"cni-hook mynet\/c1\/eth0"/,
  },
  {
    what: 'published ports on conditions',
    settings: {...gateway, ...hostLocal([v4, v6])},
    chained: [portmap({conditionsV4: ['ip', 'saddr', '192.0.2.0/24'], masqAll: true})],
    has: /"dport"[^|]*8080/,
  },
];

let byHook: Host;
let byHand: Host;
beforeEach(async () => {
  [byHook, byHand] = await Promise.all([createHost(), createHost()]);
});
afterEach(async () => {
  await Promise.all([byHook.close(), byHand.close()]);
});

test.each(cases)('the commands for $what do what the hook does', async ({settings, chained = [], given = [], has}) => {
  const [mine, theirs] = await Promise.all([byHook.netns(), byHand.netns()]);
  for (const host of [byHook, byHand]) await host.must('sh', ['-ec', given.join('\n')]);
  const network = bridgeNetwork('mynet', 'cnibr1', settings) as {readonly plugins: readonly object[]};
  byHook.write('/etc/cni/net.d/10.conflist', {...network, plugins: [...network.plugins, ...chained]});
  const {exitCode, stderr} = await byHook.hook('createRuntime', creating('c1', mine.pid));
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});

  const script = loggedPlan(byHook).join('\n').replaceAll(`/proc/${mine.pid}/ns/net`, `/proc/${theirs.pid}/ns/net`);
  await byHand.must('sh', ['-ec', script]);

  const done = await look(byHook, mine);
  expect(JSON.stringify(done)).toMatch(unescaped(has));
  expect(await look(byHand, theirs)).toEqual(done);
});

test('--dry-run shows what the log shows afterwards', async () => {
  const container = await byHook.netns();
  byHook.write('/etc/cni/net.d/10.conflist', bridgeNetwork('mynet', 'cnibr1', {...gateway, ...hostLocal([v4, v6])}));
  const {stdout} = await byHook.hook('createRuntime', creating('c1', container.pid), ['--dry-run']);
  await byHook.hook('createRuntime', creating('c1', container.pid));
  const [shown, logged] = [stdout.split('\n'), loggedPlan(byHook)];
  expect(shown.length).toBeGreaterThan(20);
  expect(shown.map(withoutSalt)).toEqual(logged.map(withoutSalt));
});

/** Names and MACs that are made anew at every start. */
const withoutSalt = (command: string): string =>
  command.replaceAll(/veth[0-9a-f]{11}/g, 'VETH').replaceAll(/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, 'MAC');

/** Patterns are written for JSON; what they are held against is JSON in strings of JSON. */
const unescaped = (pattern: RegExp): RegExp => new RegExp(pattern.source.replaceAll('"', String.raw`\\"`));

function loggedPlan(host: Host): readonly string[] {
  const last = host.read('/run/cni-hook/log.jsonl').trim().split('\n').at(-1) ?? '{}';
  return (JSON.parse(last) as {readonly plan: readonly string[]}).plan;
}

async function look(host: Host, {pid}: Netns) {
  return {
    host: await readKernel(host.must),
    container: await readKernel(host.must, pid),
    nft: rulesetOf(await host.must('nft', ['-j', 'list', 'ruleset'])),
    sysctls: [await readSysctls(host.must), await readSysctls(host.must, pid)],
  };
}
