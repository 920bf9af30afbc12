// The filter tables of iptables(8) that decide about forwarded packets. There are two kinds, of the old kernel interface and of
// nf_tables, and a packet must pass both: the one that the command "iptables" stands for, which is where rules come to be, and
// the other if somebody uses it. Asking the old command makes its tables: hence the look at /proc first.
import {realpathSync} from 'node:fs';
import type {Family} from '../../spec/address.ts';
import {dropEmptyTable} from '../empty-table.ts';
import type {Kernel} from '../kernel.ts';
import {deleteEmptyChain, getChain, type TableFamily} from '../netlink/nfnetlink.ts';
import {readOrNothing} from '../netns.ts';
import {findTool, runTool} from '../tool.ts';
import {type FilterTable, isIdle, parseFilterTable} from './rules.ts';

export interface HostTable {
  /** `iptables`, `ip6tables-legacy`, …; with "-save" and "-restore" behind it the commands that are used. */
  readonly command: string;
  readonly family: Family;
  /** True for that of the command: rules come to be there. The other kind matters if there is something in it. */
  readonly isUsual: boolean;
  /** Its name in nf_tables; undefined for one of the old kind. */
  readonly nft: Extract<TableFamily, 'ip' | 'ip6'> | undefined;
}

export const read = ({command}: HostTable): FilterTable =>
  parseFilterTable(runTool(`${command}-save`, ['-t', 'filter']));

/** True if a packet could be dropped there, now or by a rule to come. */
export const matters = ({isUsual}: HostTable, table: FilterTable): boolean => isUsual || !isIdle(table);

/** `script` is the input of iptables-restore(8); what it does not name stays. */
export function restore({command}: HostTable, script: string): void {
  runTool(`${command}-restore`, ['-w', '5', '--noflush'], script);
}

/** None where iptables is not installed. */
export function filterTables(kernel: Kernel, family: Family): readonly HostTable[] {
  const command = family === 4 ? 'iptables' : 'ip6tables';
  const nft = family === 4 ? 'ip' : 'ip6';
  const usual = kindOf(command);
  if (!usual) return [];
  const other = usual === 'nft' ? 'legacy' : 'nft';
  const isUsed = other === 'nft' ? isThere(kernel, nft) : isLegacyUsed(family);
  const kinds = isUsed && findTool(`${command}-${other}`) ? ([usual, other] as const) : [usual];
  return kinds.map(kind => ({
    command: kind === usual ? command : `${command}-${kind}`,
    family,
    isUsual: kind === usual,
    nft: kind === 'nft' ? nft : undefined,
  }));
}

/** Takes the table away if nothing is in it: nf_tables has one from the first rule on, for ever. */
export function dropIdle(kernel: Kernel, {nft}: HostTable): void {
  if (!nft) return;
  for (const chain of ['INPUT', 'FORWARD', 'OUTPUT'])
    kernel.netfilter().exchange(deleteEmptyChain('filter', chain, nft));
  dropEmptyTable(kernel.netfilter(), 'filter', nft);
}

/** Which of the two the command is: one file is many commands, and its name tells. */
function kindOf(command: string): 'nft' | 'legacy' | undefined {
  const path = findTool(command);
  if (path === undefined) return undefined;
  return realpathSync(path).includes('nft') ? 'nft' : 'legacy';
}

function isThere(kernel: Kernel, family: 'ip' | 'ip6'): boolean {
  const [answer] = kernel.netfilter().exchange([getChain('filter', 'FORWARD', family)]);
  return answer?.error === 0;
}

const isLegacyUsed = (family: Family): boolean =>
  readOrNothing(`/proc/net/${family === 4 ? 'ip' : 'ip6'}_tables_names`)
    ?.split('\n')
    .includes('filter') ?? false;
