// rtnetlink(7), links and addresses: one function per kind of message, and the reading of what comes back. Pure.
// A veth may not be brought up in the message that creates it: its peer is not registered yet (ENOTCONN).
import {formatCidr, fromBytes, lastOf, parseCidr, toBytes} from '../../spec/address.ts';
import {formatMac, parseMac} from '../../spec/mac.ts';
import type {Link} from '../facts.ts';
import type {AddBridge, AddVeth, MacvlanMode, SetLink, SetPort} from '../op.ts';
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
} as const;
const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  TXQLEN: 13,
  LINKINFO: 18,
  IFALIAS: 20,
  NET_NS_FD: 28,
} as const;
const INFO = {KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5} as const;
const VETH_INFO_PEER = 1;
const BR_VLAN_FILTERING = 7;
const BRPORT = {MODE: 4, ISOLATED: 33} as const;
const IFA = {ADDRESS: 1, LOCAL: 2, BROADCAST: 4} as const;
const IFA_F = {DADFAILED: 8, TENTATIVE: 0x40} as const;
const IFF = {UP: 1, PROMISC: 0x100, ALLMULTI: 0x200} as const;
export const MACVLAN_MODE = 1;
export const macvlanModes: Readonly<Record<MacvlanMode, number>> = {private: 1, vepa: 2, bridge: 4, passthru: 8};
/** The number of an address family. */
export const AF = {4: 2, 6: 10} as const;

const create = NLM.ACK | NLM.CREATE | NLM.EXCL;

export function addBridge(op: AddBridge): Request {
  const settings = [string(IFLA.IFNAME, op.name), mac(op.mac), ...mtu(op.mtu)];
  const data = op.vlanFiltering ? [nest(INFO.DATA, attribute(BR_VLAN_FILTERING, u8(1)))] : [];
  const info = nest(IFLA.LINKINFO, attribute(INFO.KIND, text('bridge')), ...data);
  return linkMessage(RTM.NEWLINK, create, 0, [...settings, info]);
}

/** `bridge` is the bridge's index, `peerNetns` an open file descriptor of the netns that the peer shall be in, if not in ours. */
export function addVeth(op: AddVeth, bridge: number | undefined, peerNetns: number | undefined): Request {
  const peerSettings = [
    string(IFLA.IFNAME, op.peer.name),
    mac(op.peer.mac),
    ...mtu(op.mtu),
    ...(peerNetns === undefined ? [] : [attribute(IFLA.NET_NS_FD, u32(peerNetns))]),
  ];
  const peer = nest(VETH_INFO_PEER, linkHeader(0), ...peerSettings);
  const info = nest(IFLA.LINKINFO, attribute(INFO.KIND, text('veth')), nest(INFO.DATA, peer));
  const master = bridge === undefined ? [] : [attribute(IFLA.MASTER, u32(bridge))];
  const settings = [string(IFLA.IFNAME, op.name), mac(op.mac), ...mtu(op.mtu), ...master];
  return linkMessage(RTM.NEWLINK, create, 0, [...settings, info]);
}

/** `master` is the index of the bridge that `op.master` names. */
export function setLink(op: SetLink, index: number, master?: number): Request {
  const {up, promisc, allmulti} = op;
  const flags = (up ? IFF.UP : 0) | (promisc ? IFF.PROMISC : 0) | (allmulti ? IFF.ALLMULTI : 0);
  const meant = (setting: boolean | undefined, flag: number) => (setting === undefined ? 0 : flag);
  const change = meant(up, IFF.UP) | meant(promisc, IFF.PROMISC) | meant(allmulti, IFF.ALLMULTI);
  const settings = [
    ...(op.mac === undefined ? [] : [mac(op.mac)]),
    ...mtu(op.mtu),
    ...(op.queueLength === undefined ? [] : [attribute(IFLA.TXQLEN, u32(op.queueLength))]),
    ...(master === undefined ? [] : [attribute(IFLA.MASTER, u32(master))]),
  ];
  return linkMessage(RTM.NEWLINK, NLM.ACK, index, settings, {flags, change});
}

export const setAlias = (index: number, alias: string): Request =>
  linkMessage(RTM.NEWLINK, NLM.ACK, index, [string(IFLA.IFALIAS, alias)]);

export function setPort({hairpin, isolated}: SetPort, index: number): Request {
  const data = [
    ...(hairpin === undefined ? [] : [attribute(BRPORT.MODE, u8(hairpin ? 1 : 0))]),
    ...(isolated === undefined ? [] : [attribute(BRPORT.ISOLATED, u8(isolated ? 1 : 0))]),
  ];
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
  const info = attributes(found.get(IFLA.LINKINFO) ?? new Uint8Array());
  const isOn = (where: number, type: number) => attributes(info.get(where) ?? new Uint8Array()).get(type)?.[0] === 1;
  const kind = textOf(info.get(INFO.KIND));
  const macvlanMode = kind === 'macvlan' ? readMode(info.get(INFO.DATA)) : undefined;
  const queueLength = number(IFLA.TXQLEN);
  const isPort = textOf(info.get(INFO.SLAVE_KIND)) === 'bridge';
  return {
    index: readI32(reply.body, 4),
    name: textOf(found.get(IFLA.IFNAME)) ?? '',
    kind,
    mac: formatMac(found.get(IFLA.ADDRESS) ?? new Uint8Array()),
    mtu: number(IFLA.MTU) ?? 0,
    up: (flags & IFF.UP) !== 0,
    promisc: (flags & IFF.PROMISC) !== 0,
    master: number(IFLA.MASTER),
    alias: textOf(found.get(IFLA.IFALIAS)),
    peer: number(IFLA.LINK),
    addresses: [],
    ...(kind === 'bridge' && isOn(INFO.DATA, BR_VLAN_FILTERING) && {vlanFiltering: true}),
    ...(isPort && isOn(INFO.SLAVE_DATA, BRPORT.MODE) && {hairpin: true}),
    ...(isPort && isOn(INFO.SLAVE_DATA, BRPORT.ISOLATED) && {isolated: true}),
    ...((flags & IFF.ALLMULTI) !== 0 && {allmulti: true}),
    ...(queueLength !== undefined && {queueLength}),
    ...(macvlanMode && {macvlanMode}),
  };
}

function readMode(data: Uint8Array | undefined): MacvlanMode | undefined {
  const mode = attributes(data ?? new Uint8Array()).get(MACVLAN_MODE);
  return (Object.keys(macvlanModes) as MacvlanMode[]).find(name => mode && macvlanModes[name] === readU32(mode));
}

/** The address, CIDR form, in a message that dumpAddresses brought, and the link's index; undefined for any other. */
export function readAddress(reply: Reply): {readonly index: number; readonly address: string} | undefined {
  if (reply.type !== RTM.NEWADDR) return undefined;
  const found = attributes(reply.body, 8);
  const bytes = found.get(IFA.LOCAL) ?? found.get(IFA.ADDRESS);
  if (!bytes) return undefined;
  return {index: readU32(reply.body, 4), address: formatCidr({address: fromBytes(bytes), length: reply.body[1] ?? 0})};
}

/** How far duplicate address detection is with the address in a message that dumpAddresses brought. */
export function readSettled(reply: Reply): 'yes' | 'not yet' | 'taken' {
  const flags = reply.type === RTM.NEWADDR ? (reply.body[2] ?? 0) : 0;
  if (flags & IFA_F.DADFAILED) return 'taken';
  return flags & IFA_F.TENTATIVE ? 'not yet' : 'yes';
}

function linkMessage(
  type: number,
  flags: number,
  index: number,
  settings: readonly Bytes[],
  header: LinkHeader = {},
): Request {
  return {type, flags, body: concat([linkHeader(index, header), ...settings])};
}

/** struct ifinfomsg. */
export function linkHeader(index: number, {family = 0, flags = 0, change = 0}: LinkHeader = {}): Bytes {
  return concat([Uint8Array.of(family, 0, 0, 0), u32(index), u32(flags), u32(change)]);
}

interface LinkHeader {
  readonly family?: number;
  readonly flags?: number;
  /** Which of the flags are meant. */
  readonly change?: number;
}

const string = (type: number, value: string): Bytes => attribute(type, text(value));
const mac = (value: string): Bytes => attribute(IFLA.ADDRESS, parseMac(value));
const mtu = (value: number | undefined): readonly Bytes[] =>
  value === undefined ? [] : [attribute(IFLA.MTU, u32(value))];
