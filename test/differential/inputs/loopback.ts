// loopback, which has no keys.
import {callsOf, type Input, sh} from '../input.ts';
import {because, code} from '../reasons.ts';
import {containerEnds, life} from './configs.ts';

const conf = {cniVersion: '1.0.0', name: 'lo', type: 'loopback'};
const {add, check, del} = callsOf('loopback', conf);
const previous = {
  cniVersion: '1.0.0',
  interfaces: [{name: 'eth0', mac: '02:00:00:00:00:05', sandbox: '/run/netns/blue'}],
  ips: [{address: '10.1.0.2/24', gateway: '10.1.0.1', interface: 0}],
};
const chained = callsOf('loopback', {...conf, prevResult: previous});

export const loopbackInputs: readonly Input[] = [
  life('a life', conf),
  {what: 'any interface name', steps: [add({env: {CNI_IFNAME: 'eth7'}}), check(1), del()]},
  {what: 'ADD twice', steps: [add(), add(), del()]},
  {what: 'DEL twice', steps: [add(), del(), del()]},
  {what: 'DEL of what never was', steps: [del()]},
  {
    what: 'lo that is up already',
    steps: [sh('ip -n blue link set lo up'), add(), del()],
    differs: [because('state as before', /^2 DEL container/)],
  },
  {what: 'CHECK when it is down', steps: [add(), sh('ip -n blue link set lo down'), check(1)], differs: [code(108)]},
  {what: 'a prevResult that goes through', steps: [chained.add(), chained.del()]},
  {
    what: 'another address on lo',
    steps: [sh('ip -n blue address add 10.66.0.1/32 dev lo'), add(), del()],
    differs: [code(105), because('undone', /^1 ADD container/), because('state as before', /^2 DEL container/)],
  },
  {
    what: 'a netns without IPv6',
    steps: [sh('ip netns exec blue sysctl -qw net.ipv6.conf.all.disable_ipv6=1'), add(), check(1), del()],
  },
  {what: 'DEL without netns', steps: [add(), del({env: {CNI_NETNS: ''}})]},
  {what: 'DEL when the netns is gone', steps: [add(), sh(containerEnds), del()]},
].map(input => ({...input, what: `loopback: ${input.what}`}));
