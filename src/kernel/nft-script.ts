// Our rules as nft scripts (nft(8)). One chain per network and not one rule per container: a commit waits for RCU, so a
// plain ADD or DEL must not need one. Debian 12's nft 1.0.6 has no `destroy`, hence add before delete.
import {parseCidr} from '../spec/address.ts';
import {guardNames, masqueradeChain, nftTable} from './names.ts';
import type {TableFamily} from './netlink/nfnetlink.ts';
import type {ChangeGuard, SetGuard, SetMasquerade} from './op.ts';
import type {SetPortRules, SetPorts} from './ports/port.ts';
import {portRulesScript} from './ports/rules.ts';
import {portsScript} from './ports/tables.ts';

export interface Script {
  /** nft commands, one a line, to be done as one transaction. */
  readonly lines: readonly string[];
  /** The family of our table if it may be empty afterwards: then it shall go too. */
  readonly emptied: TableFamily | undefined;
}

export function scriptOf(op: SetMasquerade | SetGuard | SetPorts | SetPortRules): Script {
  if (op.op === 'ports.set') return {lines: portsScript(op), emptied: op.present ? undefined : 'inet'};
  if (op.op === 'ports.rules') return {lines: portRulesScript(op), emptied: op.present ? undefined : 'inet'};
  if (op.op === 'guard.set') return {lines: guardScript(op), emptied: op.present ? undefined : 'bridge'};
  return {lines: masqueradeScript(op), emptied: op.subnets.length === 0 ? 'inet' : undefined};
}

/** The commands, one a line, that make the network's masquerade chain hold these subnets and nothing else. */
function masqueradeScript({network, subnets}: SetMasquerade): readonly string[] {
  const table = `inet ${nftTable}`;
  const chain = `${table} ${masqueradeChain(network)}`;
  const declare = [`add table ${table}`, `add chain ${chain} { type nat hook postrouting priority srcnat; }`];
  const flush = `flush chain ${chain}`;
  if (subnets.length === 0) return [...declare, flush, `delete chain ${chain}`];
  return [...declare, flush, ...subnets.map(subnet => `add rule ${chain} ${masqueradeRule(subnet)}`)];
}

/** The comment is how observe.ts knows the rule's subnet again. */
function masqueradeRule(subnet: string): string {
  const [ip, multicast] = parseCidr(subnet).address.family === 4 ? ['ip', '224.0.0.0/4'] : ['ip6', 'ff00::/8'];
  return `${ip} saddr ${subnet} ${ip} daddr != ${subnet} ${ip} daddr != ${multicast} masquerade comment "${subnet}"`;
}

/**
 * The commands that put the network's guard up, or take it away whole. Two sets and one rule for all links, so that a link
 * costs one transaction when it comes and one when it goes, whatever else is there.
 */
function guardScript({network, present}: SetGuard): readonly string[] {
  const table = `bridge ${nftTable}`;
  const {chain, guarded, allowed} = guardNames(network);
  const declare = [
    `add table ${table}`,
    `add set ${table} ${guarded} { type ifname; }`,
    `add set ${table} ${allowed} { type ifname . ether_addr; }`,
    `add chain ${table} ${chain} { type filter hook prerouting priority dstnat; }`,
    `flush chain ${table} ${chain}`,
  ];
  if (present)
    return [...declare, `add rule ${table} ${chain} iifname @${guarded} iifname . ether saddr != @${allowed} drop`];
  return [
    ...declare,
    `delete chain ${table} ${chain}`,
    `delete set ${table} ${guarded}`,
    `delete set ${table} ${allowed}`,
  ];
}

/** The elements by which a link is under its network's guard, as nft(8) writes them. */
export function guardElements({
  network,
  link,
  mac,
}: ChangeGuard): readonly {readonly set: string; readonly key: string}[] {
  const {guarded, allowed} = guardNames(network);
  return [
    {set: guarded, key: `"${link}"`},
    {set: allowed, key: `"${link}" . ${mac}`},
  ];
}
