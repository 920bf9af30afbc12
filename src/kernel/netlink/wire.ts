// netlink(7) on the wire: messages of attributes, each padded to four bytes. Pure: bytes in, bytes out.
// Numbers are in the machine's own order; every machine that Bun runs on is little endian. Plain loops on purpose: what the
// engine meets often enough it compiles, on another thread, and a hook has ended before that pays.

export type Bytes = Uint8Array<ArrayBuffer>;

/** A message before it has its sequence number. */
export interface Request {
  readonly type: number;
  readonly flags: number;
  readonly body: Bytes;
}

export interface Reply {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** nlmsghdr flags and types (linux/netlink.h). */
export const NLM = {
  REQUEST: 1,
  ACK: 4,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
} as const;
export const NLMSG = {ERROR: 2, DONE: 3} as const;
const nested = 0x8000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const headerLength = 16;

export const u8 = (value: number): Bytes => Uint8Array.of(value);
export const u16 = (value: number): Bytes => Uint8Array.of(value & 255, value >>> 8);
export const u32 = (value: number): Bytes =>
  Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
/** Text with the NUL that the kernel wants at its end. */
export const text = (value: string): Bytes => encoder.encode(`${value}\0`);

/** One attribute. */
export function attribute(type: number, payload: Bytes): Bytes {
  const length = 4 + payload.length;
  const bytes = new Uint8Array((length + 3) & ~3);
  bytes[0] = length;
  bytes[1] = length >>> 8;
  bytes[2] = type;
  bytes[3] = type >>> 8;
  bytes.set(payload, 4);
  return bytes;
}

/** An attribute that holds attributes. */
export const nest = (type: number, ...attributes: readonly Bytes[]): Bytes =>
  attribute(type | nested, concat(attributes));

export function concat(parts: readonly Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The message with its header, as it goes out. */
export function encode({type, flags, body}: Request, sequence: number): Bytes {
  const length = headerLength + body.length;
  const bytes = new Uint8Array((length + 3) & ~3);
  const view = viewOf(bytes);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags | NLM.REQUEST, true);
  view.setUint32(8, sequence, true);
  bytes.set(body, headerLength);
  return bytes;
}

/** The messages in what one recv(2) gave. */
export function decode(bytes: Uint8Array): readonly Reply[] {
  const view = viewOf(bytes);
  const replies: Reply[] = [];
  for (let at = 0; at + headerLength <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < headerLength) break;
    replies.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      body: bytes.slice(at + headerLength, at + length),
    });
    at += (length + 3) & ~3;
  }
  return replies;
}

/** Attributes by their type, the nested flag taken off. Of two of one type it is the last. */
export interface Attributes {
  readonly get: (type: number) => Uint8Array | undefined;
}

// No message that we read has a type above it.
const highestType = 127;

/** The attributes from `offset` to the end. A link has fifty, of which a few are asked for: only those are cut out. */
export function attributes(bytes: Uint8Array, offset = 0): Attributes {
  const places = new Uint32Array(highestType + 1);
  for (let at = offset; at + 4 <= bytes.length; ) {
    const length = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    if (length < 4) break;
    const type = (bytes[at + 2] ?? 0) | (((bytes[at + 3] ?? 0) & 0x3f) << 8);
    if (type <= highestType) places[type] = at + 4;
    at += (length + 3) & ~3;
  }
  const get = (type: number): Uint8Array | undefined => {
    const at = places[type];
    return at ? bytes.subarray(at, at - 4 + ((bytes[at - 4] ?? 0) | ((bytes[at - 3] ?? 0) << 8))) : undefined;
  };
  return {get};
}

/** All attributes of that type, in their order. */
export function attributesOf(type: number, bytes: Uint8Array, offset = 0): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = offset; at + 4 <= bytes.length; ) {
    const length = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    if (length < 4) break;
    const isWanted = ((bytes[at + 2] ?? 0) | (((bytes[at + 3] ?? 0) & 0x3f) << 8)) === type;
    if (isWanted) found.push(bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

export const readU16 = (bytes: Uint8Array, offset = 0): number => viewOf(bytes).getUint16(offset, true);
export const readU32 = (bytes: Uint8Array, offset = 0): number => viewOf(bytes).getUint32(offset, true);
export const readI32 = (bytes: Uint8Array, offset = 0): number => viewOf(bytes).getInt32(offset, true);
/** Text up to its NUL. */
export function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
