// Who holds which address, so that neither ADD nor DEL reads every lease: one small file per owner beside a stamp, which
// is the modification time of the lease directory when we last changed it. If the time differs, somebody else was there
// and the index is made anew from the leases. Used under the lease directory's lock only.
import {mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {digest} from '../../spec/digest.ts';
import type {Lease, Owner} from '../plugin.ts';

const stampName = 'stamp';

export class OwnerIndex {
  readonly #directory: string;
  readonly #leaseDirectory: string;
  readonly #readAll: () => readonly Lease[];
  #fresh: boolean | undefined;
  #changed = false;

  /** `readAll` walks the leases themselves. */
  constructor(root: string, leaseDirectory: string, readAll: () => readonly Lease[]) {
    this.#directory = `${root}/${digest(leaseDirectory)}`;
    this.#leaseDirectory = leaseDirectory;
    this.#readAll = readAll;
  }

  addressesOf(owner: Owner): readonly string[] {
    this.#refresh();
    return (
      this.#read(fileOf(owner))
        ?.split('\n')
        .filter(line => line !== '') ?? []
    );
  }

  /** False only if the owner certainly holds nothing. Needs no lock: an index that is being changed looks stale. */
  mayKnow(owner: Owner): boolean {
    return this.#read(stampName) !== this.#stamp() || this.#read(fileOf(owner)) !== undefined;
  }

  add(owner: Owner, address: string): void {
    const others = this.addressesOf(owner).filter(other => other !== address);
    this.#write(owner, [...others, address]);
    this.#changed = true;
  }

  remove(owner: Owner, address: string): void {
    const rest = this.addressesOf(owner).filter(other => other !== address);
    if (rest.length > 0) this.#write(owner, rest);
    else rmSync(`${this.#directory}/${fileOf(owner)}`, {force: true});
    this.#changed = true;
  }

  /** Stamps the index. What was changed without it is found again by the next reader, who then reads every lease. */
  seal(): void {
    if (!this.#changed) return;
    // The kernel's own times may come in ticks of 4 ms; this one is no tick's, so that any later change differs from it.
    const now = Date.now() / 1000 + Math.random() / 1e4;
    utimesSync(this.#leaseDirectory, now, now);
    mkdirSync(this.#directory, {recursive: true, mode: 0o700});
    writeFileSync(`${this.#directory}/${stampName}`, this.#stamp(), {mode: 0o600});
  }

  #refresh(): void {
    this.#fresh ??= this.#read(stampName) === this.#stamp();
    if (this.#fresh) return;
    this.#fresh = true;
    this.#changed = true;
    mkdirSync(this.#directory, {recursive: true, mode: 0o700});
    for (const name of readdirSync(this.#directory)) rmSync(`${this.#directory}/${name}`, {recursive: true});
    for (const {owner, address} of this.#readAll()) if (owner) this.add(owner, address);
  }

  #write(owner: Owner, addresses: readonly string[]): void {
    writeFileSync(`${this.#directory}/${fileOf(owner)}`, addresses.join('\n'), {mode: 0o600});
  }

  #stamp(): string {
    return `${statSync(this.#leaseDirectory, {bigint: true}).mtimeNs}\n${this.#leaseDirectory}`;
  }

  #read(name: string): string | undefined {
    return readOrNothing(`${this.#directory}/${name}`);
  }
}

/** The lease directories that there is an index of: every one that was used since the last boot. */
export function indexedDirectories(root: string): readonly string[] {
  return namesIn(root).flatMap(name => readOrNothing(`${root}/${name}/${stampName}`)?.split('\n')[1] ?? []);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A hash, because what stands in a foreign lease may be anything and as long as it likes. */
const fileOf = ({containerId, ifName}: Owner): string => digest(`${containerId}\r\n${ifName}`);
