// host-local, called as an IPAM plugin is called, by its keys and by what a directory may hold.
import {callsOf, type Input, sh} from '../input.ts';
import {answer, because, code, type Difference} from '../reasons.ts';
import {leasing, lifeOf, v4, v4b, v6} from './configs.ts';

const direct = (what: string, ipam: object, more: object = {}, ...differs: readonly Difference[]): Input =>
  lifeOf('host-local', what, leasing(ipam, more), ...differs);
const wrong = (what: string, ipam: object): Input => direct(what, ipam, {}, code(7));
const sets = (...ranges: readonly object[]) => ({ranges: ranges.map(range => [range])});
const pool = (...ranges: readonly object[]) => ({ranges: [ranges]});
const small = {subnet: '10.1.0.0/30'};

const configured: readonly Input[] = [
  direct('the old form of a range', v4),
  direct('the old form with every key', {...v4, rangeStart: '10.1.0.10', rangeEnd: '10.1.0.20', gateway: '10.1.0.254'}),
  direct('the old form beside sets', {...v4b, ...sets(v4)}),
  direct('a set', sets(v4)),
  direct('sets of both families', sets(v4, v6)),
  direct('two sets of one family', sets(v4, v4b)),
  direct('two ranges in a set', pool(small, v4b)),
  direct('a start', sets({...v4, rangeStart: '10.1.0.100'})),
  direct('an end', sets({...v4, rangeEnd: '10.1.0.5'})),
  direct('a range of one address', sets({...v4, rangeStart: '10.1.0.9', rangeEnd: '10.1.0.9'})),
  direct('a gateway at the start', sets({...v4, rangeStart: '10.1.0.5', gateway: '10.1.0.5'})),
  direct('a gateway outside', sets({...v4, gateway: '10.77.0.1'})),
  direct('the smallest subnet', sets(small)),
  direct('the smallest subnet of IPv6', sets({subnet: 'fd00:1::/126'})),
  direct('IPv6 written at length', sets({subnet: 'fd00:0001:0000::/64', rangeStart: 'FD00:1::00A0'})),
  direct('routes', {...sets(v4), routes: [{dst: '0.0.0.0/0'}, {dst: '10.9.0.0/16', gw: '10.1.0.9'}]}),
  direct('an empty list of routes', {...sets(v4), routes: []}),
  direct('another directory', {...sets(v4), dataDir: '/var/lib/cni/elsewhere/deep'}),
  direct('an ipRanges capability', sets(v4), {runtimeConfig: {ipRanges: [[v4b]]}}),
  direct('an ipRanges capability alone', {}, {runtimeConfig: {ipRanges: [[v4b]]}}),
  direct('keys in capitals', {RANGES: [[{SUBNET: '10.1.0.0/24', RANGESTART: '10.1.0.50'}]]}),
  direct('an unknown key', {...sets(v4), nobodyKnows: true}),
];

const refused: readonly Input[] = [
  wrong('no range', {}),
  wrong('no sets', {ranges: []}),
  wrong('an empty set', {ranges: [[]]}),
  wrong('a set that is an object', {ranges: [v4]}),
  wrong('a subnet that is none', sets({subnet: '10.1.0.0'})),
  wrong('a subnet that is a number', sets({subnet: 10})),
  wrong('a subnet with host bits', sets({subnet: '10.1.0.5/24'})),
  wrong('a subnet that is too small', sets({subnet: '10.1.0.0/31'})),
  wrong('an IPv6 subnet that is too small', sets({subnet: 'fd00:1::/127'})),
  wrong('a start outside', sets({...v4, rangeStart: '10.2.0.5'})),
  wrong('an end outside', sets({...v4, rangeEnd: '10.2.0.5'})),
  wrong('an end before the start', sets({...v4, rangeStart: '10.1.0.20', rangeEnd: '10.1.0.10'})),
  wrong('a start that is no address', sets({...v4, rangeStart: 'first'})),
  wrong('both families in a set', pool(v4, v6)),
  wrong('ranges that overlap in a set', pool(v4, {subnet: '10.1.0.0/16'})),
  wrong('ranges that overlap across sets', sets(v4, v4)),
  direct(
    'a route without a destination',
    {...sets(v4), routes: [{gw: '10.1.0.1'}]},
    {},
    ...['1 ADD', '2 CHECK', '3 DEL'].map(call => answer('strict value', call)),
    because('strict value', /leases$/),
  ),
  wrong('a route that is none', {...sets(v4), routes: [{dst: 'everywhere'}]}),
  direct(
    'a resolvConf that is not there',
    {...sets(v4), resolvConf: '/nowhere/resolv.conf'},
    {},
    code(5, 'ADD'),
    code(108, 'CHECK'),
    because('nothing at DEL', /DEL leases$/),
  ),
  direct(
    'a dataDir below a file',
    {...sets(v4), dataDir: '/etc/passwd/leases'},
    {},
    code(5, 'ADD'),
    code(108, 'CHECK'),
    answer('away at DEL', '3 DEL'),
  ),
];

const resolvConf = `
cat >/run/resolv.conf <<END
# a comment
; another
nameserver 10.1.0.53
nameserver  fd00:1::53
domain a.test
search a.test b.test
search c.test
options ndots:2 timeout:3
options rotate
sortlist 10.0.0.0
END`;

const requests = callsOf('host-local', leasing(sets(v4, v6)));
const asked = (what: string, CNI_ARGS: string, ...differs: readonly Difference[]): Input => ({
  what,
  steps: [requests.add({env: {CNI_ARGS}}), requests.check(1, {env: {CNI_ARGS}}), requests.del({env: {CNI_ARGS}})],
  differs,
});
const noTurn = because('no turn', /leases$/);
const unmet = [code(7, 'ADD'), code(108, 'CHECK')];
const looked = because('looked at first', /leases$/);
const {add, del, check} = callsOf('host-local', leasing(sets(v4)));
const tight = callsOf('host-local', leasing(sets({...v4, rangeStart: '10.1.0.2', rangeEnd: '10.1.0.3'})));
const of = (id: string, ifName = 'eth0') => ({env: {CNI_CONTAINERID: id, CNI_IFNAME: ifName}});
const wish = (address: string) => ({env: {CNI_ARGS: `IP=${address}`}});
const lease = (name: string, content: string) =>
  sh(`mkdir -p /var/lib/cni/networks/net1; printf '${content}' >/var/lib/cni/networks/net1/${name}`);

const requested: readonly Input[] = [
  asked('an address by CNI_ARGS', 'IP=10.1.0.77', noTurn),
  asked('an address with a length', 'IP=10.1.0.77/24', noTurn),
  asked('an IPv6 address', 'IP=fd00:1::77', noTurn),
  asked('an address outside', 'IP=10.77.0.1', ...unmet, looked),
  asked('an address that is none', 'IP=first', code(4)),
  asked('the gateway', 'IP=10.1.0.1', ...unmet),
  asked('the broadcast address', 'IP=10.1.0.255', ...unmet, looked),
  asked('a key that nobody knows', 'COLOUR=blue', code(4)),
  asked('a key that nobody knows, to be ignored', 'IgnoreUnknown=1;COLOUR=blue;IP=10.1.0.77', noTurn),
  asked('a key in small letters', 'ip=10.1.0.77', code(4)),
  asked('a pair without a value', 'IP', code(4)),
  asked('a pair with two signs', 'IP=10.1.0.77=1', code(4)),
  direct('an address by args', sets(v4), {args: {cni: {ips: ['10.1.0.88']}}}, noTurn),
  direct('an address by capability', sets(v4), {runtimeConfig: {ips: ['10.1.0.99/24']}}, noTurn),
  direct('addresses of both families', sets(v4, v6), {runtimeConfig: {ips: ['fd00:1::99', '10.1.0.99']}}, noTurn),
  direct('two addresses of one set', sets(v4), {runtimeConfig: {ips: ['10.1.0.98', '10.1.0.99']}}, ...unmet, looked),
  {
    what: 'an address that another holds',
    steps: [add(of('c2')), add(wish('10.1.0.2')), del()],
    differs: [code(102)],
  },
  {
    what: 'an address twice for one owner',
    steps: [add(wish('10.1.0.9')), add(wish('10.1.0.9')), del()],
    differs: [noTurn, answer('same answer', '2 ADD')],
  },
  {
    what: 'two addresses for one owner, one after the other',
    steps: [add(wish('10.1.0.9')), add(wish('10.1.0.10')), del()],
    differs: [noTurn, answer('one address', '2 ADD')],
  },
];

const repeated: readonly Input[] = [
  {what: 'resolvConf', steps: [sh(resolvConf), ...direct('', {...sets(v4), resolvConf: '/run/resolv.conf'}).steps]},
  {what: 'ADD twice', steps: [add(), add(), del()], differs: [answer('same answer', '2 ADD')]},
  {what: 'DEL twice', steps: [add(), del(), del()]},
  {what: 'DEL of what never was', steps: [del()], differs: [because('nothing at DEL', /leases$/)]},
  {what: 'DEL of another', steps: [add(), del(of('c2'))]},
  {what: 'DEL of another interface', steps: [add(), del(of('c1', 'eth1'))]},
  {what: 'two interfaces', steps: [add(), add(of('c1', 'eth1')), del(), del(of('c1', 'eth1'))]},
  {what: 'the round robin', steps: [add(of('c1')), del(of('c1')), add(of('c2')), del(of('c2')), add(of('c3'))]},
  {
    what: 'the round robin comes round',
    steps: [tight.add(of('c1')), tight.add(of('c2')), tight.del(of('c1')), tight.add(of('c3'))],
  },
  {
    what: 'an exhausted range',
    steps: [tight.add(of('c1')), tight.add(of('c2')), tight.add(of('c3')), tight.del(of('c3'))],
    differs: [code(101)],
  },
  {
    what: 'a set that is exhausted behind one that is not',
    steps: (() => {
      const calls = callsOf('host-local', leasing(sets(v4b, {...v4, rangeStart: '10.1.0.2', rangeEnd: '10.1.0.2'})));
      return [calls.add(of('c1')), calls.add(of('c2')), calls.del(of('c1')), calls.add(of('c2'))];
    })(),
    differs: [code(101)],
  },
  {
    what: 'the next range of a set when the first is exhausted',
    steps: (() => {
      const calls = callsOf('host-local', leasing(pool(small, v4b)));
      return [calls.add(of('c1')), calls.add(of('c2')), calls.add(of('c3')), calls.del(of('c2'))];
    })(),
  },
  {what: 'CHECK of what never was', steps: [add(), del(), check(1)], differs: [code(108)]},
  {what: 'CHECK of another', steps: [add(), check(1, of('c2'))], differs: [code(108)]},
  {
    what: 'CHECK when another address is leased',
    steps: [add(), sh('cd /var/lib/cni/networks/net1; mv 10.1.0.2 10.1.0.9'), check(1)],
    differs: [answer('checked thoroughly', '2 CHECK')],
  },
];

const found: readonly Input[] = [
  {what: 'a lease of long ago, the id alone', steps: [lease('10.1.0.2', 'c1'), del()]},
  {
    what: 'a lease of long ago for the next ADD',
    steps: [lease('10.1.0.9', 'c1'), add(), del(), del()],
    differs: [answer('lease of long ago', '1 ADD'), because('lease of long ago', /leases$/)],
  },
  {what: 'a lease with a line feed behind it', steps: [lease('10.1.0.2', 'c1\\r\\neth0\\n'), del()]},
  {what: 'a lease of somebody else', steps: [lease('10.1.0.2', 'c9\\r\\neth0'), add(), del()]},
  {what: 'an empty lease', steps: [lease('10.1.0.2', ''), add(), del()]},
  {
    what: 'an empty lease in a full range',
    steps: [lease('10.1.0.2', ''), lease('10.1.0.3', 'c9\\r\\neth0'), tight.add(), tight.del()],
    differs: [code(101)],
  },
  {
    what: 'a file that is no lease',
    steps: [lease('README', 'c1\\r\\neth0'), add(), del()],
    differs: [because('leases alone', /leases$/)],
  },
  {what: 'a place in the round robin', steps: [lease('last_reserved_ip.0', '10.1.0.41'), add(), del()]},
  {what: 'a place outside the range', steps: [lease('last_reserved_ip.0', '10.77.0.1'), add(), del()]},
  {what: 'a place that is none', steps: [lease('last_reserved_ip.0', 'first'), add(), del()]},
  {what: 'a place at the end of the range', steps: [lease('last_reserved_ip.0', '10.1.0.254'), add(), del()]},
];

export const hostLocalInputs: readonly Input[] = [...configured, ...refused, ...requested, ...repeated, ...found].map(
  input => ({...input, what: `host-local: ${input.what}`}),
);
