// IP addresses and prefixes as numbers, for both families.
// Written by hand, not taken from a library, because the hook needs the bytes for netlink anyway and a library costs it
// a fifth of its start (docs/decisions/0005). Families never mix: 10.0.0.0/8 does not contain ::ffff:10.2.3.4.
import {CniError} from './error.ts';

export type Family = 4 | 6;

/** One address: its family and its value as an unsigned number of 32 or 128 bits. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** An address with a prefix length, host bits kept: what an interface carries, or with host bits zero a subnet. */
export interface Cidr {
  readonly address: Address;
  readonly length: number;
}

/** The number of bits in an address of that family. */
export const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

/** Parses an address in the usual text forms (RFC 4291 section 2.2 for IPv6). Throws `invalidConfig`. */
export function parseAddress(text: string): Address {
  const address = tryParseAddress(text);
  if (!address) throw new CniError('invalidConfig', `"${text}" is not an IP address`);
  return address;
}

/** Like parseAddress, but undefined for what is no address. */
export function tryParseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

/** Parses "ADDRESS/LENGTH". Throws `invalidConfig`. */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : tryParseAddress(text.slice(0, slash));
  const length = parseLength(text.slice(slash + 1));
  if (!address || length === undefined || length > bitsOf(address.family)) {
    throw new CniError('invalidConfig', `"${text}" is not an address with a prefix length, such as 10.1.0.0/16`);
  }
  return {address, length};
}

/** One to three digits. Without a regular expression, as all that a hook's IPv4 passes through: the first use of one is dear. */
function parseLength(digits: string): number | undefined {
  if (digits.length === 0 || digits.length > 3) return undefined;
  let length = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    length = length * 10 + digit;
  }
  return length;
}

/** The shortest usual text form (RFC 5952 for IPv6). */
export function formatAddress({family, value}: Address): string {
  return family === 4 ? formatV4(value) : formatV6(value);
}

export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr.address)}/${cidr.length}`;

/** The prefix with its host bits cleared. */
export function subnetOf({address, length}: Cidr): Cidr {
  return {address: {family: address.family, value: address.value & ~hostMask(address.family, length)}, length};
}

/** The last address of the prefix: for IPv4 the broadcast address. */
export function lastOf({address, length}: Cidr): Address {
  return {family: address.family, value: address.value | hostMask(address.family, length)};
}

/** True if the address is of the prefix's family and inside it. */
export function contains(cidr: Cidr, address: Address): boolean {
  const mask = hostMask(cidr.address.family, cidr.length);
  return cidr.address.family === address.family && (cidr.address.value | mask) === (address.value | mask);
}

/** True if the two prefixes share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b.address) || contains(b, a.address);
}

/** The address `steps` further on. */
export const advance = ({family, value}: Address, steps: bigint): Address => ({family, value: value + steps});

export const sameAddress = (a: Address, b: Address): boolean => a.family === b.family && a.value === b.value;

const lowHalf = (1n << 64n) - 1n;

/** The address in network byte order: 4 or 16 bytes. */
export function toBytes({family, value}: Address): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bitsOf(family) / 8);
  const view = new DataView(bytes.buffer);
  if (family === 4) view.setUint32(0, Number(value));
  else {
    view.setBigUint64(0, value >> 64n);
    view.setBigUint64(8, value & lowHalf);
  }
  return bytes;
}

/** The address from 4 or 16 bytes in network byte order. */
export function fromBytes(bytes: Uint8Array): Address {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return {family: 4, value: BigInt(view.getUint32(0))};
  return {family: 6, value: (view.getBigUint64(0) << 64n) | view.getBigUint64(8)};
}

function hostMask(family: Family, length: number): bigint {
  return (1n << BigInt(bitsOf(family) - length)) - 1n;
}

function parseV4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    const byte = Number(part);
    // A leading zero is octal to some readers and decimal to others, so it is neither here.
    if (!(byte >= 0 && byte <= 255) || String(byte) !== part) return undefined;
    value = value * 256 + byte;
  }
  return {family: 4, value: BigInt(value)};
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half, i) => groupsOf(half, i === halves.length - 1));
  const [head, tail] = groups;
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<number>(tail ? missing : 0).fill(0), ...(tail ?? [])];
  return {family: 6, value: all.reduce((value, group) => (value << 16n) | BigInt(group), 0n)};
}

/** The 16-bit groups of one side of "::", a dotted quad at the very end counting as two; undefined if malformed. */
function groupsOf(half: string, isLast: boolean): number[] | undefined {
  if (half === '') return [];
  const groups: number[] = [];
  const parts = half.split(':');
  for (const [i, part] of parts.entries()) {
    if (isLast && i === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (!v4) return undefined;
      groups.push(Number(v4.value >> 16n), Number(v4.value & 0xffffn));
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function formatV4(value: bigint): string {
  const number = Number(value);
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

function formatV6(value: bigint): string {
  const bytes = toBytes({family: 6, value});
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff)
    return `::ffff:${formatV4(value & 0xffffffffn)}`;
  const zeros = longestZeros(groups);
  const hex = (part: number[]) => part.map(group => group.toString(16)).join(':');
  if (zeros.length < 2) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`;
}

function longestZeros(groups: readonly number[]): {start: number; length: number} {
  let best = {start: 0, length: 0};
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = {start, length: i + 1 - start};
  }
  return best;
}
