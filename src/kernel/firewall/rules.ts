// A network's place in the host's firewall, as text: what goes into the filter tables of iptables(8), and into our own table
// by nft(8). Pure. An "accept" ends only the table that it stands in, so it must stand where others drop: in theirs.
// The network's chain in our own table is called by nobody: it is the note of what was done for the network, wherever.
import {type Family, parseCidr} from '../../spec/address.ts';
import {acceptChain, firewallNote, ingress, nftTable} from '../names.ts';
import type {SetFirewall} from '../op.ts';

/** A filter table as `iptables-save -t filter` tells it. */
export interface FilterTable {
  readonly chains: readonly string[];
  readonly policies: readonly string[];
  /** `-A CHAIN …` */
  readonly rules: readonly string[];
}

export function parseFilterTable(saved: string): FilterTable {
  const lines = saved.split('\n');
  const heads = lines.flatMap(line => /^:(\S+) (\S+)/.exec(line)?.slice(1, 3) ?? []);
  return {
    chains: heads.filter((_, i) => i % 2 === 0),
    policies: heads.filter((word, i) => i % 2 === 1 && word !== '-'),
    rules: lines.filter(line => line.startsWith('-A ')),
  };
}

/**
 * What the network's chain holds for these subnets of one family. Let through is all that is sent, and of what comes the
 * replies and what the host itself has directed there: a published port.
 */
export const acceptRules = (op: SetFirewall, subnets: readonly string[], isConsulted: boolean): readonly string[] => [
  ...(isConsulted ? consultRules(op, subnets) : []),
  ...subnets.flatMap(subnet => [
    `-A ${acceptChain(op.network)} -d ${subnet} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A ${acceptChain(op.network)} -d ${subnet} -m conntrack --ctstate DNAT -j ACCEPT`,
    `-A ${acceptChain(op.network)} -s ${subnet} -j ACCEPT`,
  ]),
];

/** Of the network's own packets the operator's chain is asked first. */
export const consultRules = ({network, adminChain}: SetFirewall, subnets: readonly string[]): readonly string[] =>
  subnets.flatMap(subnet =>
    ['-d', '-s'].map(end => `-A ${acceptChain(network)} ${end} ${subnet} -j ${adminChain.name}`),
  );

/** Whether the operator's chain is asked before the network's own rules. */
const isConsulted = ({adminChain}: SetFirewall, {chains}: FilterTable): boolean =>
  adminChain.make || chains.includes(adminChain.name);

/** The input of `iptables-restore --noflush` that makes the network's chain hold what it should, and be called. */
export function acceptScript(op: SetFirewall, table: FilterTable, subnets: readonly string[]): string {
  const chain = acceptChain(op.network);
  const {name, make} = op.adminChain;
  return scriptOf([
    // This empties a chain that is there.
    `:${chain} - [0:0]`,
    ...(make && !table.chains.includes(name) ? [`:${name} - [0:0]`] : []),
    ...acceptRules(op, subnets, isConsulted(op, table)),
    ...(isCalled(table, chain) ? [] : [`-I ${entryOf(table)} -j ${chain}`]),
  ]);
}

/** The input that takes the network's chain away; undefined if it is not there. The operator's chain goes if nothing is in it. */
export function withoutAcceptScript({network, adminChain}: SetFirewall, table: FilterTable): string | undefined {
  const chain = acceptChain(network);
  if (!table.chains.includes(chain)) return undefined;
  const calls = (rule: string, target: string) => rule.endsWith(` -j ${target}`) || rule.endsWith(` -g ${target}`);
  const others = table.rules.filter(rule => !rule.startsWith(`-A ${chain} `));
  const {name, make} = adminChain;
  const isIdle = others.every(rule => !rule.startsWith(`-A ${name} `) && !calls(rule, name));
  return scriptOf([
    ...others.filter(rule => calls(rule, chain)).map(rule => rule.replace('-A', '-D')),
    `-F ${chain}`,
    `-X ${chain}`,
    ...(make && isIdle && table.chains.includes(name) ? [`-X ${name}`] : []),
  ]);
}

/** Docker keeps DOCKER-USER for the rules of others, over every restart of its own. */
const dockersChain = 'DOCKER-USER';
const entryOf = ({rules}: FilterTable): string =>
  rules.includes(`-A FORWARD -j ${dockersChain}`) ? dockersChain : 'FORWARD';

/** True if forwarded packets come by the chain. */
const isCalled = (table: FilterTable, chain: string): boolean =>
  ['FORWARD', entryOf(table)].some(entry => table.rules.includes(`-A ${entry} -j ${chain}`));

/** What of the network's chain is missing, in words. */
export function lostOf(op: SetFirewall, table: FilterTable, subnets: readonly string[]): readonly string[] {
  const chain = acceptChain(op.network);
  const missing = acceptRules(op, subnets, isConsulted(op, table)).filter(rule => !table.rules.includes(rule));
  return [
    ...(isCalled(table, chain) ? [] : [`chain "${chain}" is not called`]),
    ...missing.map(rule => `rule "${rule}" is missing`),
  ];
}

/** True if the table does nothing. */
export const isIdle = ({policies, rules, chains}: FilterTable): boolean =>
  rules.length === 0 && policies.length === chains.length && policies.every(policy => policy === 'ACCEPT');

const scriptOf = (lines: readonly string[]): string => ['*filter', ...lines, 'COMMIT', ''].join('\n');

export const familiesOf = (subnets: readonly string[]): readonly Family[] =>
  ([4, 6] as const).filter(family => ofFamily(subnets, family).length > 0);

export const ofFamily = (subnets: readonly string[], family: Family): readonly string[] =>
  subnets.filter(subnet => parseCidr(subnet).address.family === family);

/** How the note tells that a subnet is let through. */
const acceptNote = (subnet: string): string => `accept ${subnet}`;
export const parseAcceptNote = (note: string): string | undefined => /^accept (\S+)$/.exec(note)?.[1];

/** How the note tells that a link's packets are kept from other links. */
const ingressNote = (policy: string, link: string): string => `${policy} ${link}`;

export const parseIngressNote = (note: string): {readonly policy: string; readonly link: string} | undefined => {
  const [, policy, link] = /^(same-bridge|isolated) (\S+)$/.exec(note) ?? [];
  return policy && link ? {policy, link} : undefined;
};

/** How the note tells of firewalld's zone. */
export const zoneNote = (zone: string): string => `zone ${zone}`;
export const parseZoneNote = (note: string): string | undefined => /^zone (\S+)$/.exec(note)?.[1];

/** How the note tells that the network's chain in that table of nf_tables had so many rules and callers together. */
export const useNote = (family: 'ip' | 'ip6', use: number): string => `table ${family} filter ${use}`;
export function parseUseNote(note: string): {readonly family: 'ip' | 'ip6'; readonly use: number} | undefined {
  const [, family, use] = /^table (ip|ip6) filter (\d+)$/.exec(note) ?? [];
  return family ? {family: family === 'ip' ? 'ip' : 'ip6', use: Number(use)} : undefined;
}

/** What the network's note must tell where the operation was done. */
export const notesOf = ({subnets, ingress: wanted}: SetFirewall): readonly string[] => [
  ...subnets.map(subnet => acceptNote(subnet)),
  ...(wanted?.links ?? []).map(link => ingressNote(wanted?.policy ?? '', link)),
];

const table = `inet ${nftTable}`;

/** The nft commands that keep the network's links from those of others. `more` goes into the note. */
export function firewallScript(op: SetFirewall, more: readonly string[]): readonly string[] {
  const note = `${table} ${firewallNote(op.network)}`;
  return [
    `add table ${table}`,
    ...(op.ingress ? ingressScript(op.ingress) : []),
    `add chain ${note}`,
    `flush chain ${note}`,
    ...[...notesOf(op), ...more].map(comment => `add rule ${note} return comment "${comment}"`),
  ];
}

export const ingressRules = 3;

/**
 * Three rules for all bridges of all networks. Packets between ports of one bridge come by here only where the kernel shows
 * bridged packets to the firewall, or if they were directed to the host first.
 */
function ingressScript({policy, links}: NonNullable<SetFirewall['ingress']>): readonly string[] {
  const {chain, links: all, open, closed} = ingress;
  const rule = `add rule ${table} ${chain}`;
  return [
    `add set ${table} ${all} { type ifname; }`,
    `add set ${table} ${open} { type ifname . ifname; }`,
    `add set ${table} ${closed} { type ifname . ifname; }`,
    `add chain ${table} ${chain} { type filter hook forward priority filter; }`,
    `flush chain ${table} ${chain}`,
    `${rule} iifname . oifname @${closed} drop`,
    `${rule} iifname . oifname @${open} accept`,
    `${rule} iifname @${all} oifname @${all} drop`,
    ...links.flatMap(link => [
      `add element ${table} ${all} { "${link}" }`,
      `add element ${table} ${policy === 'isolated' ? closed : open} { "${link}" . "${link}" }`,
    ]),
  ];
}

/** The nft commands that take the network's note away. */
export const withoutNoteScript = ({network}: SetFirewall): readonly string[] => {
  const note = `${table} ${firewallNote(network)}`;
  return [`add table ${table}`, `add chain ${note}`, `flush chain ${note}`, `delete chain ${note}`];
};
