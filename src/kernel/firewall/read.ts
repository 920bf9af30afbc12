// How a network's place in the host's firewall stands: one message for our own note, and one for each chain of iptables that
// lives in nf_tables, whose count of references tells of its rules and of who calls it. All of it is looked at only on request.
import type {FirewallFacts} from '../facts.ts';
import type {Kernel} from '../kernel.ts';
import {acceptChain, firewallNote, ingress, nftTable} from '../names.ts';
import {getElement} from '../netlink/nf-elements.ts';
import {dumpRules, getChain, readRuleChain, readRuleComment, readUse} from '../netlink/nfnetlink.ts';
import type {Answer} from '../netlink/socket.ts';
import type {SetFirewall} from '../op.ts';
import {elementsOf} from './elements.ts';
import {filterTables, matters, read} from './filter-tables.ts';
import {hasSource, isFirewalldRunning} from './firewalld.ts';
import {familiesOf, ingressRules, lostOf, notesOf, ofFamily, parseIngressNote, parseUseNote} from './rules.ts';

export function readFirewall(kernel: Kernel, network: string, expected: SetFirewall | undefined): FirewallFacts {
  const notes = readNotes(kernel, network);
  return {notes, stands: allStand(kernel, network, notes), lost: expected ? findLost(kernel, expected, notes) : []};
}

/** What is noted for a network. */
export function readNotes(kernel: Kernel, network: string): readonly string[] {
  const [answer] = kernel.netfilter().exchange([dumpRules(nftTable, firewallNote(network))]);
  return (answer?.replies ?? []).flatMap(reply => readRuleComment(reply) ?? []);
}

/** What is noted for all other networks together. */
export function readNotesOfOthers(kernel: Kernel, network: string): readonly string[] {
  const [answer] = kernel.netfilter().exchange([dumpRules(nftTable)]);
  const others = (answer?.replies ?? []).filter(reply => readRuleChain(reply) !== firewallNote(network));
  return others.flatMap(reply => readRuleComment(reply) ?? []);
}

/** As far as one exchange tells. */
function allStand(kernel: Kernel, network: string, notes: readonly string[]): boolean {
  const chain = acceptChain(network);
  const uses = notes.flatMap(note => parseUseNote(note) ?? []);
  const apart = notes.flatMap(note => parseIngressNote(note) ?? []);
  const answers = kernel
    .netfilter()
    .exchange([
      ...uses.map(({family}) => getChain('filter', chain, family)),
      ...(apart.length > 0 ? [getChain(nftTable, ingress.chain, 'inet')] : []),
      ...apart.flatMap(({policy, link}) => elementsOf(policy, link).map(element => getElement(element))),
    ]);
  const expected = [...uses.map(({use}) => use), ...(apart.length > 0 ? [ingressRules] : [])];
  const useOf = ({replies}: Answer) => Math.max(0, ...replies.map(reply => readUse(reply)));
  return answers.every(
    (answer, i) => answer.error === 0 && (i >= expected.length || useOf(answer) >= (expected[i] ?? 0)),
  );
}

function findLost(kernel: Kernel, op: SetFirewall, notes: readonly string[]): readonly string[] {
  return [
    ...notesOf(op)
      .filter(note => !notes.includes(note))
      .map(note => `"${note}" is not noted in table "inet ${nftTable}"`),
    ...(op.backend === 'firewalld' ? [] : lostInTables(kernel, op)),
    ...(op.backend === 'iptables' || !isFirewalldRunning() ? [] : lostInZone(op)),
    ...lostIngress(kernel, op),
  ];
}

const lostInTables = (kernel: Kernel, op: SetFirewall): readonly string[] =>
  familiesOf(op.subnets).flatMap(family =>
    filterTables(kernel, family).flatMap(where => {
      const table = read(where);
      const lost = matters(where, table) ? lostOf(op, table, ofFamily(op.subnets, family)) : [];
      return lost.map(what => `${where.command}: ${what}`);
    }),
  );

const lostInZone = ({zone, subnets}: SetFirewall): readonly string[] =>
  subnets
    .filter(subnet => !hasSource(zone, subnet))
    .map(subnet => `firewalld: source "${subnet}" is not in zone "${zone}"`);

function lostIngress(kernel: Kernel, {ingress: wanted}: SetFirewall): readonly string[] {
  if (!wanted) return [];
  const netfilter = kernel.netfilter();
  const [chain] = netfilter.exchange([getChain(nftTable, ingress.chain, 'inet')]);
  const hasRules = (chain?.replies ?? []).some(reply => readUse(reply) >= ingressRules);
  const isIn = (link: string) =>
    netfilter
      .exchange(elementsOf(wanted.policy, link).map(element => getElement(element)))
      .every(({error}) => error === 0);
  const lost = hasRules ? wanted.links.filter(link => !isIn(link)) : wanted.links;
  return lost.map(link => `"${link}" is not kept from other bridges`);
}
