// bandwidth in the suite for chained plugins.
import {chained} from './chained.ts';

const ingress = {ingressRate: 80_000_000, ingressBurst: 8_000_000};
const egress = {egressRate: 40_000_000, egressBurst: 4_000_000};

chained({
  type: 'bandwidth',
  configs: [
    {what: 'both directions', conf: {...ingress, ...egress}},
    {what: 'what it receives', conf: ingress},
    {what: 'what it sends, by the capability', conf: {runtimeConfig: {bandwidth: egress}}},
  ],
  sabotage: [
    {what: 'the limit', commands: 'tc qdisc del dev $PORT root', says: /"veth\w+" sends has no limit/},
    {
      what: 'another rate',
      commands: 'tc qdisc replace dev $PORT root handle 1: tbf rate 1mbit burst 10k latency 25ms',
      says: /limited to 1000000 bits a second, and not to 80000000/,
    },
    {
      what: 'another burst',
      commands: 'tc qdisc replace dev $IFB root handle 1: tbf rate 40mbit burst 400000 limit 625000',
      says: /burst of what "bwp\w+" sends/,
    },
    {what: 'the ifb', commands: 'ip link del $IFB', says: /"bwp\w+" is not there/},
    {what: 'the ifb, down', commands: 'ip link set $IFB down', says: /"bwp\w+"/},
    {what: 'the redirection', commands: 'tc qdisc del dev $PORT ingress', says: /receives is not redirected/},
  ],
  additions: [
    {what: 'another address', commands: '$IN ip address add 10.77.0.1/24 dev eth0'},
    {what: 'another interface', commands: '$IN ip link add x0 type veth peer name x1'},
  ],
});
