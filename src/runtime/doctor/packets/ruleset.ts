// A firewall as far as it decides whether a packet goes on, and the way of a packet through it. Pure. What a rule asks that
// is not understood may be so or not: such a rule is never the proof that something is dropped, or that it is not.
import {type Address, type Cidr, formatCidr} from '../../../spec/address.ts';

export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly source: Address;
  readonly destination: Address;
  readonly state: 'new' | 'established';
}

/** Undefined for what can't be told. */
export type Answer = boolean | undefined;

export type Verdict =
  | {readonly kind: 'accept' | 'drop' | 'return'}
  | {readonly kind: 'jump' | 'goto'; readonly target: string};

export interface Rule {
  /** How a person finds it. */
  readonly text: string;
  readonly conditions: readonly ((packet: Packet) => Answer)[];
  /** Undefined if the rule decides nothing. */
  readonly verdict: (packet: Packet) => Verdict | undefined;
}

export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** A chain that the kernel calls for packets that are forwarded. */
export interface ForwardChain extends Chain {
  /** What is said of it: `chain "FORWARD" of table "ip filter"`. */
  readonly title: string;
  readonly families: readonly (4 | 6)[];
  readonly policy: 'accept' | 'drop';
  /** The chains of its table. */
  readonly others: readonly Chain[];
  /** The commands that let a network's packets through. */
  readonly letThrough: (network: Origin) => readonly string[];
}

/** By what a firewall may know a network's packets: the interface that all of them come by, or else their addresses. */
export type Origin = {readonly link: string} | {readonly subnets: readonly Cidr[]};

/** How a firewall's command tells what a network sends from what it gets. */
export interface Ways {
  readonly link: readonly [from: string, to: string];
  readonly subnet: Readonly<Record<4 | 6, readonly [from: string, to: string]>>;
}

/** The conditions for what the network sends and for what it gets, one for each command. */
export function eachWay(network: Origin, ways: Ways): readonly string[] {
  if ('link' in network) return ways.link.map(way => `${way} ${network.link}`);
  return network.subnets.flatMap(subnet =>
    ways.subnet[subnet.address.family].map(way => `${way} ${formatCidr(subnet)}`),
  );
}

export interface Fate {
  readonly passes: boolean;
  /** False if a rule that was not understood may have let it through. */
  readonly isCertain: boolean;
  /** What drops it. */
  readonly by: string;
}

export function fateOf(chain: ForwardChain, packet: Packet): Fate {
  const walk = {certain: true};
  const end = follow(chain, chain, packet, walk, 0);
  if (end?.kind === 'accept') return {passes: true, isCertain: walk.certain, by: ''};
  if (end?.kind === 'drop') return {passes: false, isCertain: walk.certain, by: end.by};
  const by = `the policy of ${chain.title}, which is drop`;
  return {passes: chain.policy === 'accept', isCertain: walk.certain, by};
}

interface End {
  readonly kind: 'accept' | 'drop' | 'return';
  readonly by: string;
}

// The kernel's own limit on jumps.
const deepest = 16;

function follow(
  base: ForwardChain,
  chain: Chain,
  packet: Packet,
  walk: {certain: boolean},
  depth: number,
): End | undefined {
  for (const rule of chain.rules) {
    const answers = rule.conditions.map(condition => condition(packet));
    if (answers.includes(false)) continue;
    const verdict = rule.verdict(packet);
    if (!verdict) continue;
    if (answers.includes(undefined)) {
      // It may let the packet go on; that it may drop it is what a rule for some packets is for.
      if (verdict.kind !== 'drop') walk.certain = false;
      continue;
    }
    const by = `the rule "${rule.text}" in ${chain.name === base.name ? base.title : `chain "${chain.name}", called from ${base.title}`}`;
    if (verdict.kind === 'jump' || verdict.kind === 'goto') {
      const target = base.others.find(({name}) => name === verdict.target);
      const end = target && depth < deepest ? follow(base, target, packet, walk, depth + 1) : undefined;
      if (end && end.kind !== 'return') return end;
      if (verdict.kind === 'goto') return {kind: 'return', by};
    } else return {kind: verdict.kind, by};
  }
  return undefined;
}
