// Leases in memory: the port that host-local's allocator works over, without a disk. It refuses what a directory would
// refuse, and it says in `given` which address was handed out when, so that a test can look back.
import type {Lease, LeaseStore, Leases, Owner} from '../../src/plugins/plugin.ts';

export interface MemoryLeases extends Leases {
  /** Every address that was ever reserved, in that order. */
  readonly given: readonly string[];
}

export function memoryLeases(): MemoryLeases {
  const held = new Map<string, Owner>();
  const last = new Map<number, string>();
  const given: string[] = [];
  const find = (address: string): Lease | undefined => {
    const owner = held.get(address);
    return owner && {address, owner, modified: 0};
  };
  const heldBy = (owner: Owner) => [...held].filter(([, holder]) => isSame(holder, owner)).map(([address]) => address);
  return {
    given,
    heldBy,
    find,
    reserve: (address, owner) => {
      if (held.has(address)) return false;
      held.set(address, owner);
      given.push(address);
      return true;
    },
    release: owner => {
      const addresses = heldBy(owner);
      for (const address of addresses) held.delete(address);
      return addresses;
    },
    taken: () => new Set(held.keys()),
    all: () => [...held.keys()].flatMap(address => find(address) ?? []),
    drop: ({address}) => void held.delete(address),
    last: set => last.get(set),
    setLast: (set, address) => void last.set(set, address),
  };
}

/** One store for whatever directory is opened. */
export function memoryStore(leases: Leases = memoryLeases()): LeaseStore {
  return {locked: work => work(leases), mayHold: owner => leases.heldBy(owner).length > 0};
}

const isSame = (a: Owner, b: Owner): boolean => a.containerId === b.containerId && a.ifName === b.ifName;
