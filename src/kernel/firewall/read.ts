// How a network's place in the host's firewall stands: one message for our own note, and one for each chain of iptables that
// lives in nf_tables, whose count of references tells of its rules and of who calls it. All of it is looked at only on request.
import type {FirewallFacts} from '../facts.ts';
import type {Kernel} from '../kernel.ts';
import {acceptChain, firewallNote, ingress, nftTable} from '../names.ts';
import {getElement, keyOf, pairKey} from '../netlink/nf-elements.ts';
import {dumpRules, getChain, readRuleChain, readRuleComment, readUse} from '../netlink/nfnetlink.ts';
import type {SetFirewall} from '../op.ts';
import {filterTables, read} from './filter-tables.ts';
import {hasSource, isFirewalldRunning} from './firewalld.ts';
import {lostOf, notesOf, ofFamily, parseUseNote} from './rules.ts';

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

function allStand(kernel: Kernel, network: string, notes: readonly string[]): boolean {
  const chain = acceptChain(network);
  const expected = notes.flatMap(note => parseUseNote(note) ?? []);
  const answers = kernel.netfilter().exchange(expected.map(({family}) => getChain('filter', chain, family)));
  return answers.every(({replies}, i) => replies.some(reply => readUse(reply) >= (expected[i]?.use ?? 0)));
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
  ([4, 6] as const)
    .map(family => ({family, subnets: ofFamily(op.subnets, family)}))
    .filter(({subnets}) => subnets.length > 0)
    .flatMap(({family, subnets}) =>
      filterTables(kernel, family).flatMap(table =>
        lostOf(op, read(table), subnets).map(what => `${table.command}: ${what}`),
      ),
    );

const lostInZone = ({zone, subnets}: SetFirewall): readonly string[] =>
  subnets
    .filter(subnet => !hasSource(zone, subnet))
    .map(subnet => `firewalld: source "${subnet}" is not in zone "${zone}"`);

function lostIngress(kernel: Kernel, {ingress: wanted}: SetFirewall): readonly string[] {
  if (!wanted) return [];
  const {chain, links, open, closed} = ingress;
  const netfilter = kernel.netfilter();
  const of = {family: 'inet', table: nftTable} as const;
  const [rules] = netfilter.exchange([dumpRules(nftTable, chain)]);
  const hasRules = (rules?.replies ?? []).flatMap(reply => readRuleComment(reply) ?? []).length >= ingressRules;
  const isIn = (link: string) =>
    netfilter
      .exchange([
        getElement({...of, set: links, key: keyOf(link)}),
        getElement({...of, set: wanted.policy === 'isolated' ? closed : open, key: pairKey(link, link)}),
      ])
      .every(({error}) => error === 0);
  const lost = hasRules ? wanted.links.filter(link => !isIn(link)) : wanted.links;
  return lost.map(link => `"${link}" is not kept from other bridges`);
}

const ingressRules = 3;
