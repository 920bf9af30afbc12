// macvlan in the conformance suite.
import {conformance} from './conformance.ts';

const v4 = [{subnet: '10.1.0.0/24'}];
const v6 = [{subnet: 'fd00:1::/64'}];
const routes = [{dst: '0.0.0.0/0'}, {dst: '10.9.0.0/16', mtu: 1300, priority: 77}];
const rich = {master: 'm0', mtu: 1400, bcqueuelen: 77, ipam: {type: 'host-local', ranges: [v4, v6], routes}};

conformance({
  type: 'macvlan',
  given: 'ip link add m0 type veth peer name m1; ip link set m0 up; ip link set m1 up',
  configs: [
    {what: 'both families with everything', conf: rich, addresses: true},
    {
      what: 'private, IPv4',
      conf: {master: 'm0', mode: 'private', ipam: {type: 'host-local', ranges: [v4]}},
      addresses: true,
    },
    {what: 'without addresses', conf: {master: 'm0', mode: 'vepa'}, addresses: false},
  ],
  hooked: {type: 'macvlan', ...rich},
  exhausted: {master: 'm0', ipam: {type: 'host-local', subnet: '10.4.0.0/30'}},
  reachable: true,
  sabotage: [
    {what: 'the interface', commands: '$IN ip link del eth0', says: /macvlan "eth0" is not there/},
    {what: 'the interface, down', commands: '$IN ip link set eth0 down', says: /"eth0"/},
    {what: 'the mode', commands: '$IN ip link set eth0 type macvlan mode private', says: /mode private, not bridge/},
    {what: 'the MAC', commands: '$IN ip link set eth0 address 02:00:00:00:00:77', says: /"eth0" has MAC/},
    {what: 'the address', commands: '$IN ip address flush dev eth0 scope global', says: /10\.1\.0\.\d+\/24/},
    {what: 'the default route', commands: '$IN ip route del default', says: /0\.0\.0\.0\/0/},
    {what: 'the lease', commands: 'rm /var/lib/cni/networks/net1/10.1.0.*', says: /lease.*10\.1\.0\./},
  ],
  additions: [
    {what: 'another address', commands: '$IN ip address add 10.77.0.1/24 dev eth0'},
    {what: 'another interface', commands: '$IN ip link add x0 type veth peer name x1'},
    {
      what: 'another macvlan of the master',
      commands: 'ip link add link m0 name n0 type macvlan mode bridge; ip link del n0',
    },
  ],
});
