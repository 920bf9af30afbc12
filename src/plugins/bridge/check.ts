// What of an attachment is missing or changed, each with what mends it: the plan is made again and held against the facts.
import {describe} from '../../kernel/describe.ts';
import type {Facts, Link} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import type {Result} from '../../spec/result.ts';
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
  return [...shared.map(op => missing(op)), ...checkPair(config, request, pair, facts, result)];
}

const missing = (op: Op): Fault => ({what: `missing: ${describe(op)}`, mend: [op]});

function checkPair(
  config: BridgeConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const host = facts.host[pair.host.name];
  const inside = facts.container[pair.container.name];
  if (host && inside) return [...checkHostEnd(config, host, facts), ...checkContainerEnd(pair, inside, result)];
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

function checkContainerEnd({container}: Pair, link: Link, {ips}: Result): readonly Fault[] {
  const target = {netns: 'container', link: container.name} as const;
  const lost = ips.filter(({address}) => !link.addresses.includes(address));
  return [
    ...(link.up ? [] : [{what: `"${link.name}" is down`, mend: [{op: 'link.set', ...target, up: true} as const]}]),
    ...lost.map(({address}) => missing({op: 'address.add', ...target, address})),
  ];
}
