// What `nft -j list ruleset` says, as a ruleset. Covers what decides about interfaces, addresses and states; the rest is
// "can't be told", as are the matches of iptables-nft, which nft shows by their names only.
import {
  type Address,
  type Cidr,
  contains,
  formatCidr,
  parseAddress,
  parseCidr,
  tryParseAddress,
} from '../../../spec/address.ts';
import {iptablesWays} from './iptables-save.ts';
import {
  type Answer,
  type Chain,
  eachWay,
  type ForwardChain,
  type Origin,
  type Packet,
  type Rule,
  type Verdict,
  type Ways,
} from './ruleset.ts';

type Json = Readonly<Record<string, unknown>>;

interface NftChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

interface NftRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly Json[];
}

/**
 * The chains of the forward hook, from `nft -j list ruleset`, with the words of `nft -a list ruleset` for each rule.
 * `ours` is a table that is not looked at.
 */
export function forwardChainsOf(json: string, listing: string, ours: string): readonly ForwardChain[] {
  const {nftables} = JSON.parse(json) as {nftables: readonly {chain?: NftChain; rule?: NftRule}[]};
  const chains = nftables.flatMap(({chain}) => chain ?? []).filter(({table}) => table !== ours);
  const rules = nftables.flatMap(({rule}) => rule ?? []);
  const words = wordsOf(listing);
  const withRules = ({family, table, name}: NftChain): Chain => ({
    name,
    rules: rules
      .filter(rule => rule.family === family && rule.table === table && rule.chain === name)
      .map(rule => ruleOf(rule, words.get(keyOf(rule)) ?? `handle ${rule.handle}`)),
  });
  return chains
    .filter(({hook, family}) => hook === 'forward' && familiesOf(family).length > 0)
    .map(base => ({
      ...withRules(base),
      title: `chain "${base.name}" of table "${base.family} ${base.table}"`,
      families: familiesOf(base.family),
      policy: base.policy === 'drop' ? 'drop' : 'accept',
      others: chains.filter(({family, table}) => family === base.family && table === base.table).map(withRules),
      letThrough: network => letThrough(base, chains, network),
    }));
}

function familiesOf(family: string): readonly (4 | 6)[] {
  if (family === 'inet') return [4, 6];
  return family === 'ip' ? [4] : family === 'ip6' ? [6] : [];
}

/** A table that iptables-nft manages is changed by iptables; Docker keeps a chain for what others have to say. */
function letThrough({family, table, name}: NftChain, chains: readonly NftChain[], network: Origin): readonly string[] {
  if (table === 'firewalld') {
    const all =
      'link' in network ? [`interface=${network.link}`] : network.subnets.map(one => `source=${formatCidr(one)}`);
    return all.map(one => `firewall-cmd --zone=trusted --add-${one}`);
  }
  if (family !== 'inet' && table === 'filter' && name === 'FORWARD') {
    const isDockers = chains.some(chain => chain.family === family && chain.name === 'DOCKER-USER');
    const command = `${family === 'ip' ? 'iptables' : 'ip6tables'}-nft -I ${isDockers ? 'DOCKER-USER' : name}`;
    return eachWay(network, iptablesWays).map(way => `${command} ${way} -j ACCEPT`);
  }
  const insert = `nft insert rule ${family} ${table} ${name}`;
  return eachWay(network, nftWays).map(way => `${insert} ${way} accept`);
}

const nftWays: Ways = {
  link: ['iifname', 'oifname'],
  subnet: {4: ['ip saddr', 'ip daddr'], 6: ['ip6 saddr', 'ip6 daddr']},
};

function ruleOf({expr, chain}: NftRule, text: string): Rule {
  const verdicts = expr.filter(part => 'vmap' in part || plainVerdict(part) !== undefined);
  const conditions = expr.filter(part => !verdicts.includes(part) && !Object.keys(part).some(key => idle.has(key)));
  return {
    text,
    conditions: [
      ...conditions.map(part => ourState(part, chain) ?? conditionOf(part)),
      ...verdicts.map(part => vmapIsTold(part)),
    ],
    verdict: packet => verdicts.map(part => plainVerdict(part) ?? vmapVerdict(part, packet)).find(verdict => verdict),
  };
}

const keyOf = ({family, table, chain, handle}: NftRule): string => `${family} ${table} ${chain} ${handle}`;

/** The text of each rule, by its place. */
function wordsOf(listing: string): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  let [table, chain] = ['', ''];
  for (const line of listing.split('\n')) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? chain;
    const [, text, handle] = /^\t\t(.*) # handle (\d+)$/.exec(line) ?? [];
    if (text !== undefined)
      words.set(`${table} ${chain} ${handle}`, text.replace(/ counter packets \d+ bytes \d+/, ''));
  }
  return words;
}

/** What is done on the way, and decides nothing. */
const idle = new Set(['counter', 'log', 'comment', 'mangle', 'notrack', 'flow']);

function plainVerdict(part: Json): Verdict | undefined {
  if ('accept' in part) return {kind: 'accept'};
  if ('drop' in part || 'reject' in part) return {kind: 'drop'};
  if ('return' in part) return {kind: 'return'};
  for (const kind of ['jump', 'goto'] as const) {
    const target = (part[kind] as {readonly target?: string} | undefined)?.target;
    if (target !== undefined) return {kind, target};
  }
  return undefined;
}

/** In a chain of ours iptables-nft's match by state, of which nft shows no more than the name, is for replies. */
const ourState = ({xt}: Json, chain: string): ((packet: Packet) => Answer) | undefined =>
  chain.startsWith('CNI-HOOK-') && (xt as Json | undefined)?.name === 'conntrack'
    ? ({state}) => state === 'established'
    : undefined;

function conditionOf(part: Json): (packet: Packet) => Answer {
  const match = part.match as {readonly op: string; readonly left: unknown; readonly right: unknown} | undefined;
  if (!match) return () => undefined;
  return packet => {
    const value = valueIn(match.left, packet);
    if (value === undefined) return undefined;
    const answer = isAmong(value, match.right);
    if (match.op === '!=') return answer === undefined ? undefined : !answer;
    return match.op === '==' || match.op === 'in' ? answer : undefined;
  };
}

/** What a packet has for the left side of a match; null for what it can't have. */
function valueIn(left: unknown, packet: Packet): string | Address | null | undefined {
  const {meta, ct, payload} = left as {
    readonly meta?: {readonly key: string};
    readonly ct?: {readonly key: string};
    readonly payload?: {readonly protocol?: string; readonly field?: string};
  };
  const {family} = packet.source;
  const byMeta: Readonly<Record<string, string>> = {
    iifname: packet.from,
    iif: packet.from,
    oifname: packet.to,
    oif: packet.to,
    nfproto: family === 4 ? 'ipv4' : 'ipv6',
    protocol: family === 4 ? 'ip' : 'ip6',
    l4proto: 'tcp',
  };
  if (meta) return byMeta[meta.key];
  if (ct) return ct.key === 'state' ? packet.state : undefined;
  if (payload?.protocol === 'ip' || payload?.protocol === 'ip6') {
    if ((payload.protocol === 'ip') !== (family === 4)) return null;
    if (payload.field === 'saddr') return packet.source;
    if (payload.field === 'daddr') return packet.destination;
    if (payload.field === 'protocol' || payload.field === 'nexthdr') return 'tcp';
  }
  return undefined;
}

function isAmong(value: string | Address | null, right: unknown): Answer {
  if (value === null) return false;
  const list = Array.isArray(right) ? right : ((right as {readonly set?: unknown}).set ?? [right]);
  if (!Array.isArray(list)) return undefined;
  const answers = list.map(item => isSame(value, item));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function isSame(value: string | Address, item: unknown): Answer {
  if (typeof value === 'string') {
    if (typeof item !== 'string' || item.startsWith('@')) return undefined;
    return item.endsWith('*') ? value.startsWith(item.slice(0, -1)) : value === item;
  }
  const subnet = subnetOf(item);
  return subnet && contains(subnet, value);
}

function subnetOf(item: unknown): Cidr | undefined {
  const {prefix} = item as {readonly prefix?: {readonly addr: string; readonly len: number}};
  if (prefix) return parseCidr(`${prefix.addr}/${prefix.len}`);
  if (typeof item !== 'string' || !tryParseAddress(item)) return undefined;
  const address = parseAddress(item);
  return {address, length: address.family === 4 ? 32 : 128};
}

interface VerdictMap {
  readonly key: unknown;
  readonly data: {readonly set?: readonly (readonly [unknown, Json])[]};
}

function vmapVerdict(part: Json, packet: Packet): Verdict | undefined {
  const {key, data} = part.vmap as VerdictMap;
  const value = valueIn(key, packet);
  if (value === undefined)
    return data.set?.map(([, verdict]) => plainVerdict(verdict)).find(verdict => verdict?.kind !== 'drop');
  const entry = data.set?.find(([item]) => isAmong(value, item) === true);
  return entry && plainVerdict(entry[1]);
}

const vmapIsTold =
  (part: Json) =>
  (packet: Packet): Answer => {
    if (!('vmap' in part)) return true;
    const {key, data} = part.vmap as VerdictMap;
    return valueIn(key, packet) === undefined || !Array.isArray(data.set) ? undefined : true;
  };
