// What host.c gives, and how a system call that failed becomes the error that `node:fs` throws.

/** A string becomes a C string, a typed array its address, null 0. */
export type Argument = number | string | NodeJS.TypedArray | null;

interface Host {
  readonly args: readonly string[];
  readonly environment: readonly string[];
  readonly numbers: Readonly<Record<string, number>>;
  /** Milliseconds since 1970, when this process began. */
  readonly began: number;
  syscall(number: number | undefined, ...args: readonly Argument[]): number;
  addressOf(bytes: NodeJS.TypedArray): number;
  encode(text: string): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array, begin: number, end: number): string;
  isOddJson(json: string): boolean;
  describe(errno: number): string;
  now(): number;
  spawn(
    path: string,
    args: readonly string[],
    environment: readonly string[],
    ...streams: readonly [number, number, number]
  ): number;
  leave(code: number): never;
}

export const {host} = globalThis as unknown as {host: Host};
export const {numbers} = host;

// What libuv says of the usual ones; of others, what the C library does (errno(3)).
const known: Readonly<Record<number, readonly [code: string, words: string]>> = {
  1: ['EPERM', 'operation not permitted'],
  2: ['ENOENT', 'no such file or directory'],
  3: ['ESRCH', 'no such process'],
  5: ['EIO', 'i/o error'],
  6: ['ENXIO', 'no such device or address'],
  7: ['E2BIG', 'argument list too long'],
  8: ['ENOEXEC', 'exec format error'],
  9: ['EBADF', 'bad file descriptor'],
  11: ['EAGAIN', 'resource temporarily unavailable'],
  12: ['ENOMEM', 'not enough memory'],
  13: ['EACCES', 'permission denied'],
  16: ['EBUSY', 'resource busy or locked'],
  17: ['EEXIST', 'file already exists'],
  18: ['EXDEV', 'cross-device link not permitted'],
  19: ['ENODEV', 'no such device'],
  20: ['ENOTDIR', 'not a directory'],
  21: ['EISDIR', 'illegal operation on a directory'],
  22: ['EINVAL', 'invalid argument'],
  23: ['ENFILE', 'file table overflow'],
  24: ['EMFILE', 'too many open files'],
  26: ['ETXTBSY', 'text file is busy'],
  27: ['EFBIG', 'file too large'],
  28: ['ENOSPC', 'no space left on device'],
  29: ['ESPIPE', 'invalid seek'],
  30: ['EROFS', 'read-only file system'],
  31: ['EMLINK', 'too many links'],
  32: ['EPIPE', 'broken pipe'],
  36: ['ENAMETOOLONG', 'name too long'],
  39: ['ENOTEMPTY', 'directory not empty'],
  40: ['ELOOP', 'too many symbolic links encountered'],
  122: ['EDQUOT', 'disk quota exceeded'],
};

/** The error that `node:fs` throws when the call fails with that errno. */
export function errorOf(errno: number, syscall: string, path = '', dest = ''): NodeJS.ErrnoException {
  const [code, words] = known[errno] ?? [`E${errno}`, host.describe(errno)];
  const where = path && ` '${path}'${dest && ` -> '${dest}'`}`;
  return Object.assign(new Error(`${code}: ${words}, ${syscall}${where}`), {
    errno: -errno,
    code,
    syscall,
    ...(path !== '' && {path}),
    ...(dest !== '' && {dest}),
  });
}

/** Returns what the call did, or throws its error. */
export function check(result: number, syscall: string, path?: string, dest?: string): number {
  if (result >= 0) return result;
  throw errorOf(-result, syscall, path, dest);
}
