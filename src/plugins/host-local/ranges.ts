// The ranges that addresses are given out from, in full: every default filled in, every bound checked.
import {
  type Address,
  advance,
  bitsOf,
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  lastOf,
  overlaps,
  parseAddress,
  parseCidr,
  sameAddress,
  subnetOf,
} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import {checked} from '../../spec/route.ts';

export interface Range {
  readonly subnet: Cidr;
  /** First and last address that may be given out, the gateway excepted. */
  readonly start: Address;
  readonly end: Address;
  readonly gateway: Address;
}

/** Ranges that serve one address together, in the order in which they are used up. */
export type RangeSet = readonly Range[];

/**
 * The sets in the order in which they are served: those of the runtime's `ipRanges` capability, the single range of the
 * old keys, then `ranges`. Throws `invalidConfig`.
 */
export function parseRangeSets(ipam: Fields, runtimeConfig: Fields): readonly RangeSet[] {
  const old = ipam.string('subnet') === '' ? [] : [[parseRange(ipam)]];
  const sets = [...parseSetList(runtimeConfig, 'ipRanges'), ...old, ...parseSetList(ipam, 'ranges')];
  if (sets.length === 0)
    throw new CniError('invalidConfig', `${ipam.where}: there is no range: set "subnet", or "ranges"`);
  for (const set of sets) checkFamily(set, ipam.where);
  checkOverlap(sets.flat(), ipam.where);
  return sets;
}

function parseSetList(fields: Fields, key: string): readonly RangeSet[] {
  return fields.list(key).map((set, i) => {
    if (!Array.isArray(set)) throw fields.wrong(key, 'a list of lists of ranges', set);
    if (set.length === 0)
      throw new CniError('invalidConfig', `${fields.where}, "${key}"[${i}] is empty: it needs a range`);
    return fields.childrenOf(set, `"${key}"[${i}]`).map(range => parseRange(range));
  });
}

/** "10.1.0.2-10.1.0.254" */
export const formatRange = ({start, end}: Range): string => `${formatAddress(start)}-${formatAddress(end)}`;

/** The addresses of a set in the order in which they are tried: behind `last`, round to `last` itself; gateways left out. */
export function* candidates(set: RangeSet, last: Address | undefined): Generator<Address> {
  const at = last ? set.findIndex(range => holds(range, last)) : -1;
  const order = at < 0 ? set : [...set.slice(at), ...set.slice(0, at)];
  for (const [i, range] of order.entries()) {
    const from = i === 0 && at >= 0 && last ? advance(last, 1n) : range.start;
    yield* addressesOf(range, from, range.end);
  }
  const first = order[0];
  if (first && at >= 0 && last) yield* addressesOf(first, first.start, last);
}

/** True if the address is one that the range gives out, or its gateway if that lies between start and end. */
export function holds({start, end}: Range, address: Address): boolean {
  return address.family === start.family && address.value >= start.value && address.value <= end.value;
}

function* addressesOf(range: Range, from: Address, to: Address): Generator<Address> {
  for (let {value} = from; value <= to.value; value++) {
    const address = {family: from.family, value};
    if (!sameAddress(address, range.gateway)) yield address;
  }
}

function parseRange(fields: Fields): Range {
  const subnet = checked(fields, 'subnet', parseCidr);
  const {family} = subnet.address;
  const name = `${fields.where}: "subnet" ${formatCidr(subnet)}`;
  if (subnet.length > bitsOf(family) - 2) {
    throw new CniError('invalidConfig', `${name} is too small: it must hold at least four addresses`);
  }
  const base = subnetOf(subnet);
  if (!sameAddress(base.address, subnet.address)) {
    throw new CniError('invalidConfig', `${name} has host bits set: did you mean ${formatCidr(base)}?`);
  }
  const first = advance(base.address, 1n);
  const end = family === 4 ? advance(lastOf(base), -1n) : lastOf(base);
  const range = {
    subnet,
    start: optional(fields, 'rangeStart', subnet) ?? first,
    end: optional(fields, 'rangeEnd', subnet) ?? end,
    gateway: sameFamily(fields, optional(fields, 'gateway'), subnet) ?? first,
  };
  if (range.start.value > range.end.value) {
    throw new CniError(
      'invalidConfig',
      `${fields.where}: "rangeStart" ${formatAddress(range.start)} is behind "rangeEnd" ${formatAddress(range.end)}`,
    );
  }
  return range;
}

/** The address under `key`, inside `subnet` if that is given. */
function optional(fields: Fields, key: string, subnet?: Cidr): Address | undefined {
  if (fields.string(key) === '') return undefined;
  const address = checked(fields, key, parseAddress);
  if (subnet && !contains(subnet, address)) {
    throw new CniError(
      'invalidConfig',
      `${fields.where}: "${key}" ${formatAddress(address)} is not in "subnet" ${formatCidr(subnet)}`,
    );
  }
  return address;
}

function sameFamily(fields: Fields, gateway: Address | undefined, {address}: Cidr): Address | undefined {
  if (!gateway || gateway.family === address.family) return gateway;
  throw new CniError(
    'invalidConfig',
    `${fields.where}: "gateway" ${formatAddress(gateway)} is not of the family of "subnet"`,
  );
}

function checkFamily(set: RangeSet, where: string): void {
  if (new Set(set.map(range => range.subnet.address.family)).size > 1) {
    throw new CniError('invalidConfig', `${where}: a range set holds IPv4 and IPv6: give each family a set of its own`);
  }
}

function checkOverlap(ranges: readonly Range[], where: string): void {
  for (const [i, a] of ranges.entries()) {
    const b = ranges
      .slice(i + 1)
      .find(
        other =>
          overlaps(a.subnet, other.subnet) && a.start.value <= other.end.value && other.start.value <= a.end.value,
      );
    if (b) throw new CniError('invalidConfig', `${where}: the ranges ${formatRange(a)} and ${formatRange(b)} overlap`);
  }
}
