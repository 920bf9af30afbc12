// The maps, sets and rules of published ports, as an nft script (nft(8)). A packet that begins a connection meets two
// lookups and no list: what comes and goes with containers is elements (elements.ts). The more exact map is asked first.
import type {Family} from '../../spec/address.ts';
import {nftTable} from '../names.ts';
import type {SetPorts} from './port.ts';

const ip = {4: 'ip', 6: 'ip6'} as const;
const addressType = {4: 'ipv4_addr', 6: 'ipv6_addr'} as const;

/** By family: the maps for all addresses of the host and for one, the sets of near addresses and of those that see the host's. */
export const portSets = {
  4: {all: 'ports-all4', exact: 'ports-exact4', near: 'ports-near4', masqueraded: 'ports-masqueraded4'},
  6: {all: 'ports-all6', exact: 'ports-exact6', near: 'ports-near6', masqueraded: 'ports-masqueraded6'},
} as const;

/** The chain that a rule of which tells that all the others are there. */
export const lookupChain = 'ports-lookup';
const chains = {
  [lookupChain]: undefined,
  'ports-in': 'type nat hook prerouting priority dstnat;',
  'ports-out': 'type nat hook output priority -100;',
  'ports-source': 'type nat hook postrouting priority srcnat;',
  'ports-loopback': 'type filter hook prerouting priority raw;',
} as const;

/** Every chain with a rule, in the order in which they may be deleted last to first. */
export const portChains = Object.keys(chains);

const families: readonly Family[] = [4, 6];

/** Puts the rules up, or takes them away with all that is in the maps. What is in the maps stays when the rules are put up again. */
export function portsScript({present}: SetPorts): readonly string[] {
  const table = `inet ${nftTable}`;
  const declare = [
    `add table ${table}`,
    ...families.flatMap(family => declareSets(table, family)),
    ...Object.entries(chains).map(([name, hook]) => `add chain ${table} ${name}${hook ? ` { ${hook} }` : ''}`),
  ];
  const flush = portChains.map(name => `flush chain ${table} ${name}`);
  if (present) return [...declare, ...flush, ...rules().map(([chain, rule]) => `add rule ${table} ${chain} ${rule}`)];
  const sets = families.flatMap(family => Object.values(portSets[family]));
  return [
    ...declare,
    ...flush,
    ...portChains.toReversed().map(name => `delete chain ${table} ${name}`),
    ...sets.map(name => `delete ${name.includes('all') || name.includes('exact') ? 'map' : 'set'} ${table} ${name}`),
  ];
}

function declareSets(table: string, family: Family): readonly string[] {
  const type = addressType[family];
  const {all, exact, near, masqueraded} = portSets[family];
  const target = `${type} . inet_service`;
  return [
    `add map ${table} ${all} { type inet_proto . inet_service : ${target}; }`,
    `add map ${table} ${exact} { type ${type} . inet_proto . inet_service : ${target}; }`,
    `add set ${table} ${near} { type ${type} . ifname; }`,
    `add set ${table} ${masqueraded} { type ${type}; }`,
  ];
}

/**
 * What comes from where the container itself is, and has the host in between, would be answered past the host: the link
 * that it came in by is asked, and where the bridge passes packets to the rules by itself and no such link is known, the
 * source. From 127.0.0.1 nothing can leave the host at all. What comes in with such an address by a link, now that the
 * way is open, is dropped. ::1 is left alone: the kernel lets nothing come back to it.
 */
function rules(): readonly (readonly [chain: keyof typeof chains, rule: string])[] {
  const destination = (family: Family) => {
    const {all, exact} = portSets[family];
    const word = ip[family];
    const but = family === 6 ? 'ip6 daddr != ::1 ' : '';
    return [
      [lookupChain, `dnat ${word} to ${word} daddr . meta l4proto . th dport map @${exact}`],
      [lookupChain, `meta nfproto ipv${family} ${but}dnat ${word} to meta l4proto . th dport map @${all}`],
    ] as const;
  };
  const source = (family: Family) => {
    const {near, masqueraded} = portSets[family];
    const word = ip[family];
    return [
      ['ports-source', `ct status dnat ${word} daddr . iifname @${near} masquerade`],
      ['ports-source', `ct status dnat ${word} saddr . oifname @${near} masquerade`],
      ['ports-source', `ct status dnat ${word} daddr . oifname @${near} fib saddr type local masquerade`],
      ['ports-source', `ct status dnat ${word} daddr @${masqueraded} masquerade`],
    ] as const;
  };
  return [
    ...families.flatMap(family => destination(family)),
    ['ports-in', `fib daddr type local jump ${lookupChain}`],
    ['ports-out', `fib daddr type local jump ${lookupChain}`],
    ...families.flatMap(family => source(family)),
    ['ports-loopback', 'iifname != "lo" ip daddr 127.0.0.0/8 drop'],
  ];
}
