// What statx(2) tells of a file, under the names of fs.Stats.

/** struct statx, to be filled by the next call. */
export const statxBytes = new Uint8Array(256);
const statx = new DataView(statxBytes.buffer);

const S_IFMT = 0o170000;

/** What the buffer holds now. Times in milliseconds since 1970. */
export class Stat {
  readonly blksize = statx.getUint32(4, true);
  readonly nlink = statx.getUint32(16, true);
  readonly uid = statx.getUint32(20, true);
  readonly gid = statx.getUint32(24, true);
  readonly mode = statx.getUint16(28, true);
  readonly ino = Number(statx.getBigUint64(32, true));
  readonly size = Number(statx.getBigUint64(40, true));
  readonly blocks = Number(statx.getBigUint64(48, true));
  readonly atimeMs = milliseconds(64);
  readonly ctimeMs = milliseconds(96);
  readonly mtimeMs = milliseconds(112);
  /** Nanoseconds since 1970. */
  readonly mtimeNs = statx.getBigInt64(112, true) * 1_000_000_000n + BigInt(statx.getUint32(120, true));
  readonly rdev = device(128);
  readonly dev = device(136);

  isFile(): boolean {
    return (this.mode & S_IFMT) === 0o100000;
  }
  isDirectory(): boolean {
    return (this.mode & S_IFMT) === 0o040000;
  }
  isSymbolicLink(): boolean {
    return (this.mode & S_IFMT) === 0o120000;
  }
  isSocket(): boolean {
    return (this.mode & S_IFMT) === 0o140000;
  }
  isFIFO(): boolean {
    return (this.mode & S_IFMT) === 0o010000;
  }
}

/** A struct statx_timestamp. */
const milliseconds = (at: number): number =>
  Number(statx.getBigInt64(at, true)) * 1000 + statx.getUint32(at + 8, true) / 1_000_000;

/** Major and minor number as stat(2) gives them in one (makedev(3)). */
function device(at: number): number {
  const [major, minor] = [statx.getUint32(at, true), statx.getUint32(at + 4, true)];
  const low = ((major & 0xfff) << 8) | (minor & 0xff);
  return low + (minor >>> 8) * 2 ** 20 + (major >>> 12) * 2 ** 44;
}
