// Which address an attachment gets: round robin over each range set, one address per set. Pure over the Leases port.
// Asked again for the same owner it answers the same, where the reference refuses: a retry after a crash must work.
import {type Address, formatAddress, sameAddress, tryParseAddress} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {ResultIp} from '../../spec/result.ts';
import type {Leases, Owner} from '../plugin.ts';
import {candidates, formatRange, holds, type Range, type RangeSet} from './ranges.ts';

/** One address of each set. What was newly reserved is given back if a set has none left: throws `rangeExhausted`. */
export function allocate(sets: readonly RangeSet[], owner: Owner, leases: Leases): readonly ResultIp[] {
  const held = leases.heldBy(owner).flatMap(text => tryParseAddress(text) ?? []);
  try {
    return sets.map((set, i) => allocateFrom(set, i, owner, leases, held));
  } catch (error) {
    if (held.length === 0) leases.release(owner);
    throw error;
  }
}

function allocateFrom(set: RangeSet, number: number, owner: Owner, leases: Leases, held: readonly Address[]): ResultIp {
  const mine = held.find(address => rangeOf(set, address));
  if (mine) return lease(set, mine);
  const last = tryParseAddress(leases.last(number) ?? '');
  const address = reserveFirst(set, last, owner, leases);
  if (!address) {
    throw new CniError(
      'rangeExhausted',
      `no address is free in ${set.map(range => formatRange(range)).join(', ')}: make the range larger, or run "cni-hook gc"`,
    );
  }
  leases.setLast(number, formatAddress(address));
  return lease(set, address);
}

// Trying is cheaper than reading the directory as long as the first few tries succeed.
const triesBeforeReading = 16;

function reserveFirst(set: RangeSet, last: Address | undefined, owner: Owner, leases: Leases): Address | undefined {
  let taken: ReadonlySet<string> | undefined;
  let tries = 0;
  for (const address of candidates(set, last)) {
    const text = formatAddress(address);
    if (tries++ === triesBeforeReading) taken = leases.taken();
    if (!taken?.has(text) && leases.reserve(text, owner)) return address;
  }
  return undefined;
}

function rangeOf(set: RangeSet, address: Address): Range | undefined {
  return set.find(range => holds(range, address) && !sameAddress(range.gateway, address));
}

function lease(set: RangeSet, address: Address): ResultIp {
  const range = rangeOf(set, address);
  if (!range) throw new Error(`${formatAddress(address)} is outside its own range set`);
  return {address: `${formatAddress(address)}/${range.subnet.length}`, gateway: formatAddress(range.gateway)};
}
