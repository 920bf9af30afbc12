// rtnetlink(7), routes: one function per kind of message, and the reading of what comes back. Pure.
// A table below 256 stands in the header as well as in its attribute; 0 means the main one, as for ip(8).
import {
  bitsOf,
  type Family,
  formatAddress,
  formatCidr,
  fromBytes,
  parseAddress,
  parseCidr,
  toBytes,
} from '../../spec/address.ts';
import type {Route} from '../../spec/result.ts';
import type {RouteFact} from '../facts.ts';
import {AF} from './rtnetlink.ts';
import {attribute, attributes, type Bytes, concat, NLM, nest, type Reply, type Request, readU32, u32} from './wire.ts';

const RTM = {NEWROUTE: 24, DELROUTE: 25, GETROUTE: 26} as const;
const RTA = {DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, PREFSRC: 7, METRICS: 8, TABLE: 15} as const;
const RTAX = {MTU: 2, ADVMSS: 8} as const;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RT_TABLE_MAIN = 254;
const RT_SCOPE_NOWHERE = 255;

/** Appends a route, so that a second one to the same destination stands beside the first, as the reference does it. */
export function addRoute(route: Route, index: number, source?: string): Request {
  const metrics = [
    ...(route.mtu ? [attribute(RTAX.MTU, u32(route.mtu))] : []),
    ...(route.advmss ? [attribute(RTAX.ADVMSS, u32(route.advmss))] : []),
  ];
  const {table, scope = 0, gw, priority} = route;
  const body = routeBody(route.dst, table || RT_TABLE_MAIN, RTPROT_BOOT, scope, RTN_UNICAST, index, [
    ...(gw === undefined ? [] : [attribute(RTA.GATEWAY, toBytes(parseAddress(gw)))]),
    ...(source === undefined ? [] : [attribute(RTA.PREFSRC, toBytes(parseAddress(source)))]),
    ...(priority ? [attribute(RTA.PRIORITY, u32(priority))] : []),
    ...(metrics.length > 0 ? [nest(RTA.METRICS, ...metrics)] : []),
  ]);
  return {type: RTM.NEWROUTE, flags: NLM.ACK | NLM.CREATE | NLM.APPEND, body};
}

/** Whoever made it, and whatever its scope. */
export function deleteRoute(dst: string, index: number): Request {
  return {type: RTM.DELROUTE, flags: NLM.ACK, body: routeBody(dst, RT_TABLE_MAIN, 0, RT_SCOPE_NOWHERE, 0, index, [])};
}

/** struct rtmsg, and what every route has. */
function routeBody(
  destination: string,
  table: number,
  protocol: number,
  scope: number,
  type: number,
  index: number,
  more: readonly Bytes[],
): Bytes {
  const {address, length} = parseCidr(destination);
  return concat([
    Uint8Array.of(AF[address.family], length, 0, 0, table < 256 ? table : 0, protocol, scope, type),
    u32(0),
    attribute(RTA.DST, toBytes(address)),
    attribute(RTA.OIF, u32(index)),
    attribute(RTA.TABLE, u32(table)),
    ...more,
  ]);
}

/** Asks for all routes of both families, in every table. */
export const dumpRoutes = (): Request => ({type: RTM.GETROUTE, flags: NLM.DUMP, body: new Uint8Array(12)});

/** Asks for one family's routes by one link. A socket answers one dump at a time. */
export function dumpRoutesBy(index: number, family: Family): Request {
  const header = Uint8Array.of(AF[family], ...new Uint8Array(11));
  return {type: RTM.GETROUTE, flags: NLM.DUMP, body: concat([header, attribute(RTA.OIF, u32(index))])};
}

/** Asks for the route that a packet to that address takes. */
export function getRoute(destination: string): Request {
  const address = parseAddress(destination);
  const header = Uint8Array.of(AF[address.family], bitsOf(address.family), ...new Uint8Array(10));
  return {type: RTM.GETROUTE, flags: NLM.ACK, body: concat([header, attribute(RTA.DST, toBytes(address))])};
}

/** The route in a message that dumpRoutes or getRoute brought; undefined for any other message. */
export function readRoute(reply: Reply): RouteFact | undefined {
  if (reply.type !== RTM.NEWROUTE) return undefined;
  const found = attributes(reply.body, 12);
  const number = (type: number) => readU32(found.get(type) ?? new Uint8Array(4));
  const gateway = found.get(RTA.GATEWAY);
  const length = reply.body[1] ?? 0;
  const dst = found.get(RTA.DST) ?? new Uint8Array(reply.body[0] === AF[4] ? 4 : 16);
  return {
    link: number(RTA.OIF),
    dst: formatCidr({address: fromBytes(dst), length}),
    gw: gateway && formatAddress(fromBytes(gateway)),
    table: number(RTA.TABLE) || (reply.body[4] ?? 0),
    priority: number(RTA.PRIORITY),
  };
}
