// firewall in the conformance suite: behind a bridge whose result it is given. It makes nothing of its own in the container.
import {conformance} from './conformance.ts';
import {netnsPath} from './plugins.ts';

const prevResult = {
  cniVersion: '1.0.0',
  interfaces: [{name: 'br1'}, {name: 'veth12345678'}, {name: 'eth0', sandbox: netnsPath('c1')}],
  ips: [
    {address: '10.1.0.2/24', gateway: '10.1.0.1', interface: 2},
    {address: 'fd00:1::2/64', gateway: 'fd00:1::1', interface: 2},
  ],
};
const rich = {ingressPolicy: 'same-bridge', prevResult};

conformance({
  type: 'firewall',
  configs: [
    {what: 'same-bridge', conf: rich, addresses: true},
    {what: 'open', conf: {backend: 'iptables', prevResult}, addresses: true},
  ],
  hooked: [
    {
      type: 'bridge',
      bridge: 'br1',
      isGateway: true,
      ipam: {type: 'host-local', ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]]},
    },
    {type: 'firewall', ingressPolicy: 'same-bridge'},
  ],
  exhausted: undefined,
  reachable: true,
  sabotage: [
    {what: 'the rules', commands: 'nft flush ruleset', says: /10\.1\.0\.0\/24/},
    {what: 'the rules of iptables', commands: 'iptables -F', says: /iptables: .*CNI-HOOK-net1/},
    {what: 'the call of its chain', commands: 'ip6tables -F FORWARD', says: /"CNI-HOOK-net1" is not called/},
    {
      what: 'a rule',
      commands: 'iptables -D CNI-HOOK-net1 -s 10.1.0.0/24 -j ACCEPT',
      says: /-s 10\.1\.0\.0\/24 .*missing/,
    },
    {what: 'the chain of the policy', commands: 'nft flush chain inet cni-hook ingress-policy', says: /"br1"/},
    {what: 'the bridge of the policy', commands: 'nft flush set inet cni-hook ingress-links', says: /"br1"/},
  ],
  additions: [
    {what: 'rules of somebody else', commands: 'nft add table inet somebody; iptables -A FORWARD -p tcp -j ACCEPT'},
    {what: "Docker's chain", commands: 'iptables -N DOCKER-USER; iptables -I FORWARD -j DOCKER-USER'},
    {what: 'another address', commands: '$IN ip address add 10.77.0.1/24 dev lo'},
  ],
});
