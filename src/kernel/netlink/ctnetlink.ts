// Connection tracking over netlink: the flows to one port, and their end. linux/netfilter/nfnetlink_conntrack.h. Pure.
// Kernels before 5.8 know no filter and bring every flow that they have, so whoever reads looks at each again.
import {type Family, formatAddress, fromBytes} from '../../spec/address.ts';
import {AF} from './rtnetlink.ts';
import {
  type Attributes,
  attribute,
  attributes,
  type Bytes,
  concat,
  NLM,
  nest,
  type Reply,
  type Request,
  u8,
  u32,
} from './wire.ts';

const subsystem = 1 << 8;
const CT = {NEW: subsystem, GET: subsystem | 1, DELETE: subsystem | 2} as const;
const CTA = {TUPLE_ORIG: 1, STATUS: 3, ID: 12, ZONE: 18, FILTER: 25} as const;
const TUPLE = {IP: 1, PROTO: 2} as const;
const IP_DST = {4: 2, 6: 4} as const;
const PROTO = {NUM: 1, DST_PORT: 3} as const;
const FILTER_ORIG_FLAGS = 1;
/** Which parts of the tuple a filter is about. */
const FILTER = {PROTO_NUM: 1 << 3, PROTO_DST_PORT: 1 << 5} as const;
const nested = 0x8000;

export interface Flow {
  readonly family: Family;
  readonly protocol: number;
  /** Where it went before any translation. */
  readonly destination: string;
  readonly port: number;
  /** IPS_ bits. */
  readonly status: number;
  /** Its parts as the kernel told them. */
  readonly parts: Attributes;
}

/** Asks for the flows that went to that port, or to any. */
export function dumpFlows(family: Family, protocol: number, port: number | undefined): Request {
  const wanted = port === undefined ? [] : [attribute(PROTO.DST_PORT, bigEndian(port))];
  const proto = nest(TUPLE.PROTO, attribute(PROTO.NUM, u8(protocol)), ...wanted);
  const flags = FILTER.PROTO_NUM | (port === undefined ? 0 : FILTER.PROTO_DST_PORT);
  return {
    type: CT.GET,
    flags: NLM.DUMP,
    body: concat([
      headerOf(family),
      nest(CTA.TUPLE_ORIG, proto),
      nest(CTA.FILTER, attribute(FILTER_ORIG_FLAGS, u32(flags))),
    ]),
  };
}

/** Undefined for any other message. */
export function readFlow(reply: Reply): Flow | undefined {
  if (reply.type !== CT.NEW) return undefined;
  const family = reply.body[0] === AF[6] ? 6 : 4;
  const parts = attributes(reply.body, 4);
  const tuple = attributes(parts.get(CTA.TUPLE_ORIG) ?? new Uint8Array());
  const address = attributes(tuple.get(TUPLE.IP) ?? new Uint8Array()).get(IP_DST[family]);
  const proto = attributes(tuple.get(TUPLE.PROTO) ?? new Uint8Array());
  const port = proto.get(PROTO.DST_PORT);
  if (!address || !port) return undefined;
  return {
    family,
    protocol: proto.get(PROTO.NUM)?.[0] ?? 0,
    destination: formatAddress(fromBytes(address)),
    port: readBigEndian(port),
    status: readBigEndian(parts.get(CTA.STATUS) ?? new Uint8Array()),
    parts,
  };
}

/** Ends that flow and no later one between the same ends. */
export function deleteFlow({family, parts}: Flow): Request {
  const part = (type: number, flag = 0): readonly Bytes[] => {
    const value = parts.get(type);
    return value ? [attribute(type | flag, Uint8Array.from(value))] : [];
  };
  const body = concat([headerOf(family), ...part(CTA.TUPLE_ORIG, nested), ...part(CTA.ZONE), ...part(CTA.ID)]);
  return {type: CT.DELETE, flags: NLM.ACK, body};
}

const headerOf = (family: Family): Bytes => Uint8Array.of(AF[family], 0, 0, 0);
const bigEndian = (port: number): Bytes => Uint8Array.of(port >>> 8, port & 255);
const readBigEndian = (bytes: Uint8Array): number => bytes.reduce((value, byte) => value * 256 + byte, 0);
