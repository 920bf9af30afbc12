// Gives a network its place in the host's firewall, and takes it away again, wherever it is found: Docker or another iptables
// may have come since. The note comes last and goes last, so that what it does not tell of was never begun, or is told by a record.
import {dropEmptyTable} from '../empty-table.ts';
import type {Kernel} from '../kernel.ts';
import {acceptChain, ingress, nftTable} from '../names.ts';
import {changeElement} from '../netlink/nf-elements.ts';
import {deleteEmptySets, getChain, readUse, transaction} from '../netlink/nfnetlink.ts';
import type {SetFirewall} from '../op.ts';
import {requireTool, runTool} from '../tool.ts';
import {elementsOf} from './elements.ts';
import {dropIdle, filterTables, matters, read, restore} from './filter-tables.ts';
import {addSource, command as firewallCommand, isFirewalldRunning, removeSource} from './firewalld.ts';
import {readNotes, readNotesOfOthers} from './read.ts';
import * as rules from './rules.ts';

/** Throws `toolFailed` for a tool that is missing or fails. */
export function changeFirewall(kernel: Kernel, op: SetFirewall): void {
  if (op.op === 'firewall.set') set(kernel, op);
  else clear(kernel, op);
}

function set(kernel: Kernel, op: SetFirewall): void {
  const before = readNotes(kernel, op.network);
  const inTables = op.backend === 'firewalld' ? [] : acceptInTables(kernel, op);
  const inZone = op.backend !== 'iptables' && acceptInZone(op) ? [rules.zoneNote(op.zone)] : [];
  runScript(
    rules.firewallScript(op, [...inTables, ...inZone, ...stillDone(before, [...rules.notesOf(op), ...inZone])]),
  );
}

/** What an earlier configuration of the network has had done, and nobody has taken away: it goes with the network. */
const stillDone = (before: readonly string[], now: readonly string[]): readonly string[] =>
  before.filter(note => (rules.parseIngressNote(note) || rules.parseZoneNote(note)) && !now.includes(note));

/** Returns what is to be noted of it. */
function acceptInTables(kernel: Kernel, op: SetFirewall): readonly string[] {
  return rules.familiesOf(op.subnets).flatMap(family => {
    const subnets = rules.ofFamily(op.subnets, family);
    if (op.backend === 'iptables') requireTool(family === 4 ? 'iptables' : 'ip6tables');
    return filterTables(kernel, family).flatMap(where => {
      const table = read(where);
      if (!matters(where, table)) return [];
      restore(where, rules.acceptScript(op, table, subnets));
      if (!where.nft) return [];
      const [answer] = kernel.netfilter().exchange([getChain('filter', acceptChain(op.network), where.nft)]);
      const use = Math.max(0, ...(answer?.replies ?? []).map(reply => readUse(reply)));
      return [rules.useNote(where.nft, use)];
    });
  });
}

/** False if there is no firewalld. */
function acceptInZone({backend, zone, subnets}: SetFirewall): boolean {
  if (backend === 'firewalld') requireTool(firewallCommand);
  if (backend === 'auto' && !isFirewalldRunning()) return false;
  for (const subnet of subnets) addSource(zone, subnet);
  return true;
}

function clear(kernel: Kernel, op: SetFirewall): void {
  const notes = readNotes(kernel, op.network);
  const subnets = [...op.subnets, ...notes.flatMap(note => rules.parseAcceptNote(note) ?? [])];
  for (const where of rules.familiesOf(subnets).flatMap(family => filterTables(kernel, family))) {
    const script = rules.withoutAcceptScript(op, read(where));
    if (script === undefined) continue;
    restore(where, script);
    if (rules.isIdle(read(where))) dropIdle(kernel, where);
  }
  const others = readNotesOfOthers(kernel, op.network);
  const mine = [...new Set([...notes, ...rules.notesOf(op)])].filter(note => !others.includes(note));
  leaveZone(op, mine);
  leaveIngress(kernel, mine, others);
  runScript(rules.withoutNoteScript(op));
  dropEmptyTable(kernel.netfilter(), nftTable, 'inet');
}

function leaveZone({backend, zone}: SetFirewall, notes: readonly string[]): void {
  if (backend === 'iptables' || !isFirewalldRunning()) return;
  const zones = new Set([zone, ...notes.flatMap(note => rules.parseZoneNote(note) ?? [])]);
  const subnets = notes.flatMap(note => rules.parseAcceptNote(note) ?? []);
  for (const name of zones) for (const subnet of subnets) removeSource(name, subnet);
}

/** With the last link the chain and its sets go: all of them, or nothing if somebody has come since. */
function leaveIngress(kernel: Kernel, notes: readonly string[], others: readonly string[]): void {
  const left = notes.flatMap(note => rules.parseIngressNote(note) ?? []);
  if (left.length === 0) return;
  // Another network may have another policy for the same link.
  const kept = others.flatMap(note => rules.parseIngressNote(note)?.link ?? []);
  const netfilter = kernel.netfilter();
  const elements = left.flatMap(({policy, link}) =>
    elementsOf(policy, link).filter(({set}) => set !== ingress.links || !kept.includes(link)),
  );
  // One by one: one that is missing would keep the others from going.
  for (const element of elements) netfilter.exchange(transaction([changeElement('delete', element)]));
  const {chain, links, open, closed} = ingress;
  netfilter.exchange(deleteEmptySets(nftTable, chain, [links, open, closed]));
}

const runScript = (lines: readonly string[]): string => runTool('nft', ['-f', '-'], `${lines.join('\n')}\n`);
