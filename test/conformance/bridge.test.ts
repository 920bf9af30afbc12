// bridge in the conformance suite.
import {conformance} from './conformance.ts';

const v4 = [{subnet: '10.1.0.0/24'}];
const v6 = [{subnet: 'fd00:1::/64'}];
const gateway = {bridge: 'br1', isGateway: true, isDefaultGateway: true, ipMasq: true};
const dns = {nameservers: ['10.1.0.53'], search: ['a.test']};
const routes = [{dst: '10.9.0.0/16', gw: '10.1.0.9', mtu: 1300, priority: 77}, {dst: 'fd00:9::/32'}];
const rich = {...gateway, mtu: 1400, dns, ipam: {type: 'host-local', ranges: [v4, v6], routes}};

conformance({
  type: 'bridge',
  configs: [
    {what: 'both families with everything', conf: rich, addresses: true},
    {what: 'IPv4 without a gateway', conf: {bridge: 'br2', ipam: {type: 'host-local', ranges: [v4]}}, addresses: true},
    {what: 'layer 2', conf: {bridge: 'br3', hairpinMode: true}, addresses: false},
  ],
  hooked: {type: 'bridge', ...rich},
  exhausted: {
    ...gateway,
    ipam: {type: 'host-local', ranges: [[{...v4[0], rangeStart: '10.1.0.9', rangeEnd: '10.1.0.9'}]]},
  },
  reachable: true,
  sabotage: [
    {what: 'the pair', commands: '$IN ip link del eth0', says: /pair .*"eth0"/},
    {what: 'the port', commands: 'ip link set $PORT nomaster', says: /"veth[0-9a-f]+" is not a port of "br1"/},
    {what: 'the port, down', commands: 'ip link set $PORT down', says: /"veth[0-9a-f]+" is down/},
    {what: 'the interface, down', commands: '$IN ip link set eth0 down', says: /"eth0"/},
    {what: 'the MAC', commands: '$IN ip link set eth0 address 02:00:00:00:00:77', says: /MAC.*"eth0"|"eth0".*MAC/i},
    {
      what: 'the address',
      commands: '$IN ip address flush dev eth0 scope global',
      says: /10\.1\.0\.\d+\/24.*fd00:1::.*\/64/,
    },
    {
      what: 'the IPv6 address alone',
      commands: '$IN ip -6 address flush dev eth0 scope global',
      says: /fd00:1::.*\/64/,
    },
    {what: 'the default route', commands: '$IN ip route del default', says: /0\.0\.0\.0\/0/},
    {what: 'another route', commands: '$IN ip route del 10.9.0.0/16', says: /10\.9\.0\.0\/16/},
    {
      what: 'the way of a route',
      commands: '$IN ip route change 10.9.0.0/16 metric 77 via 10.1.0.8',
      says: /10\.9\.0\.0\/16/,
    },
    {what: 'the lease', commands: 'rm /var/lib/cni/networks/net1/10.1.0.*', says: /lease.*10\.1\.0\./},
    {what: 'the rules', commands: 'nft flush ruleset', says: /masquerade/i},
    {what: 'the address of the bridge', commands: 'ip address del 10.1.0.1/24 dev br1', says: /10\.1\.0\.1\/24/},
    {what: 'the bridge, down', commands: 'ip link set br1 down', says: /"br1"/},
    {what: 'forwarding', commands: 'sysctl -qw net.ipv4.ip_forward=0', says: /forward/},
  ],
  additions: [
    {what: 'another address', commands: '$IN ip address add 10.77.0.1/24 dev eth0'},
    {what: 'another route', commands: '$IN ip route add 10.78.0.0/16 dev eth0'},
    {what: 'another interface', commands: '$IN ip link add x0 type veth peer name x1'},
    {what: 'another address on the bridge', commands: 'ip address add fd00:79::1/64 dev br1'},
    {what: 'rules of somebody else', commands: 'nft add table inet somebody'},
    {what: 'another MTU', commands: '$IN ip link set eth0 mtu 1300'},
    {what: 'a sysctl', commands: '$IN sysctl -qw net.ipv4.conf.eth0.rp_filter=2'},
  ],
});
