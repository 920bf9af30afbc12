// Every plugin of the reference that this kernel can run, in a chain with ours: before, behind and between them. Its work
// shows, CHECK agrees, and afterwards nothing is left, also where the netns was gone by then.
// Its own way of failing is not ours: what its CHECK can't do is said where it is so.
import {spawnSync} from 'node:child_process';
import {expect, test} from '@jest/globals';
import {creating} from '../fixtures/state.ts';
import {network, ourBridge, useChainHost} from './chain-host.ts';

const {host, snapshot, configure, cli, must, addNetns, deleteNetns, container} = useChainHost();

interface Case {
  readonly name: string;
  readonly plugins: readonly object[];
  readonly flags?: readonly string[];
  /** The kind of link without which the kernel can't run it. */
  readonly needs?: string;
  /** A command, run in the host or in the container, whose output shows the plugin's work. */
  readonly proof: {readonly where: 'host' | 'container'; readonly command: string; readonly shows: RegExp};
  /** What CHECK says; nothing unless told. */
  readonly complaint?: RegExp;
}

const external = {'cni-hook': {external: true}};
const ourLoopback = {type: 'loopback'};
const ipam = {type: 'host-local', ranges: [[{subnet: '10.8.0.0/24'}]]};
const portmap = {type: 'portmap', ...external, capabilities: {portMappings: true}};
const publish = ['--cap-args', JSON.stringify({portMappings: [{hostPort: 8080, containerPort: 80, protocol: 'tcp'}]})];
const published = {where: 'host', command: 'iptables-save -t nat', shows: /--to-destination 10\.7\.0\.\d+:80/} as const;
const tuning = {type: 'tuning', ...external, mtu: 1400, sysctl: {'net.core.somaxconn': '500'}};
const tuned = {
  where: 'container',
  command: 'cat /proc/sys/net/core/somaxconn; ip link show eth0',
  shows: /^500\n.* mtu 1400 /,
} as const;
const rates = {ingressRate: 8_000_000, ingressBurst: 800_000, egressRate: 8_000_000, egressBurst: 800_000};
// Where there is IPv6, it looks there for the IPv4 rules as well.
const portmapComplaint = /could not check ipv6 dnat/;
const address = (pattern: string) =>
  ({where: 'container', command: 'ip -o address show dev eth0', shows: new RegExp(pattern)}) as const;

const cases: readonly Case[] = [
  {
    name: 'portmap behind ours',
    plugins: [ourBridge, portmap],
    flags: publish,
    proof: published,
    complaint: portmapComplaint,
  },
  {
    name: 'firewall behind ours',
    plugins: [ourBridge, {type: 'firewall', ...external}],
    proof: {where: 'host', command: 'iptables-save', shows: /CNI-FORWARD -s 10\.7\.0\.\d+\/32 -j ACCEPT/},
  },
  {name: 'tuning behind ours', plugins: [ourBridge, tuning], proof: tuned},
  {
    name: 'bandwidth behind ours',
    needs: 'ifb',
    plugins: [ourBridge, {type: 'bandwidth', ...external, ...rates}],
    proof: {where: 'host', command: 'tc qdisc show', shows: /tbf .*rate 8Mbit/},
  },
  {
    name: 'sbr behind ours',
    plugins: [ourBridge, {type: 'sbr'}],
    proof: {
      where: 'container',
      command: 'ip rule show; ip route show table 100',
      shows: /from 10\.7\.0\.\d+ lookup 100[\s\S]*default via 10\.7\.0\.1/,
    },
    // sbr moves the routes to a table of its own.
    complaint: /add route "0\.0\.0\.0\/0"/,
  },
  {
    name: 'vrf behind ours',
    needs: 'vrf',
    plugins: [ourBridge, {type: 'vrf', vrfname: 'blue'}],
    proof: {where: 'container', command: 'ip link show eth0', shows: /master blue/},
  },
  {
    name: 'portmap, ours and tuning behind ours',
    plugins: [ourBridge, portmap, ourLoopback, tuning],
    flags: publish,
    proof: published,
    complaint: portmapComplaint,
  },
  {
    name: 'all that go together behind ours',
    plugins: [ourBridge, portmap, {type: 'firewall', ...external}, ourLoopback, tuning],
    flags: publish,
    proof: tuned,
    complaint: portmapComplaint,
  },
  {
    name: "the reference's bridge before ours",
    plugins: [{...ourBridge, ...external, bridge: 'refbr7', ipam}, ourLoopback],
    proof: address('10\\.8\\.0\\.\\d+/24'),
  },
  {
    name: "the reference's ptp before ours",
    plugins: [{type: 'ptp', ...external, ipam}, ourLoopback, tuning],
    proof: tuned,
  },
  {
    name: 'macvlan before ours',
    needs: 'macvlan',
    plugins: [{type: 'macvlan', ...external, master: 'uplink', ipam}, ourLoopback],
    proof: address('10\\.8\\.0\\.\\d+/24'),
  },
  {
    name: 'ipvlan before ours',
    needs: 'ipvlan',
    plugins: [{type: 'ipvlan', master: 'uplink', ipam}, ourLoopback],
    proof: address('10\\.8\\.0\\.\\d+/24'),
  },
  {
    name: 'vlan before ours',
    needs: 'vlan',
    plugins: [{type: 'vlan', master: 'uplink', vlanId: 5, ipam}, ourLoopback],
    proof: address('10\\.8\\.0\\.\\d+/24'),
  },
  {
    name: 'host-device before ours',
    plugins: [{type: 'host-device', device: 'spare', ipam}, ourLoopback],
    proof: address('10\\.8\\.0\\.\\d+/24'),
  },
  {
    name: 'static below ours',
    plugins: [{...ourBridge, ipam: {type: 'static', addresses: [{address: '10.7.0.77/24', gateway: '10.7.0.1'}]}}],
    proof: address('10\\.7\\.0\\.77/24'),
  },
];

/** The kinds of link that this kernel can't make, each with what it says. */
const lacking = new Map(
  ['vrf table 5', 'ipvlan', 'vlan id 5', 'macvlan', 'ifb'].flatMap(kind => {
    const link = /vlan/.test(kind) ? 'link base' : '';
    const script = `ip link add base type veth peer name other; ip link add probe ${link} type ${kind}`;
    const {status, stderr} = spawnSync('test/private-host', ['sh', '-c', script], {encoding: 'utf8'});
    return status === 0 ? [] : [[kind.split(' ')[0] ?? '', stderr.trim().split('\n').at(-1) ?? '']];
  }),
);

for (const one of cases) {
  const reason = lacking.get(one.needs ?? '');
  if (reason !== undefined) test.skip(`${one.name}: this kernel has no ${one.needs}: ${reason}`, () => undefined);
  else test(one.name, () => tryAllEnds(one));
}

async function tryAllEnds(one: Case): Promise<void> {
  configure(one.plugins);
  await prepare();
  // The first time leaves what a network's containers share.
  await added(one, await addNetns('first'));
  await must('del', network, '/run/netns/first');
  await deleteNetns('first');
  const before = await snapshot();

  const path = await addNetns('alive');
  await added(one, path);
  await prove(one, ['nsenter', `--net=${path}`]);
  const check = await cli(['check', network, path]);
  if (one.complaint) expect(check).toMatchObject({exitCode: 1, stderr: expect.stringMatching(one.complaint)});
  else expect(check).toEqual({exitCode: 0, stdout: '', stderr: ''});
  await must('del', network, path);
  expect((await cli(['check', network, path])).stderr).toContain('is not attached to');
  await must('del', network, path);
  await deleteNetns('alive');
  expect(await snapshot()).toEqual(before);

  const gone = await addNetns('gone');
  await added(one, gone);
  await deleteNetns('gone');
  await must('del', network, gone);
  expect(await snapshot()).toEqual(before);

  // The hook has nothing to say for capabilities.
  const process = await container();
  expect(await host().hook('createRuntime', creating('c1', process.pid))).toMatchObject({exitCode: 0, stderr: ''});
  if (!one.flags) await prove(one, ['nsenter', `--net=/proc/${process.pid}/ns/net`]);
  await process.end();
  expect(await host().hook('poststop', {id: 'c1', status: 'stopped', bundle: '/'})).toMatchObject({
    exitCode: 0,
    stderr: '',
  });
  expect(await snapshot()).toEqual(before);
}

/** Links for those plugins that take one of the host. */
async function prepare(): Promise<void> {
  const pairs = ['uplink', 'spare'].map(
    name => `ip link show ${name} >/dev/null 2>&1 || ip link add ${name} type veth peer name ${name}-peer`,
  );
  await host().must('sh', ['-ec', [...pairs, 'ip link set uplink up', 'ip link set uplink-peer up'].join('\n')]);
}

const added = ({flags = []}: Case, path: string): Promise<string> => must('add', network, path, ...flags);

async function prove({proof: {where, command, shows}}: Case, enter: readonly string[]): Promise<void> {
  const [first = 'sh', ...rest] = [...(where === 'container' ? enter : []), 'sh', '-c', command];
  expect(await host().must(first, rest)).toMatch(shows);
}
