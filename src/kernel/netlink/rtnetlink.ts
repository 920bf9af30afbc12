// rtnetlink(7): one function per kind of message, and the reading of what comes back. Pure.
// A veth may not be brought up in the message that creates it: its peer is not registered yet (ENOTCONN).
import {formatAddress, formatCidr, fromBytes, lastOf, parseAddress, parseCidr, toBytes} from '../../spec/address.ts';
import {formatMac, parseMac} from '../../spec/mac.ts';
import type {Route} from '../../spec/result.ts';
import type {Link, RouteFact} from '../facts.ts';
import type {AddBridge, AddVeth, SetLink, SetPort} from '../op.ts';
import {
  attribute,
  attributes,
  type Bytes,
  concat,
  NLM,
  nest,
  type Reply,
  type Request,
  readI32,
  readText,
  readU32,
  text,
  u8,
  u32,
} from './wire.ts';

const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  NEWADDR: 20,
  DELADDR: 21,
  GETADDR: 22,
  NEWROUTE: 24,
  GETROUTE: 26,
} as const;
const IFLA = {ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, MASTER: 10, LINKINFO: 18, IFALIAS: 20, NET_NS_FD: 28} as const;
const INFO = {KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5} as const;
const VETH_INFO_PEER = 1;
const BRPORT_MODE = 4;
const IFA = {ADDRESS: 1, LOCAL: 2, BROADCAST: 4} as const;
const RTA = {DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, METRICS: 8, TABLE: 15} as const;
const RTAX = {MTU: 2, ADVMSS: 8} as const;
const IFF = {UP: 1, PROMISC: 0x100} as const;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RT_TABLE_MAIN = 254;
const AF = {4: 2, 6: 10} as const;

const create = NLM.ACK | NLM.CREATE | NLM.EXCL;

export function addBridge(op: AddBridge): Request {
  const settings = [string(IFLA.IFNAME, op.name), mac(op.mac), ...mtu(op.mtu)];
  return linkMessage(RTM.NEWLINK, create, 0, [...settings, nest(IFLA.LINKINFO, attribute(INFO.KIND, text('bridge')))]);
}

/** `bridge` is the bridge's index, `containerNetns` an open file descriptor of the container's netns. */
export function addVeth(op: AddVeth, bridge: number | undefined, containerNetns: number): Request {
  const peerSettings = [
    string(IFLA.IFNAME, op.peer.name),
    mac(op.peer.mac),
    ...mtu(op.mtu),
    attribute(IFLA.NET_NS_FD, u32(containerNetns)),
  ];
  const peer = nest(VETH_INFO_PEER, linkHeader(0), ...peerSettings);
  const info = nest(IFLA.LINKINFO, attribute(INFO.KIND, text('veth')), nest(INFO.DATA, peer));
  const master = bridge === undefined ? [] : [attribute(IFLA.MASTER, u32(bridge))];
  const settings = [string(IFLA.IFNAME, op.name), mac(op.mac), ...mtu(op.mtu), ...master];
  return linkMessage(RTM.NEWLINK, create, 0, [...settings, info]);
}

/** `master` is the index of the bridge that `op.master` names. */
export function setLink(op: SetLink, index: number, master?: number): Request {
  const flags = (op.up ? IFF.UP : 0) | (op.promisc ? IFF.PROMISC : 0);
  const change = (op.up === undefined ? 0 : IFF.UP) | (op.promisc === undefined ? 0 : IFF.PROMISC);
  const settings = [
    ...(op.mac === undefined ? [] : [mac(op.mac)]),
    ...(master === undefined ? [] : [attribute(IFLA.MASTER, u32(master))]),
  ];
  return linkMessage(RTM.NEWLINK, NLM.ACK, index, settings, flags, change);
}

export const setAlias = (index: number, alias: string): Request =>
  linkMessage(RTM.NEWLINK, NLM.ACK, index, [string(IFLA.IFALIAS, alias)]);

export function setPort(op: SetPort, index: number): Request {
  const data = op.hairpin === undefined ? [] : [attribute(BRPORT_MODE, u8(op.hairpin ? 1 : 0))];
  const info = nest(IFLA.LINKINFO, attribute(INFO.SLAVE_KIND, text('bridge')), nest(INFO.SLAVE_DATA, ...data));
  return linkMessage(RTM.NEWLINK, NLM.ACK, index, [info]);
}

export const deleteLink = (index: number): Request => linkMessage(RTM.DELLINK, NLM.ACK, index, []);

/** Asks for one link by its name, or by its index. The answer is a link message, then an ack. */
export function getLink(which: string | number): Request {
  const byName = typeof which === 'string';
  return linkMessage(RTM.GETLINK, NLM.ACK, byName ? 0 : which, byName ? [string(IFLA.IFNAME, which)] : []);
}

export const dumpLinks = (): Request => linkMessage(RTM.GETLINK, NLM.DUMP, 0, []);

/** Asks for the addresses of one link; the socket must have NETLINK_GET_STRICT_CHK set, or all come. */
export function dumpAddresses(index: number): Request {
  return {type: RTM.GETADDR, flags: NLM.DUMP, body: concat([Uint8Array.of(0, 0, 0, 0), u32(index)])};
}

/** `address` in CIDR form. */
export function changeAddress(change: 'address.add' | 'address.delete', address: string, index: number): Request {
  const cidr = parseCidr(address);
  const {family} = cidr.address;
  const bytes = toBytes(cidr.address);
  const hasBroadcast = family === 4 && cidr.length < 31;
  const body = concat([
    Uint8Array.of(AF[family], cidr.length, 0, 0),
    u32(index),
    attribute(IFA.LOCAL, bytes),
    attribute(IFA.ADDRESS, bytes),
    ...(hasBroadcast ? [attribute(IFA.BROADCAST, toBytes(lastOf(cidr)))] : []),
  ]);
  return change === 'address.add'
    ? {type: RTM.NEWADDR, flags: create, body}
    : {type: RTM.DELADDR, flags: NLM.ACK, body};
}

/** Appends a route, so that a second one to the same destination stands beside the first, as the reference does it. */
export function addRoute(route: Route, index: number): Request {
  const dst = parseCidr(route.dst);
  const table = route.table ?? RT_TABLE_MAIN;
  const metrics = [
    ...(route.mtu ? [attribute(RTAX.MTU, u32(route.mtu))] : []),
    ...(route.advmss ? [attribute(RTAX.ADVMSS, u32(route.advmss))] : []),
  ];
  const body = concat([
    Uint8Array.of(
      AF[dst.address.family],
      dst.length,
      0,
      0,
      table < 256 ? table : 0,
      RTPROT_BOOT,
      route.scope ?? 0,
      RTN_UNICAST,
    ),
    u32(0),
    attribute(RTA.DST, toBytes(dst.address)),
    attribute(RTA.OIF, u32(index)),
    attribute(RTA.TABLE, u32(table)),
    ...(route.gw === undefined ? [] : [attribute(RTA.GATEWAY, toBytes(parseAddress(route.gw)))]),
    ...(route.priority ? [attribute(RTA.PRIORITY, u32(route.priority))] : []),
    ...(metrics.length > 0 ? [nest(RTA.METRICS, ...metrics)] : []),
  ]);
  return {type: RTM.NEWROUTE, flags: NLM.ACK | NLM.CREATE | NLM.APPEND, body};
}

/** Asks for all routes of both families, in every table. */
export const dumpRoutes = (): Request => ({type: RTM.GETROUTE, flags: NLM.DUMP, body: new Uint8Array(12)});

/** The route in a message that dumpRoutes brought; undefined for any other message. */
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

/** The link in a message that getLink or dumpLinks brought; undefined for any other message. */
export function readLink(reply: Reply): Link | undefined {
  if (reply.type !== RTM.NEWLINK) return undefined;
  const found = attributes(reply.body, 16);
  const flags = readU32(reply.body, 8);
  const number = (type: number) => {
    const bytes = found.get(type);
    return bytes && readU32(bytes);
  };
  const textOf = (bytes: Uint8Array | undefined) => bytes && readText(bytes);
  const info = found.get(IFLA.LINKINFO);
  return {
    index: readI32(reply.body, 4),
    name: textOf(found.get(IFLA.IFNAME)) ?? '',
    kind: textOf(info && attributes(info).get(INFO.KIND)),
    mac: formatMac(found.get(IFLA.ADDRESS) ?? new Uint8Array()),
    mtu: number(IFLA.MTU) ?? 0,
    up: (flags & IFF.UP) !== 0,
    promisc: (flags & IFF.PROMISC) !== 0,
    master: number(IFLA.MASTER),
    alias: textOf(found.get(IFLA.IFALIAS)),
    peer: number(IFLA.LINK),
    addresses: [],
  };
}

/** The address, CIDR form, in a message that dumpAddresses brought, and the link's index; undefined for any other. */
export function readAddress(reply: Reply): {readonly index: number; readonly address: string} | undefined {
  if (reply.type !== RTM.NEWADDR) return undefined;
  const found = attributes(reply.body, 8);
  const bytes = found.get(IFA.LOCAL) ?? found.get(IFA.ADDRESS);
  if (!bytes) return undefined;
  return {index: readU32(reply.body, 4), address: formatCidr({address: fromBytes(bytes), length: reply.body[1] ?? 0})};
}

function linkMessage(
  type: number,
  flags: number,
  index: number,
  settings: readonly Bytes[],
  linkFlags = 0,
  change = 0,
): Request {
  return {type, flags, body: concat([linkHeader(index, linkFlags, change), ...settings])};
}

/** struct ifinfomsg. */
function linkHeader(index: number, flags = 0, change = 0): Bytes {
  return concat([new Uint8Array(4), u32(index), u32(flags), u32(change)]);
}

const string = (type: number, value: string): Bytes => attribute(type, text(value));
const mac = (value: string): Bytes => attribute(IFLA.ADDRESS, parseMac(value));
const mtu = (value: number | undefined): readonly Bytes[] =>
  value === undefined ? [] : [attribute(IFLA.MTU, u32(value))];
