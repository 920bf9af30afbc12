// Which address an attachment gets: round robin over each range set, one address per set. Pure over the Leases port.
// Asked again for the same owner it answers the same, where the reference refuses: a retry after a crash must work.
import {type Address, formatAddress, sameAddress, tryParseAddress} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {ResultIp} from '../../spec/result.ts';
import type {Lease, Leases, Owner} from '../plugin.ts';
import {candidates, formatRange, holds, type Range, type RangeSet} from './ranges.ts';

export interface Allocated {
  readonly ips: readonly ResultIp[];
  /** Leases of others that were in the way or stand next in line: the round robin comes by all of them in time. */
  readonly met: readonly Lease[];
}

/** One address of each set. What was newly reserved is given back if a set has none left: throws `rangeExhausted`. */
export function allocate(sets: readonly RangeSet[], owner: Owner, leases: Leases): Allocated {
  const held = leases.heldBy(owner).flatMap(text => tryParseAddress(text) ?? []);
  const met: Lease[] = [];
  try {
    const ips = sets.map((set, i) => allocateFrom(set, i, owner, leases, held, met));
    return {ips, met};
  } catch (error) {
    if (held.length === 0) leases.release(owner);
    throw error;
  }
}

function allocateFrom(
  set: RangeSet,
  number: number,
  owner: Owner,
  leases: Leases,
  held: readonly Address[],
  met: Lease[],
): ResultIp {
  const mine = held.find(address => rangeOf(set, address));
  if (mine) return lease(set, mine);
  const last = tryParseAddress(leases.last(number) ?? '');
  const address = reserveFirst(set, last, owner, leases, met);
  if (!address) {
    const ranges = set.map(range => formatRange(range)).join(', ');
    throw new CniError(
      'rangeExhausted',
      `no address is free in ${ranges}: make the range larger, or end some containers`,
    );
  }
  leases.setLast(number, formatAddress(address));
  met.push(...nextInLine(set, address, leases));
  return lease(set, address);
}

// Trying is cheaper than reading the directory as long as the first few tries succeed.
const triesBeforeReading = 16;

function reserveFirst(
  set: RangeSet,
  last: Address | undefined,
  owner: Owner,
  leases: Leases,
  met: Lease[],
): Address | undefined {
  let taken: ReadonlySet<string> | undefined;
  let tries = 0;
  for (const address of candidates(set, last)) {
    const text = formatAddress(address);
    if (tries++ === triesBeforeReading) taken = leases.taken();
    if (taken?.has(text)) continue;
    if (leases.reserve(text, owner)) return address;
    const inTheWay = leases.find(text);
    if (inTheWay) met.push(inTheWay);
  }
  return undefined;
}

// More than one, so that the dead become fewer with every ADD and not only not more.
const looksAhead = 3;

function nextInLine(set: RangeSet, address: Address, leases: Leases): readonly Lease[] {
  const found: Lease[] = [];
  let looks = 0;
  for (const next of candidates(set, address)) {
    if (looks++ === looksAhead) break;
    const other = leases.find(formatAddress(next));
    if (other) found.push(other);
  }
  return found;
}

function rangeOf(set: RangeSet, address: Address): Range | undefined {
  return set.find(range => holds(range, address) && !sameAddress(range.gateway, address));
}

function lease(set: RangeSet, address: Address): ResultIp {
  const range = rangeOf(set, address);
  if (!range) throw new Error(`${formatAddress(address)} is outside its own range set`);
  return {address: `${formatAddress(address)}/${range.subnet.length}`, gateway: formatAddress(range.gateway)};
}
