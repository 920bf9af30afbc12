// What of an attachment is missing or changed, each with what mends it: the plan is made again and held against the facts.
import type {Facts, Link} from '../../kernel/facts.ts';
import {isOurs} from '../../kernel/names.ts';
import type {Op, PortVlans} from '../../kernel/op.ts';
import {reasonOf} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';
import {checkContainerEnd, ipsOf} from '../interface/check-container-end.ts';
import {checkHostEnd} from '../interface/check-host-end.ts';
import {addRoutes} from '../interface/container-end.ts';
import {checkMac, missing} from '../interface/fault.ts';
import {hasIpv6} from '../interface/host-end.ts';
import type {Pair} from '../interface/pair.ts';
import type {AttachmentRequest, Fault} from '../plugin.ts';
import type {BridgeConfig} from './config.ts';
import {guardOf, planContainerEnd, planPair, setVlans} from './own.ts';
import {ensureShared} from './shared.ts';

/** `pair` holds the names as they were made then. */
export function check(
  config: BridgeConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  return [
    ...checkShared(config, request, facts, result),
    ...checkPair(config, request, pair, facts, result),
    ...checkGuard(config, request, pair, facts),
  ];
}

function checkShared(config: BridgeConfig, request: AttachmentRequest, facts: Facts, result: Result): readonly Fault[] {
  const told = (link: string) => result.interfaces.find(({name}) => name === link)?.mac ?? '';
  const ips = ipsOf(result, request.ifName);
  try {
    const lost = ensureShared(config, request, ips, facts, told);
    return [...lost.map(op => missing(op)), ...checkBridgeMac(facts.host[config.bridge], told(config.bridge))];
  } catch (error) {
    // Something else is in its place.
    return [{what: reasonOf(error), mend: []}];
  }
}

/** A bridge that is not ours may take the MAC of its lowest port, today this and tomorrow that. */
const checkBridgeMac = (link: Link | undefined, mac: string): readonly Fault[] =>
  link && isOurs(link.alias) ? checkMac({name: link.name, mac}, link, 'host') : [];

function checkPair(
  config: BridgeConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const host = facts.host[pair.host.name];
  const inside = facts.container[pair.container.name];
  if (host && inside) {
    return [
      ...checkPort(config, host, facts),
      ...checkHostEnd(pair, host, inside),
      ...checkContainerEnd(
        {...pair.container, up: config.containerUp, afterwards: () => [], ownRoutes: []},
        inside,
        facts,
        result,
      ),
    ];
  }
  const ipv6 = hasIpv6(facts);
  const ips = ipsOf(result, request.ifName);
  const again = [
    ...planPair(config, request, pair, ipv6),
    ...planContainerEnd(config, request, ips, ipv6),
    ...addRoutes(request.ifName, result.routes, ips),
  ];
  const what = `the pair "${pair.host.name}" and "${pair.container.name}" is not there`;
  return [{what, mend: host || inside ? [] : again}];
}

function checkPort(config: BridgeConfig, link: Link, facts: Facts): readonly Fault[] {
  const {bridge, hairpin, isolated} = config;
  const {name} = link;
  const isPort = link.master !== undefined && link.master === facts.host[bridge]?.index;
  const join: Op = {op: 'link.set', netns: 'host', link: name, master: bridge};
  const options = {...(hairpin && !link.hairpin && {hairpin}), ...(isolated && !link.isolated && {isolated})};
  const lost = Object.keys(options);
  const set: Op = {op: 'port.set', link: name, ...options};
  return [
    ...(isPort ? [] : [{what: `"${name}" is not a port of "${bridge}"`, mend: [join, ...setVlans(config, name)]}]),
    ...(lost.length > 0 ? [{what: `port "${name}" is not ${lost.join(' and not ')}`, mend: [set]}] : []),
    ...checkVlans(config, name, facts.portVlans?.[name]),
  ];
}

/** `present` is undefined where the kernel did not tell. */
function checkVlans(config: BridgeConfig, link: string, present: readonly PortVlans[] | undefined): readonly Fault[] {
  if (!present) return [];
  const {vlans, keepDefaultVlan} = config;
  const [wanted, found] = [eachOf(vlans.ofPort), eachOf(present)];
  const lost = [...wanted].filter(([vlan, untagged]) => found.get(vlan) !== untagged);
  const extra = keepDefaultVlan ? [] : [...found.keys()].filter(vlan => !wanted.has(vlan));
  if (lost.length === 0 && extra.length === 0) return [];
  return [{what: `port "${link}" is not in the VLANs that it should be in`, mend: setVlans(config, link)}];
}

/** VLANs by number, and whether the port is in them untagged. */
const eachOf = (runs: readonly PortVlans[]): ReadonlyMap<number, boolean> =>
  new Map(
    runs.flatMap(({first, last, untagged}) =>
      Array.from({length: last - first + 1}, (_, i) => [first + i, untagged] as const),
    ),
  );

function checkGuard(config: BridgeConfig, request: AttachmentRequest, pair: Pair, facts: Facts): readonly Fault[] {
  const stands = facts.guard?.links.includes(pair.host.name) ?? false;
  return stands ? [] : guardOf(config, request, pair, 'guard.add').map(op => missing(op));
}
