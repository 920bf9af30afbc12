// Who holds which address, so that neither ADD nor DEL reads every lease: one small file per owner beside a stamp, which
// is the modification time of the lease directory when we last changed it. If the time differs, somebody else was there
// and the index is made anew from the leases. Used under the lease directory's lock only.
import {mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {digest} from '../../spec/digest.ts';
import type {Lease, Owner} from '../plugin.ts';

const stampName = 'stamp';

export type Owned = Pick<Lease, 'address' | 'owner'>;

export class OwnerIndex {
  readonly #directory: string;
  readonly #leaseDirectory: string;
  readonly #readAll: () => readonly Owned[];
  #fresh: boolean | undefined;
  #changed = false;

  /** `readAll` walks the leases themselves. */
  constructor(root: string, leaseDirectory: string, readAll: () => readonly Owned[]) {
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
    this.#write(fileOf(owner), [...others, address].join('\n'));
    this.#changed = true;
  }

  remove(owner: Owner, address: string): void {
    const rest = this.addressesOf(owner).filter(other => other !== address);
    if (rest.length > 0) this.#write(fileOf(owner), rest.join('\n'));
    else rmSync(`${this.#directory}/${fileOf(owner)}`, {force: true});
    this.#changed = true;
  }

  /** Stamps the index. What was changed without it is found again by the next reader, who then reads every lease. */
  seal(): void {
    if (!this.#changed) return;
    // The kernel's own times may come in ticks of 4 ms; this one is no tick's, so that any later change differs from it.
    const now = (performance.timeOrigin + performance.now()) / 1000;
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
    const wanted = addressesByFile(this.#readAll());
    const there = new Set(readdirSync(this.#directory));
    for (const name of there) if (!wanted.has(name)) rmSync(`${this.#directory}/${name}`, {recursive: true});
    // Where the reference works in the same directory this is done often, and little has changed.
    for (const [name, addresses] of wanted) {
      const text = addresses.join('\n');
      if (!there.has(name) || this.#read(name) !== text) this.#write(name, text);
    }
  }

  #write(name: string, text: string): void {
    writeFileSync(`${this.#directory}/${name}`, text, {mode: 0o600});
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

function addressesByFile(leases: readonly Owned[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const {owner, address} of leases) {
    if (!owner) continue;
    const name = fileOf(owner);
    found.set(name, [...(found.get(name) ?? []), address]);
  }
  return found;
}

/** A hash, because what stands in a foreign lease may be anything and as long as it likes. */
const fileOf = ({containerId, ifName}: Owner): string => digest(`${containerId}\r\n${ifName}`);
