// bridge on hosts that are not as they should be: verbs out of turn, a netns that is gone, something in the way, and what
// CHECK says when something has been taken away.
import {callsOf, type Input, sh} from '../input.ts';
import {answer, because, code, type Difference, ownMac, undone} from '../reasons.ts';
import {bridge, containerEnds, hostLocal, v4} from './configs.ts';

const gateway = {isGateway: true, isDefaultGateway: true};
const {call, add, del, check} = callsOf('bridge', bridge({...gateway, ...hostLocal([v4])}));
const another = {CNI_CONTAINERID: 'c2', CNI_NETNS: '/run/netns/red'};
const pairStays = because('away at DEL', /(host|container) (links|queues|addresses|routes)$/);

const outOfTurn: readonly Input[] = [
  {what: 'ADD twice', steps: [add(), add(), del({previous: 1})], differs: [answer('same answer', '2 ADD')]},
  {what: 'DEL twice', steps: [add(), del({previous: 1}), del({previous: 1})]},
  {what: 'DEL of what never was', steps: [del()], differs: [because('nothing at DEL', /leases$/)]},
  {what: 'DEL without prevResult', steps: [add(), del()]},
  {what: 'DEL without netns', steps: [add(), del({previous: 1, env: {CNI_NETNS: ''}})], differs: [pairStays]},
  {what: 'DEL without the variable', steps: [add(), del({env: {CNI_NETNS: undefined}})], differs: [pairStays]},
  {what: 'DEL when the netns is gone', steps: [add(), sh(containerEnds), del({previous: 1})]},
  {
    what: 'DEL when the path is a regular file',
    steps: [add(), sh(`${containerEnds}; echo >/run/netns/blue`), del({previous: 1})],
    differs: [answer('away at DEL', '2 DEL'), because('away at DEL', /leases$/)],
  },
  {
    what: 'DEL when the path is another netns',
    steps: [add(), sh(`${containerEnds}; ip netns add blue`), del({previous: 1})],
  },
  {what: 'DEL when the interface is gone', steps: [add(), sh('ip -n blue link del eth0'), del({previous: 1})]},
  {
    what: 'two containers on one bridge',
    steps: [sh('ip netns add red'), add(), add({env: another}), del(), del({env: another})],
  },
  {what: 'CHECK of what never was', steps: [add(), del(), check(1)], differs: [code(108)]},
  {what: 'CHECK without prevResult', steps: [add(), call('CHECK')], differs: [code(7)]},
  {
    what: 'CHECK in another netns',
    steps: [sh('ip netns add red'), add(), check(1, {env: {CNI_NETNS: '/run/netns/red'}})],
    differs: [code(108)],
  },
];

const port = '$(ip -o link | sed -n "s/.* \\(veth[0-9a-f]*\\)@.*/\\1/p")';
const seen = [code(108)];
const unseen = [answer('checked thoroughly', '2 CHECK')];
const tolerated: readonly Difference[] = [];

/** What is done between ADD and CHECK. */
const sabotaged: readonly Input[] = (
  [
    ['the pair is deleted', 'ip -n blue link del eth0', seen],
    ['the port is out of the bridge', `ip link set ${port} nomaster`, seen],
    ['the port is down', `ip link set ${port} down`, unseen],
    ['the container end is down', 'ip -n blue link set eth0 down', seen],
    ['the MAC is another', 'ip -n blue link set eth0 address 02:00:00:00:00:77', seen],
    ['the address is deleted', 'ip -n blue address flush dev eth0', seen],
    ['another address is there', 'ip -n blue address add 10.77.0.1/24 dev eth0', tolerated],
    ['the default route is deleted', 'ip -n blue route del default', seen],
    ['another route is there', 'ip -n blue route add 10.78.0.0/16 dev eth0', tolerated],
    ['another interface is there', 'ip -n blue link add x0 type veth peer name x1', tolerated],
    ['the lease is deleted', 'rm /var/lib/cni/networks/net1/10.1.0.2', seen],
    ['the bridge is deleted', 'ip link del br1', seen],
    ['the bridge is down', 'ip link set br1 down', unseen],
    ['the address of the bridge is deleted', 'ip address flush dev br1', unseen],
  ] as const
).map(([what, commands, differs]) => ({
  what: `CHECK when ${what}`,
  steps: [add(), sh(commands), check(1), del({previous: 1})],
  differs,
}));

const lastPort = [
  answer('bridge without ports', '1 ADD'),
  because('bridge without ports', /(links|queues|addresses|routes|leases)$/),
];
const wrongAddress = [code(7), undone];
const throughX0 = 'ip -n blue link add x0 type veth peer name x1; ip -n blue link set x0 up; ip -n blue link set x1 up';

/** What is there before the ADD. */
const inTheWay: readonly Input[] = (
  [
    ['a bridge', {}, 'ip link add br1 address 02:00:00:00:00:01 type bridge', []],
    ['a bridge without a MAC of its own', {}, 'ip link add br1 type bridge; ip link set br1 up', []],
    [
      'a bridge whose last port has gone',
      {},
      'ip link add br1 type bridge; ip link add x0 type veth; ip link set x0 master br1; ip link del x0',
      lastPort,
    ],
    ['the right address', {}, 'ip link add br1 type bridge; ip address add 10.1.0.1/24 dev br1', [ownMac]],
    ['an address more', {}, 'ip link add br1 type bridge; ip address add fd00:77::1/64 dev br1', []],
    [
      'another address of the subnet',
      {},
      'ip link add br1 type bridge; ip address add 10.1.0.77/24 dev br1',
      wrongAddress,
    ],
    [
      'an address of another subnet',
      {},
      'ip link add br1 type bridge; ip address add 10.77.0.1/24 dev br1',
      wrongAddress,
    ],
    [
      'another address, to be forced',
      {forceAddress: true},
      'ip link add br1 type bridge; ip address add 10.77.0.1/24 dev br1',
      [],
    ],
    [
      'something else under the name of the bridge',
      {},
      'ip link add br1 type veth peer name br2',
      [code(7), because('lease first', /leases$/)],
    ],
    ['forwarding', {}, 'sysctl -qw net.ipv4.ip_forward=1', []],
    [
      'an eth0 in the container',
      {},
      'ip -n blue link add eth0 type veth peer name eth9',
      [code(105), undone, because('nothing at DEL', /leases$/)],
    ],
    ['a default route in the container', {}, `${throughX0}; ip -n blue route add default dev x0`, []],
  ] as const
).map(([what, more, commands, differs]) => {
  const calls = callsOf('bridge', bridge({...gateway, ...more, ...hostLocal([v4])}));
  return {what: `ADD where there is ${what}`, steps: [sh(commands), calls.add(), calls.del({previous: 1})], differs};
});

export const faultInputs: readonly Input[] = [...outOfTurn, ...sabotaged, ...inTheWay].map(input => ({
  ...input,
  what: `bridge: ${input.what}`,
}));
