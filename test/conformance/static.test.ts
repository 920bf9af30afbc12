// static in the conformance suite, called as an IPAM plugin is called. It keeps nothing, so nothing of it can be broken.
import {conformance} from './conformance.ts';

const addresses = [{address: '10.1.0.5/24', gateway: '10.1.0.1'}, {address: 'fd00:1::5/64'}];
const routes = [
  {dst: '0.0.0.0/0', mtu: 1300},
  {dst: '10.9.0.0/16', gw: '10.1.0.9'},
];
const rich = {ipam: {type: 'static', addresses, routes, dns: {nameservers: ['10.1.0.53']}}};

conformance({
  type: 'static',
  configs: [{what: 'both families', conf: rich, addresses: true}],
  hooked: {type: 'bridge', bridge: 'br9', ...rich},
  exhausted: undefined,
  reachable: true,
  sabotage: [],
  additions: [{what: 'anything', commands: '$IN ip link set lo up'}],
});
