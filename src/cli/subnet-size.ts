// Sizes and overlaps of stretches of addresses, by ip-cidr, which only this file sees. It prints IPv6 in full, takes
// ::ffff:10.0.0.1 for the IPv4 address in it, and mixes the families up; so only its numbers are used, and the family is
// looked at before anything is compared.
import IPCIDR from 'ip-cidr';
import {CniError} from '../spec/error.ts';

/** The addresses from `first` to `last`, both included. */
export interface Span {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** All addresses of a subnet in CIDR form. Throws `invalidConfig`. */
export function spanOfSubnet(cidr: string): Span {
  const subnet = read(cidr, () => new IPCIDR(cidr));
  return {family: familyOf(cidr), first: numberOf(subnet.addressStart), last: numberOf(subnet.addressEnd)};
}

/** The addresses from one to another, in text form. Throws `invalidConfig`. */
export function spanOfRange(first: string, last: string): Span {
  const [from, to] = [first, last].map(text => numberOf(read(text, () => IPCIDR.createAddress(text))));
  return {family: familyOf(first), first: from ?? 0n, last: to ?? 0n};
}

export const sizeOf = ({first, last}: Span): bigint => last - first + 1n;

/** True if they share an address. */
export const overlap = (a: Span, b: Span): boolean => a.family === b.family && a.first <= b.last && b.first <= a.last;

const familyOf = (text: string): 4 | 6 => (text.includes(':') ? 6 : 4);

const numberOf = (address: {readonly bigInteger: () => unknown}): bigint => BigInt(String(address.bigInteger()));

function read<T>(text: string, parse: () => T): T {
  if (text.includes(':') && text.includes('.'))
    throw new CniError('invalidConfig', `"${text}" is an IPv4 address inside IPv6: a range of those can't be counted`);
  try {
    return parse();
  } catch (cause) {
    throw new CniError('invalidConfig', `"${text}" can't be counted`, {cause});
  }
}
