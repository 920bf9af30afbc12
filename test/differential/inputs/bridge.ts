// bridge by its keys: every configuration is added, checked and deleted.
import {callsOf, type Input} from '../input.ts';
import {answer, because, code, ownMac, undone} from '../reasons.ts';
import {bridge, hostLocal, life, v4, v4b, v6} from './configs.ts';

const gateway = {isGateway: true, isDefaultGateway: true};
const routed = (routes: readonly object[]) => bridge({...gateway, ...hostLocal([v4], {routes})});
/** The reference fails behind the addresses, when the pair is there. */
const lateFailure = [code(100, 'ADD'), code(108, 'CHECK'), undone];
const unpinned = [ownMac, answer('right after ADD', '2 CHECK')];

const configured: readonly Input[] = [
  life('layer 2 only', bridge({}), ...unpinned),
  life('an empty ipam', bridge({ipam: {}}), ...unpinned),
  life('addresses and no gateway', bridge(hostLocal([v4])), ownMac),
  life('a gateway', bridge({isGateway: true, ...hostLocal([v4])})),
  life('a default gateway', bridge({isDefaultGateway: true, ...hostLocal([v4])})),
  life('the last address as gateway', bridge({...gateway, ...hostLocal([{...v4, gateway: '10.1.0.254'}])})),
  life('the bridge that is taken without a name', bridge({bridge: undefined, ...hostLocal([v4])}), ownMac),
  life('masquerading', bridge({...gateway, ipMasq: true, ...hostLocal([v4])})),
  life('masquerading of both families', bridge({...gateway, ipMasq: true, ...hostLocal([v4, v6])})),
  life('an MTU', bridge({...gateway, mtu: 1400, ...hostLocal([v4])})),
  life('an MTU of zero', bridge({...gateway, mtu: 0, ...hostLocal([v4])})),
  life('hairpin', bridge({...gateway, hairpinMode: true, ...hostLocal([v4])})),
  life('promiscuous mode', bridge({...gateway, promiscMode: true, ...hostLocal([v4])})),
  life('IPv6', bridge({...gateway, ...hostLocal([v6])})),
  life('IPv6 without a gateway', bridge(hostLocal([v6])), ownMac),
  life('both families', bridge({...gateway, ...hostLocal([v4, v6])})),
  life('both families, IPv6 first', bridge({...gateway, ...hostLocal([v6, v4])})),
  life('two addresses of one family', bridge(hostLocal([v4, v4b])), ownMac),
  life(
    'two addresses of one family and a gateway',
    bridge({isGateway: true, ...hostLocal([v4, v4b])}),
    answer('two gateways', '1 ADD'),
    answer('two gateways', '2 CHECK'),
    because('two gateways', /(links|queues|addresses|routes|leases)$/),
  ),
  life('a route', routed([{dst: '10.9.0.0/16'}]), answer('right after ADD', '2 CHECK')),
  life('a route by another gateway', routed([{dst: '10.9.0.0/16', gw: '10.1.0.9'}])),
  life('a default route by another gateway', routed([{dst: '0.0.0.0/0', gw: '10.1.0.9'}])),
  life('name servers of its own', bridge({...gateway, dns: {nameservers: ['10.1.0.1']}, ...hostLocal([v4])})),
  life('a MAC that must not be forged', bridge({...gateway, macspoofchk: true, ...hostLocal([v4])})),
  life('an unknown key', bridge({...gateway, nobodyKnows: {it: 1}, ...hostLocal([v4])})),
  life('keys in capitals', {...bridge(hostLocal([v4])), ISGATEWAY: true, MTU: 1400}),
  life('keys that are null', bridge({...gateway, mtu: null, dns: null, promiscMode: null, ...hostLocal([v4])})),
];

const refused: readonly Input[] = [
  life(
    'a default route of the configuration beside its own',
    routed([{dst: '0.0.0.0/0'}]),
    answer('one default route', '1 ADD'),
    answer('one default route', '2 CHECK'),
    because('one default route', /(links|queues|addresses|routes|leases)$/),
  ),
  life('a route with host bits', routed([{dst: '10.9.1.2/16'}]), ...lateFailure),
  life('a route of the other family', routed([{dst: 'fd00:9::/32', gw: 'fd00:1::9'}]), ...lateFailure),
  life('a route by a gateway out of reach', routed([{dst: '10.9.0.0/16', gw: '192.168.77.1'}]), ...lateFailure),
  life('the same route twice', routed([{dst: '10.9.0.0/16'}, {dst: '10.9.0.0/16'}]), ...lateFailure),
  life('hairpin and promiscuous mode at once', bridge({hairpinMode: true, promiscMode: true}), code(7)),
  life('a boolean that is a string', bridge({isGateway: 'true'}), code(7, 'ADD|CHECK'), answer('away at DEL', '3 DEL')),
  life('an MTU that is a string', bridge({mtu: '1400'}), code(7, 'ADD|CHECK'), answer('away at DEL', '3 DEL')),
  life(
    'an MTU that is too small',
    bridge({mtu: 20, ...hostLocal([v4])}),
    code(100, 'ADD'),
    code(108, 'CHECK'),
    because('lease first', /leases$/),
  ),
  life(
    'an MTU below zero',
    bridge({mtu: -1, ...hostLocal([v4])}),
    answer('strict value', '1 ADD'),
    answer('strict value', '2 CHECK'),
    because('strict value', /(links|queues|addresses|routes|leases)$/),
  ),
  life(
    'a bridge name that is too long',
    bridge({bridge: 'a-name-of-16-chr', ...hostLocal([v4])}),
    code(7, 'ADD|CHECK'),
    because('nothing at DEL', /DEL leases$/),
  ),
  life(
    'a bridge name with a slash',
    bridge({bridge: 'a/b', ...hostLocal([v4])}),
    code(7, 'ADD|CHECK'),
    because('nothing at DEL', /DEL leases$/),
  ),
  life(
    'a VLAN, which the kernel of the test may not have',
    bridge({vlan: 100, ...hostLocal([v4])}),
    code(100, 'ADD'),
    code(108, 'CHECK'),
    because('lease first', /leases$/),
  ),
  life(
    'a VLAN out of range',
    bridge({vlan: 5000, ...hostLocal([v4])}),
    code(7, 'ADD|CHECK'),
    answer('away at DEL', '3 DEL'),
  ),
  life('an IPAM plugin that is not there', bridge({ipam: {type: 'nowhere'}}), code(104), undone),
  life('an IPAM type that is a path', bridge({ipam: {type: '../host-local'}}), code(104), undone),
  life('an IPAM plugin that fails', bridge({ipam: {type: 'host-local'}}), code(7), undone),
  life('an ipam that is a string', bridge({ipam: 'host-local'}), code(7)),
  life('an ipam that is a list', bridge({ipam: []}), code(7)),
];

const calls = callsOf('bridge', bridge({...gateway, ...hostLocal([v4])}));
const mine = callsOf('bridge', bridge({...gateway, ipMasq: true, ...hostLocal([v4, v6])}));

const repeated: readonly Input[] = [
  {what: 'ADD again after DEL', steps: [calls.add(), calls.del(), calls.add(), calls.del()]},
  {
    what: 'two interfaces of one container',
    steps: [mine.add(), mine.add({env: {CNI_IFNAME: 'eth1'}}), mine.del({env: {CNI_IFNAME: 'eth1'}}), mine.del()],
    differs: [answer('V4', '3 DEL'), answer('V4', '4 DEL')],
  },
];

export const bridgeInputs: readonly Input[] = [...configured, ...refused, ...repeated].map(input => ({
  ...input,
  what: `bridge: ${input.what}`,
}));
