// What `node:fs` says of a file: the kernel's struct statx, in which things have the places of linux/stat.h. Read when asked for,
// as most who ask want one of them.
export class Stats {
  readonly #view: DataView;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#view = new DataView(bytes.buffer);
  }

  get mode(): number {
    return this.#view.getUint16(28, true);
  }

  get ino(): number {
    return this.#long(32);
  }

  get size(): number {
    return this.#long(40);
  }

  /** As the C library puts major and minor number together. */
  get dev(): number {
    const [major, minor] = [this.#view.getUint32(136, true), this.#view.getUint32(140, true)];
    return (major & 0xfff) * 0x100 + (minor & 0xff) + (minor >>> 8) * 0x100000 + (major >>> 12) * 2 ** 44;
  }

  get mtimeMs(): number {
    return Number(this.#view.getBigInt64(112, true)) * 1000 + this.#view.getUint32(120, true) / 1e6;
  }

  get mtimeNs(): bigint {
    return this.#view.getBigInt64(112, true) * 1_000_000_000n + BigInt(this.#view.getUint32(120, true));
  }

  isFile(): boolean {
    return this.mode >> 12 === 8;
  }

  isDirectory(): boolean {
    return this.mode >> 12 === 4;
  }

  isSymbolicLink(): boolean {
    return this.mode >> 12 === 10;
  }

  #long(place: number): number {
    return this.#view.getUint32(place, true) + this.#view.getUint32(place + 4, true) * 2 ** 32;
  }
}
