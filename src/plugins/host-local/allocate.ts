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

/**
 * One address of each set: the requested one that lies in it, else the next in line. What was newly reserved is given
 * back if that fails: throws `rangeExhausted`, `addressTaken`, or `invalidConfig` for a request that no set can meet.
 */
export function allocate(
  sets: readonly RangeSet[],
  requested: readonly Address[],
  owner: Owner,
  leases: Leases,
): Allocated {
  const open = [...requested];
  const wishes = sets.map(set => open.splice(indexIn(set, open), 1)[0]);
  if (open.length > 0) {
    const left = open.map(address => formatAddress(address)).join(', ');
    throw new CniError(
      'invalidConfig',
      `failed to allocate all requested IPs: ${left}: no range holds it, or it was asked for twice`,
    );
  }
  const held = leases.heldBy(owner).flatMap(text => tryParseAddress(text) ?? []);
  const met: Lease[] = [];
  try {
    const ips = sets.map((set, i) => allocateFrom(set, i, wishes[i], owner, leases, held, met));
    return {ips, met};
  } catch (error) {
    giveBackNew(owner, leases, held);
    throw error;
  }
}

function giveBackNew(owner: Owner, leases: Leases, held: readonly Address[]): void {
  const before = held.map(address => formatAddress(address));
  for (const address of leases.heldBy(owner)) {
    const lease = before.includes(address) ? undefined : leases.find(address);
    if (lease) leases.drop(lease);
  }
}

/** The index of the first of the addresses that lies in the set, or the length. */
function indexIn(set: RangeSet, addresses: readonly Address[]): number {
  const index = addresses.findIndex(address => set.some(range => holds(range, address)));
  return index < 0 ? addresses.length : index;
}

function allocateFrom(
  set: RangeSet,
  number: number,
  wish: Address | undefined,
  owner: Owner,
  leases: Leases,
  held: readonly Address[],
  met: Lease[],
): ResultIp {
  const mine = held.find(address => rangeOf(set, address));
  if (wish) return reserveWish(set, wish, mine, owner, leases);
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

/** A wish is no turn in the round robin. */
function reserveWish(set: RangeSet, wish: Address, mine: Address | undefined, owner: Owner, leases: Leases): ResultIp {
  const text = formatAddress(wish);
  if (!rangeOf(set, wish)) throw new CniError('invalidConfig', `requested IP ${text} is the gateway of its range`);
  if (mine && !sameAddress(mine, wish)) {
    throw new CniError('addressTaken', `requested IP ${text}: the interface holds ${formatAddress(mine)} already`);
  }
  if (!mine && !leases.reserve(text, owner)) {
    const holder = leases.find(text)?.owner?.containerId;
    throw new CniError('addressTaken', `requested IP ${text} is not available: container "${holder}" holds it`);
  }
  return lease(set, wish);
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
