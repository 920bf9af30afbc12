// The lease directory, in the reference's own format: one file per address, named by it, that holds
// "CONTAINER_ID\r\nIFNAME". The file is the truth. It appears complete, by link(2), so that a crash never leaves an
// empty one that nobody could free; the reference's `lock` is flocked around every read-modify-write.
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {dirname} from 'node:path';
import {tryParseAddress} from '../../spec/address.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import type {Lease, LeaseStore, Leases, Owner} from '../plugin.ts';
import {type Owned, OwnerIndex} from './owner-index.ts';

/** Takes an exclusive lock on the file at `path`, or throws. */
export type TakeLock = (path: string) => {readonly release: () => void};

/**
 * `indexDir` is where the index by owner is kept; it may vanish at any time.
 * Throws `ioFailure` if the directory can't be made, and whatever `takeLock` throws.
 */
export function openLeases(directory: string, indexDir: string, takeLock: TakeLock): LeaseStore {
  return {
    mayHold: owner => {
      const index = new OwnerIndex(indexDir, directory, () => []);
      return existsSync(directory) && [owner, idAlone(owner)].some(known => index.mayKnow(known));
    },
    locked: work => {
      makeDirectory(directory);
      const lock = takeLock(`${directory}/lock`);
      try {
        const leases = new LeaseDirectory(directory, indexDir);
        const result = work(leases);
        leases.finish();
        return result;
      } finally {
        lock.release();
      }
    },
  };
}

class LeaseDirectory implements Leases {
  readonly #directory: string;
  readonly #index: OwnerIndex;

  constructor(directory: string, indexDir: string) {
    this.#directory = directory;
    this.#index = new OwnerIndex(indexDir, directory, () => this.#owners());
  }

  heldBy(owner: Owner): readonly string[] {
    return this.#index.addressesOf(owner).filter(address => this.#owns(owner, address));
  }

  reserve(address: string, owner: Owner): boolean {
    const complete = `${dirname(this.#directory)}/.${this.#directory.slice(dirname(this.#directory).length + 1)}.new`;
    // A name that a crash left behind may be a second name of a lease: unlink it, never write into it.
    rmSync(complete, {force: true});
    writeFileSync(complete, contentOf(owner), {flag: 'wx', mode: 0o600});
    try {
      linkSync(complete, this.#pathOf(address));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw new CniError('ioFailure', `cannot reserve "${address}" in "${this.#directory}": ${reasonOf(error)}`, {
        cause: error,
      });
    } finally {
      unlinkSync(complete);
    }
    this.#index.add(owner, address);
    return true;
  }

  /** Where it holds none under its full name, those of a reference of long ago, which wrote the id alone. */
  release(owner: Owner): readonly string[] {
    const exact = this.heldBy(owner);
    const holder = exact.length > 0 ? owner : idAlone(owner);
    const held = exact.length > 0 ? exact : this.heldBy(holder);
    for (const address of held) unlinkSync(this.#pathOf(address));
    for (const address of held) this.#index.remove(holder, address);
    return held;
  }

  taken(): ReadonlySet<string> {
    return new Set(readdirSync(this.#directory));
  }

  find(address: string): Lease | undefined {
    const path = this.#pathOf(address);
    const content = readOrNothing(path);
    if (content === undefined) return undefined;
    const modified = statSync(path, {throwIfNoEntry: false})?.mtimeMs;
    return modified === undefined ? undefined : {address, owner: parseOwner(content), modified};
  }

  all(): readonly Lease[] {
    return this.#addresses().flatMap(address => this.find(address) ?? []);
  }

  drop({address, owner}: Lease): void {
    rmSync(this.#pathOf(address), {force: true});
    if (owner) this.#index.remove(owner, address);
  }

  last(set: number): string | undefined {
    return readOrNothing(`${this.#directory}/last_reserved_ip.${set}`)?.trim();
  }

  setLast(set: number, address: string): void {
    writeFileSync(`${this.#directory}/last_reserved_ip.${set}`, address, {mode: 0o644});
  }

  /** Says that the index knows all that was changed. */
  finish(): void {
    this.#index.seal();
  }

  /** Every lease without its age, which costs a system call each. */
  #owners(): readonly Owned[] {
    return this.#addresses().map(address => ({address, owner: parseOwner(readOrNothing(this.#pathOf(address)) ?? '')}));
  }

  #addresses(): readonly string[] {
    return readdirSync(this.#directory).filter(name => tryParseAddress(name));
  }

  #owns(owner: Owner, address: string): boolean {
    return readOrNothing(this.#pathOf(address))?.trim() === contentOf(owner).trim();
  }

  #pathOf(address: string): string {
    return `${this.#directory}/${address}`;
  }
}

const idAlone = ({containerId}: Owner): Owner => ({containerId, ifName: ''});

const contentOf = ({containerId, ifName}: Owner): string => `${containerId}\r\n${ifName}`;

/** A file that holds an id alone is from a reference of long ago. */
function parseOwner(content: string): Owner | undefined {
  const [containerId, ifName] = content.trim().split('\r\n');
  return containerId ? {containerId, ifName: ifName ?? ''} : undefined;
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, {recursive: true, mode: 0o755});
  } catch (cause) {
    throw new CniError('ioFailure', `cannot make the lease directory "${directory}": ${reasonOf(cause)}`, {cause});
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
