// ptp by its keys, and when somebody else has been at work.
import {callsOf, type Input, sh} from '../input.ts';
import {answer, because, code} from '../reasons.ts';
import {containerEnds, hostLocal, life, v4, v4b, v6} from './configs.ts';

const ptp = (more: object): object => ({cniVersion: '1.0.0', name: 'net1', type: 'ptp', ...more});
const routes = [{dst: '0.0.0.0/0'}, {dst: '10.9.0.0/16', gw: '10.1.0.1'}];

const configured: readonly Input[] = [
  life('IPv4', ptp(hostLocal([v4]))),
  life('IPv6', ptp(hostLocal([v6]))),
  life('both families', ptp(hostLocal([v4, v6]))),
  life('two addresses of one family', ptp(hostLocal([v4, v4b]))),
  life('a default route', ptp(hostLocal([v4], {routes: [{dst: '0.0.0.0/0'}]}))),
  life('routes', ptp(hostLocal([v4], {routes}))),
  life('masquerading', ptp({ipMasq: true, ...hostLocal([v4, v6])})),
  life('an MTU', ptp({mtu: 1400, ...hostLocal([v4])})),
  life('name servers of its own', ptp({dns: {nameservers: ['10.1.0.53']}, ...hostLocal([v4])})),
  life('no ipam', ptp({}), code(7, 'ADD|CHECK'), answer('away at DEL', '3 DEL')),
  life(
    'an MTU that is a string',
    ptp({mtu: 'high', ...hostLocal([v4])}),
    code(7, 'ADD|CHECK'),
    answer('away at DEL', '3 DEL'),
  ),
];

const {add, check, del} = callsOf('ptp', ptp(hostLocal([v4], {routes: [{dst: '0.0.0.0/0'}]})));
const another = {CNI_CONTAINERID: 'c2', CNI_NETNS: '/run/netns/red'};

const outOfTurn: readonly Input[] = [
  {what: 'ADD twice', steps: [add(), add(), del()], differs: [answer('same answer', '2 ADD')]},
  {what: 'DEL twice', steps: [add(), del(), del()]},
  {what: 'DEL of what never was', steps: [del()], differs: [because('nothing at DEL', /leases$/)]},
  {what: 'DEL when the netns is gone', steps: [add(), sh(containerEnds), del()]},
  {what: 'two containers', steps: [sh('ip netns add red'), add(), add({env: another}), del(), del({env: another})]},
  {
    what: 'ADD where there is an eth0 in the container',
    steps: [sh('ip -n blue link add eth0 type veth peer name eth9'), add(), del()],
    differs: [code(105), because('looked at first', /leases$/)],
  },
];

const sabotaged: readonly Input[] = (
  [
    ['the pair is deleted', 'ip -n blue link del eth0', [code(108)]],
    ['the interface is down', 'ip -n blue link set eth0 down', [code(108)]],
    ['the address is deleted', 'ip -n blue address flush dev eth0', [code(108)]],
    ['the default route is deleted', 'ip -n blue route del default', [code(108)]],
    ['another address is there', 'ip -n blue address add 10.77.0.1/24 dev eth0', []],
    ['the lease is deleted', 'rm /var/lib/cni/networks/net1/10.1.0.2', [code(108)]],
  ] as const
).map(([what, commands, differs]) => ({
  what: `CHECK when ${what}`,
  steps: [add(), sh(commands), check(1), del({previous: 1})],
  differs,
}));

export const ptpInputs: readonly Input[] = [...configured, ...outOfTurn, ...sabotaged].map(input => ({
  ...input,
  what: `ptp: ${input.what}`,
}));
