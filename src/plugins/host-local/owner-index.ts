// Who holds which address, so that neither ADD nor DEL reads every lease: one small file per owner beside a stamp, which
// is the modification time of the lease directory when we last changed it. If the time differs, somebody else was there
// and the index is made anew from the leases. Used under the lease directory's lock only.
import {createHash} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import type {Owner} from '../plugin.ts';

const stampName = 'stamp';

export class OwnerIndex {
  readonly #directory: string;
  readonly #leaseDirectory: string;
  readonly #readAll: () => Iterable<readonly [Owner, string]>;
  #fresh: boolean | undefined;
  #changed = false;

  /** `readAll` walks the leases themselves. */
  constructor(root: string, leaseDirectory: string, readAll: () => Iterable<readonly [Owner, string]>) {
    this.#directory = `${root}/${createHash('sha256').update(leaseDirectory).digest('hex').slice(0, 24)}`;
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

  add(owner: Owner, address: string): void {
    const addresses = [...this.addressesOf(owner), address];
    writeFileSync(`${this.#directory}/${fileOf(owner)}`, addresses.join('\n'), {mode: 0o600});
    this.#changed = true;
  }

  remove(owner: Owner): void {
    rmSync(`${this.#directory}/${fileOf(owner)}`, {force: true});
    this.#changed = true;
  }

  /** Stamps the index. What was changed without it is found again by the next reader, who then reads every lease. */
  seal(): void {
    if (!this.#changed) return;
    mkdirSync(this.#directory, {recursive: true, mode: 0o700});
    writeFileSync(`${this.#directory}/${stampName}`, this.#now(), {mode: 0o600});
  }

  #refresh(): void {
    this.#fresh ??= this.#read(stampName) === this.#now();
    if (this.#fresh) return;
    this.#fresh = true;
    this.#changed = true;
    mkdirSync(this.#directory, {recursive: true, mode: 0o700});
    for (const name of readdirSync(this.#directory)) rmSync(`${this.#directory}/${name}`);
    for (const [owner, address] of this.#readAll()) this.add(owner, address);
  }

  #now(): string {
    return String(statSync(this.#leaseDirectory, {bigint: true}).mtimeNs);
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(`${this.#directory}/${name}`, 'utf8');
    } catch {
      return undefined;
    }
  }
}

/** Neither a container id nor an interface name can hold a ":". */
const fileOf = ({containerId, ifName}: Owner): string => `${containerId}:${ifName}`;
