// tuning, bandwidth and macvlan by their keys, and when somebody else has been at work.
import {callsOf, type Input, type Step, sh} from '../input.ts';
import {answer, because, code, type Difference} from '../reasons.ts';
import {bridge, containerEnds, hostLocal, life as lifeOf, v4, v4b, v6} from './configs.ts';

const network = {cniVersion: '1.0.0', name: 'net1'};
const below = callsOf('bridge', bridge({isGateway: true, ...hostLocal([v4])}));

/** Behind the ADD of a bridge, whose answer is that of the first call, and before its DEL. */
const behindBridge = (what: string, steps: readonly Step[], ...differs: readonly Difference[]): Input => ({
  what,
  steps: [below.add(), ...steps, below.del({previous: 1})],
  differs,
});

function behind(type: string, what: string, more: object, ...differs: readonly Difference[]): Input {
  const {add, check, del} = callsOf(type, {...network, type, ...more});
  return behindBridge(`${type}: ${what}`, [add({previous: 1}), check(2), del({previous: 2})], ...differs);
}

const link = {mac: '02:11:22:33:44:55', mtu: 1400, allmulti: true};
const sysctl = {'net.core.somaxconn': '500'};
const {add: tune, check: checkTuned, del: untune} = callsOf('tuning', {...network, type: 'tuning', ...link, sysctl});
const first = {previous: 1};

const tunings: readonly Input[] = [
  behind('tuning', 'a MAC', {mac: '02:11:22:33:44:55'}),
  behind('tuning', 'an MTU', {mtu: 1400}),
  behind('tuning', 'promiscuous', {promisc: true}),
  behind('tuning', 'all multicast', {allmulti: true}),
  behind('tuning', 'no multicast', {allmulti: false}),
  behind('tuning', 'sysctls', {sysctl: {...sysctl, 'net/ipv4/ip_forward': '1'}}),
  behind('tuning', 'a sysctl that is none of the network', {sysctl: {'kernel.hostname': 'x'}}, code(7)),
  behind('tuning', 'a sysctl that is not there', {sysctl: {'net.nothing': '1'}}, code(100, 'ADD'), code(108, 'CHECK')),
  behind('tuning', 'a MAC that is none', {mac: 'x'}, code(7)),
  behind('tuning', 'a MAC in several ways', {
    mac: '02:11:22:33:44:55',
    runtimeConfig: {mac: '02:11:22:33:44:66'},
    args: {cni: {mac: '02:11:22:33:44:77'}},
  }),
  behindBridge('tuning: a MAC by CNI_ARGS', [
    tune({...first, env: {CNI_ARGS: 'MAC=02:11:22:33:44:66'}}),
    untune({previous: 2}),
  ]),
  behindBridge(
    'tuning: arguments that nobody knows',
    [tune({...first, env: {CNI_ARGS: 'COLOUR=blue'}}), untune(first)],
    code(4),
  ),
  behindBridge('tuning: DEL twice', [tune(first), untune({previous: 2}), untune({previous: 2})]),
  behindBridge('tuning: DEL of what never was', [untune(first)]),
  behindBridge(
    'tuning: CHECK when the MTU is another',
    [tune(first), sh('ip -n blue link set eth0 mtu 1300'), checkTuned(2), untune({previous: 2})],
    code(108),
  ),
  behindBridge(
    'tuning: CHECK when somebody made it promiscuous',
    [tune(first), sh('ip -n blue link set eth0 promisc on'), checkTuned(2), untune({previous: 2})],
    answer('false alarm', '3 CHECK'),
  ),
  {what: 'tuning: ADD without a prevResult', steps: [tune(), untune()], differs: [code(7)]},
];

const ingress = {ingressRate: 80_000_000, ingressBurst: 8_000_000};
const egress = {egressRate: 40_000_000, egressBurst: 4_000_000};
const {add: limit, del: unlimit} = callsOf('bandwidth', {...network, type: 'bandwidth', ...ingress, ...egress});

const once = because('V14', /ADD host limits$/);
const gone = because('limits at DEL', /DEL host limits$/);

const bandwidths: readonly Input[] = [
  behind('bandwidth', 'both directions', {...ingress, ...egress}, once, gone),
  behind('bandwidth', 'what it receives', ingress, gone),
  behind('bandwidth', 'what it sends', egress, once, gone),
  behind('bandwidth', 'by the capability', {runtimeConfig: {bandwidth: egress}}, once, gone),
  behind('bandwidth', 'in both ways', {...ingress, runtimeConfig: {bandwidth: egress}}, gone),
  behind('bandwidth', 'no limit', {}, answer('false alarm', '3 CHECK')),
  behind(
    'bandwidth',
    'a rate without a burst',
    {ingressRate: 1000},
    code(7, 'ADD|CHECK'),
    answer('away at DEL', '4 DEL'),
  ),
  behind(
    'bandwidth',
    'too great a burst',
    {ingressRate: 1000, ingressBurst: 2 ** 36},
    code(7, 'ADD|CHECK'),
    answer('away at DEL', '4 DEL'),
  ),
  behindBridge('bandwidth: DEL twice', [limit(first), unlimit({previous: 2}), unlimit({previous: 2})], once, gone),
  behindBridge('bandwidth: DEL of what never was', [unlimit(first)]),
  behindBridge(
    'bandwidth: DEL when the netns is gone',
    [limit(first), sh(containerEnds), unlimit({previous: 2})],
    once,
  ),
  {what: 'bandwidth: ADD without a prevResult', steps: [limit(), unlimit()], differs: [code(7)]},
];

const wire = 'ip link add m0 type veth peer name m1; ip link set m0 up; ip link set m1 up';
const macvlan = (more: object): object => ({...network, type: 'macvlan', master: 'm0', ...more});
/** Behind the wire that it is made of. */
const onWire = (input: Input): Input => ({...input, what: `macvlan: ${input.what}`, steps: [sh(wire), ...input.steps]});
const own = callsOf('macvlan', macvlan(hostLocal([v4], {routes: [{dst: '0.0.0.0/0'}]})));

/** The master was looked for after the lease was taken, and is not looked for at a DEL. */
const refused = [code(7, 'ADD'), code(108, 'CHECK'), because('lease first', /leases$/), answer('away at DEL', '3 DEL')];
/** The container ends, and the kernel has taken its interface down: the master hears no more of what is sent to it. */
const masterIsLeft = "ip netns del blue; while ip -d link show m0 | grep -q 'promiscuity [1-9]'; do sleep 0.02; done";

const macvlans: readonly Input[] = [
  lifeOf('IPv4', macvlan(hostLocal([v4]))),
  lifeOf('both families', macvlan(hostLocal([v4, v6]))),
  lifeOf('two addresses of one family', macvlan(hostLocal([v4, v4b]))),
  lifeOf('routes', macvlan(hostLocal([v4], {routes: [{dst: '0.0.0.0/0'}, {dst: '10.9.0.0/16', gw: '10.1.0.1'}]}))),
  lifeOf('without addresses', macvlan({})),
  lifeOf('private', macvlan({mode: 'private', ...hostLocal([v4])})),
  lifeOf('vepa', macvlan({mode: 'vepa', ...hostLocal([v4])})),
  lifeOf('passthru', macvlan({mode: 'passthru', ...hostLocal([v4])})),
  lifeOf('a mode that is none', macvlan({mode: 'router'}), code(7)),
  lifeOf('an MTU', macvlan({mtu: 1400, ...hostLocal([v4])})),
  lifeOf('too great an MTU', macvlan({mtu: 9000, ...hostLocal([v4])}), ...refused),
  lifeOf('a MAC', macvlan({mac: '02:11:22:33:44:55', ...hostLocal([v4])})),
  lifeOf('a master that is not there', macvlan({master: 'm9', ...hostLocal([v4])}), ...refused),
  lifeOf('no default route', {...network, type: 'macvlan', ...hostLocal([v4])}, ...refused),
  {what: 'DEL twice', steps: [own.add(), own.del(), own.del()]},
  {what: 'DEL of what never was', steps: [own.del()], differs: [because('nothing at DEL', /leases$/)]},
  {what: 'DEL when the netns is gone', steps: [own.add(), sh(masterIsLeft), own.del()]},
  {what: 'ADD twice', steps: [own.add(), own.add(), own.del()], differs: [answer('same answer', '2 ADD')]},
  {
    what: 'CHECK when the interface is gone',
    steps: [own.add(), sh('ip -n blue link del eth0'), own.check(1), own.del({previous: 1})],
    differs: [code(108)],
  },
  {
    what: 'CHECK when the address is gone',
    steps: [own.add(), sh('ip -n blue address flush dev eth0'), own.check(1), own.del({previous: 1})],
    differs: [code(108)],
  },
].map(input => onWire(input));

const defaultRoute: Input = {
  what: 'macvlan: of the default route',
  steps: [
    sh(`${wire}; ip address add 192.0.2.1/24 dev m0; ip route add default via 192.0.2.2`),
    ...lifeOf('', {...network, type: 'macvlan', ...hostLocal([v4])}).steps,
  ],
};

export const shapeInputs: readonly Input[] = [...tunings, ...bandwidths, ...macvlans, defaultRoute];
