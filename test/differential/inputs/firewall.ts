// firewall behind a bridge, as a runtime calls it: what it answers, and that it leaves links and leases alone. What it does in
// the host's firewall is not the same and is not meant to be: test/kernel/firewall.test.ts holds it against packets.
import {callsOf, type Input, type Step, sh} from '../input.ts';
import {answer, code, type Difference} from '../reasons.ts';
import {bridge, containerEnds, hostLocal, v4, v6} from './configs.ts';

const firewall = (more: object = {}): object => ({cniVersion: '1.0.0', name: 'net1', type: 'firewall', ...more});
const below = callsOf('bridge', bridge({isGateway: true, ...hostLocal([v4, v6])}));

/** Behind the ADD of a bridge, whose answer is that of the first call, and before its DEL. */
const behindBridge = (what: string, steps: readonly Step[], ...differs: readonly Difference[]): Input => ({
  what: `firewall: ${what}`,
  steps: [below.add(), ...steps, below.del({previous: 1})],
  differs,
});

function life(what: string, more: object, ...differs: readonly Difference[]): Input {
  const {add, check, del} = callsOf('firewall', firewall(more));
  return behindBridge(what, [add({previous: 1}), check(2), del({previous: 2})], ...differs);
}

function inVersion(cniVersion: string, ...differs: readonly Difference[]): Input {
  const under = callsOf('bridge', {...bridge({isGateway: true, ...hostLocal([v4])}), cniVersion});
  const {add, check, del} = callsOf('firewall', firewall({cniVersion}));
  const steps = [under.add(), add({previous: 1}), check(2), del({previous: 2}), under.del({previous: 1})];
  return {what: `firewall: ${cniVersion}`, steps, differs};
}

const {add, call, check, del} = callsOf('firewall', firewall());
const first = {previous: 1};

export const firewallInputs: readonly Input[] = [
  life('both families', {}),
  life('the backend named', {backend: 'iptables'}),
  life('an admin chain', {iptablesAdminChainName: 'SITE'}),
  life('open', {ingressPolicy: 'open'}),
  life('same-bridge', {ingressPolicy: 'same-bridge'}),
  life('a backend that is none', {backend: 'ufw'}, code(7, 'ADD|CHECK'), answer('strict value', '(2 ADD|3 CHECK)')),
  life(
    'a policy that is none',
    {ingressPolicy: 'closed'},
    code(7, 'ADD|CHECK'),
    answer('strict value', '3 CHECK'),
    answer('away at DEL', '4 DEL'),
  ),
  life(
    'an admin chain that is no word',
    {iptablesAdminChainName: 'SITE -j ACCEPT'},
    code(7, 'ADD|CHECK'),
    answer('strict value', '3 CHECK'),
  ),
  life(
    'an admin chain that iptables has itself',
    {iptablesAdminChainName: 'DROP'},
    code(7, 'ADD|CHECK'),
    answer('strict value', '(2 ADD|3 CHECK)'),
  ),
  inVersion('0.4.0'),
  inVersion('0.3.1', answer('older version', '2 ADD'), answer('older version', '4 DEL')),
  behindBridge('ADD twice', [add(first), add(first), check(2), del({previous: 2})]),
  behindBridge('DEL twice', [add(first), del({previous: 2}), del({previous: 2})]),
  behindBridge('DEL of what never was', [del(first)]),
  behindBridge('DEL without a prevResult', [add(first), del()]),
  behindBridge('CHECK without a prevResult', [add(first), call('CHECK'), del({previous: 2})], code(7, 'CHECK')),
  behindBridge(
    'CHECK when the rules are flushed',
    [add(first), sh('iptables -F; ip6tables -F'), check(2), del({previous: 2})],
    code(108, 'CHECK'),
  ),
  {what: 'firewall: ADD without a prevResult', steps: [add(), del()], differs: [code(7)]},
  {
    what: 'firewall: DEL when the netns is gone',
    steps: [below.add(), add(first), sh(containerEnds), del({previous: 2})],
  },
];
