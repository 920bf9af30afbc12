// host-local in the conformance suite, called as an IPAM plugin is called.
import {conformance} from './conformance.ts';

const v4 = [{subnet: '10.1.0.0/24'}];
const v6 = [{subnet: 'fd00:1::/64', rangeStart: 'fd00:1::a0'}];
const routes = [
  {dst: '0.0.0.0/0'},
  {dst: '10.9.0.0/16', gw: '10.1.0.9', mtu: 1300, advmss: 1200, priority: 77, table: 1000, scope: 0},
];
const rich = {ipam: {type: 'host-local', ranges: [v4, v6], routes}};

conformance({
  type: 'host-local',
  configs: [
    {what: 'both families', conf: rich, addresses: true},
    {what: 'the old form', conf: {ipam: {type: 'host-local', subnet: '10.3.0.0/24'}}, addresses: true},
    {
      what: 'a directory of its own',
      conf: {ipam: {type: 'host-local', ranges: [v4], dataDir: '/run/somewhere/else'}},
      addresses: true,
    },
  ],
  hooked: {type: 'bridge', bridge: 'br9', ...rich},
  exhausted: {ipam: {type: 'host-local', subnet: '10.4.0.0/30'}},
  reachable: true,
  sabotage: [
    {what: 'a lease', commands: 'rm /var/lib/cni/networks/net1/10.1.0.*', says: /lease.*10\.1\.0\./},
    {what: 'the other lease', commands: 'rm /var/lib/cni/networks/net1/fd00*', says: /lease.*fd00:1::/},
    {
      what: 'the owner of a lease',
      commands: `for file in /var/lib/cni/networks/net1/10.1.0.*; do printf 'c9\\r\\neth0' >$file; done`,
      says: /lease.*10\.1\.0\./,
    },
  ],
  additions: [
    {what: 'a file that is no lease', commands: 'echo >/var/lib/cni/networks/net1/README'},
    {
      what: 'another place in the round robin',
      commands: 'printf 10.1.0.99 >/var/lib/cni/networks/net1/last_reserved_ip.0',
    },
  ],
});
