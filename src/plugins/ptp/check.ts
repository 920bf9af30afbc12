// What of a ptp attachment is missing or changed, each with what mends it.
import type {Facts, Link} from '../../kernel/facts.ts';
import type {Result, ResultIp} from '../../spec/result.ts';
import {checkContainerEnd, hasRoute, ipsOf} from '../interface/check-container-end.ts';
import {checkHostEnd} from '../interface/check-host-end.ts';
import {missing} from '../interface/fault.ts';
import {hasIpv6} from '../interface/host-end.ts';
import type {Pair} from '../interface/pair.ts';
import type {AttachmentRequest, Fault} from '../plugin.ts';
import type {PtpConfig} from './config.ts';
import {gatewaysOf, planPair, routesBack, routesToGateway, withoutSubnets} from './own.ts';
import {ensureShared} from './shared.ts';

/** `pair` holds the names as they were made then. */
export function check(
  config: PtpConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const ips = ipsOf(result, request.ifName);
  const shared = ensureShared(config, request.network, ips, facts).map(op => missing(op));
  return [...shared, ...checkPair(config, request, pair, facts, result)];
}

function checkPair(
  config: PtpConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const host = facts.host[pair.host.name];
  const inside = facts.container[pair.container.name];
  const ips = ipsOf(result, request.ifName);
  if (!(host && inside)) {
    const again = planPair(config, request, pair, ips, result.routes, hasIpv6(facts));
    const what = `the pair "${pair.host.name}" and "${pair.container.name}" is not there`;
    return [{what, mend: host || inside ? [] : again}];
  }
  const {name} = inside;
  const afterwards = (addresses: readonly string[]) => withoutSubnets(name, addresses);
  const gateways = gatewaysOf(ips).filter(address => !host.addresses.includes(address));
  const expected = {...pair.container, up: true, afterwards, ownRoutes: routesToGateway(name, ips)};
  const back = routesBack(host.name, ips).filter(({route}) => !hasRoute(facts.hostRoutes ?? [], host, route));
  return [
    ...checkHostEnd(pair, host, inside),
    ...gateways.map(address => missing({op: 'address.add', netns: 'host', link: host.name, address})),
    ...checkContainerEnd(expected, inside, facts, result),
    ...checkSubnets(inside, ips, facts),
    ...back.map(op => missing(op)),
  ];
}

/** The kernel's own routes come back when the interface was down. */
function checkSubnets(inside: Link, ips: readonly ResultIp[], facts: Facts): readonly Fault[] {
  const addresses = ips.map(({address}) => address);
  const back = withoutSubnets(inside.name, addresses).filter(({dst}) => hasRoute(facts.routes, inside, {dst}));
  return back.map(op => ({what: `route "${op.dst}" of "${inside.name}" goes past the gateway`, mend: [op]}));
}
