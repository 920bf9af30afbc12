// What of an attachment is missing or changed, each with what mends it: the plan is made again and held against the facts.
import type {Facts, Link} from '../../kernel/facts.ts';
import {isOurs} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
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
import {guardOf, planContainerEnd, planPair} from './own.ts';
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

function checkPort({bridge, hairpin, isolated}: BridgeConfig, link: Link, facts: Facts): readonly Fault[] {
  const {name} = link;
  const isPort = link.master !== undefined && link.master === facts.host[bridge]?.index;
  const join: Op = {op: 'link.set', netns: 'host', link: name, master: bridge};
  const options = {...(hairpin && !link.hairpin && {hairpin}), ...(isolated && !link.isolated && {isolated})};
  const lost = Object.keys(options);
  const set: Op = {op: 'port.set', link: name, ...options};
  return [
    ...(isPort ? [] : [{what: `"${name}" is not a port of "${bridge}"`, mend: [join]}]),
    ...(lost.length > 0 ? [{what: `port "${name}" is not ${lost.join(' and not ')}`, mend: [set]}] : []),
  ];
}

function checkGuard(config: BridgeConfig, request: AttachmentRequest, pair: Pair, facts: Facts): readonly Fault[] {
  const stands = facts.guard?.links.includes(pair.host.name) ?? false;
  return stands ? [] : guardOf(config, request, pair, 'guard.add').map(op => missing(op));
}
