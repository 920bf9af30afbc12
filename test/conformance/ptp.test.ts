// ptp in the conformance suite.
import {conformance} from './conformance.ts';

const v4 = [{subnet: '10.1.0.0/24'}];
const v6 = [{subnet: 'fd00:1::/64'}];
const routes = [{dst: '0.0.0.0/0'}, {dst: '10.9.0.0/16', mtu: 1300, priority: 77}, {dst: '::/0'}];
const rich = {ipMasq: true, mtu: 1400, ipam: {type: 'host-local', ranges: [v4, v6], routes}};

conformance({
  type: 'ptp',
  configs: [
    {what: 'both families with everything', conf: rich, addresses: true},
    {what: 'IPv4', conf: {ipam: {type: 'host-local', ranges: [v4]}}, addresses: true},
  ],
  hooked: {type: 'ptp', ...rich},
  exhausted: {ipam: {type: 'host-local', subnet: '10.4.0.0/30'}},
  reachable: true,
  sabotage: [
    {what: 'the pair', commands: '$IN ip link del eth0', says: /"eth0"/},
    {what: 'the host end, down', commands: 'ip link set $PORT down', says: /"veth[0-9a-f]+"/},
    {what: 'the interface, down', commands: '$IN ip link set eth0 down', says: /"eth0"/},
    {what: 'the MAC', commands: '$IN ip link set eth0 address 02:00:00:00:00:77', says: /MAC.*"eth0"|"eth0".*MAC/i},
    {what: 'the address', commands: '$IN ip address flush dev eth0 scope global', says: /10\.1\.0\.\d+\/24/},
    {what: 'the default route', commands: '$IN ip route del default', says: /0\.0\.0\.0\/0/},
    {what: 'another route', commands: '$IN ip route del 10.9.0.0/16', says: /10\.9\.0\.0\/16/},
    {what: 'the route of the host', commands: 'ip route flush dev $PORT', says: /10\.1\.0\.\d+/},
    {what: 'the gateway', commands: 'ip -4 address flush dev $PORT', says: /10\.1\.0\.1/},
    {what: 'the lease', commands: 'rm /var/lib/cni/networks/net1/10.1.0.*', says: /lease.*10\.1\.0\./},
    {what: 'the rules', commands: 'nft flush ruleset', says: /masquerade/i},
    {what: 'forwarding', commands: 'sysctl -qw net.ipv4.ip_forward=0', says: /forward/},
  ],
  additions: [
    {what: 'another address', commands: '$IN ip address add 10.77.0.1/24 dev eth0'},
    {what: 'another route', commands: '$IN ip route add 10.78.0.0/16 dev eth0'},
    {what: 'another interface', commands: '$IN ip link add x0 type veth peer name x1'},
    {what: 'rules of somebody else', commands: 'nft add table inet somebody'},
  ],
});
