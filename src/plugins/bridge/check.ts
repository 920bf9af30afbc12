// What of an attachment is missing or changed, each with what mends it: the plan is made again and held against the facts.
import type {Facts, Link} from '../../kernel/facts.ts';
import type {Result} from '../../spec/result.ts';
import {checkContainerEnd, missing} from '../interface/check-container-end.ts';
import {planContainerEnd} from '../interface/container-end.ts';
import {hasIpv6} from '../interface/host-end.ts';
import type {AttachmentRequest, Fault} from '../plugin.ts';
import type {BridgeConfig} from './config.ts';
import {type Pair, planPair} from './pair.ts';
import {ensureShared} from './shared.ts';

/** `pair` holds the names as they were made then. */
export function check(
  config: BridgeConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const mac = result.interfaces.find(({name}) => name === config.bridge)?.mac ?? '';
  const shared = ensureShared(config, request.network, result.ips, facts, mac);
  // A pinned MAC goes with the address that it is pinned for, and is no fault of its own.
  const lost = shared.filter(op => !(op.op === 'link.set' && op.mac !== undefined));
  return [...lost.map(op => missing(op)), ...checkPair(config, request, pair, facts, result)];
}

function checkPair(
  config: BridgeConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const host = facts.host[pair.host.name];
  const inside = facts.container[pair.container.name];
  if (host && inside)
    return [...checkHostEnd(config, host, facts), ...checkContainerEnd(pair.container, inside, facts, result)];
  const ipv6 = hasIpv6(facts);
  const container = planContainerEnd(request.ifName, result.ips, result.routes, ipv6);
  const mend = host || inside ? [] : [...planPair(config, request, pair, ipv6), ...container];
  return [{what: `the pair "${pair.host.name}" and "${pair.container.name}" is not there`, mend}];
}

function checkHostEnd(config: BridgeConfig, link: Link, facts: Facts): readonly Fault[] {
  const target = {op: 'link.set', netns: 'host', link: link.name} as const;
  const isPort = link.master !== undefined && link.master === facts.host[config.bridge]?.index;
  return [
    ...(isPort
      ? []
      : [{what: `"${link.name}" is not a port of "${config.bridge}"`, mend: [{...target, master: config.bridge}]}]),
    ...(link.up ? [] : [{what: `"${link.name}" is down`, mend: [{...target, up: true}]}]),
  ];
}
