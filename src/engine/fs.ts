// As much of `node:fs` as a hook and a plugin use, by system calls: same names, same answers, same errors.
import {check, errorOf, host, numbers} from './host.ts';
import {Stats} from './stats.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const AT_REMOVEDIR = 0x200;
const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = 0o200000;
const O_PATH = 0o10000000;
const ENOENT = 2;
const EEXIST = 17;
const ENOTDIR = 20;
const EISDIR = 21;

const openFlags: Readonly<Record<string, number>> = {r: 0, 'r+': 0o2, w: 0o1101, wx: 0o1301, a: 0o2101};

export function openSync(path: string, flags: string | number = 'r', mode = 0o666): number {
  const bits = typeof flags === 'number' ? flags : (openFlags[flags] ?? unknown(flags));
  return check(host.syscall(numbers.openat, AT_FDCWD, path, bits | O_CLOEXEC, mode), 'open', path);
}

function unknown(flags: string): never {
  throw new TypeError(`no file is opened with "${flags}" here`);
}

export function closeSync(fd: number): void {
  check(host.syscall(numbers.close, fd), 'close');
}

export function existsSync(path: string): boolean {
  return !path.includes('\0') && host.syscall(numbers.faccessat, AT_FDCWD, path, 0) === 0;
}

interface StatOptions {
  readonly throwIfNoEntry?: boolean;
  readonly bigint?: boolean;
}

const STATX_BASIC_STATS = 0x7ff;

function stat(fd: number, path: string, flags: number, call: string, options?: StatOptions): Stats | undefined {
  const bytes = new Uint8Array(256);
  const result = host.syscall(numbers.statx, fd, path, flags, STATX_BASIC_STATS, bytes);
  if (options?.throwIfNoEntry === false && (result === -ENOENT || result === -ENOTDIR)) return undefined;
  check(result, call, path);
  return new Stats(bytes);
}

export const statSync = (path: string, options?: StatOptions) => stat(AT_FDCWD, path, 0, 'stat', options);

export const lstatSync = (path: string, options?: StatOptions) =>
  stat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 'lstat', options);

export const fstatSync = (fd: number) => stat(fd, '', AT_EMPTY_PATH, 'fstat');

/** Nearly everything fits. It is used again by the next who reads, so nothing may keep it. */
const buffer = new Uint8Array(16 * 1024);

/** The text of all that is left to read, in as few calls as it takes. */
function readAll(fd: number): string {
  let bytes = buffer;
  for (let length = 0; ; ) {
    const read = check(host.syscall(numbers.read, fd, bytes.subarray(length), bytes.length - length), 'read');
    if (read === 0) return host.decode(bytes, 0, length);
    length += read;
    if (length < bytes.length) continue;
    const longer = new Uint8Array(bytes.length * 4);
    longer.set(bytes);
    bytes = longer;
  }
}

export function readFileSync(path: string | number, encoding: 'utf8'): string {
  if (encoding !== 'utf8') throw new TypeError('only text is read here');
  if (typeof path === 'number') return readAll(path);
  const fd = openSync(path);
  try {
    return readAll(fd);
  } finally {
    closeSync(fd);
  }
}

export function readSync(
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number | null,
): number {
  const piece = bytes.subarray(offset, offset + length);
  // The kernel would write beyond.
  if (offset < 0 || piece.length !== length) throw new RangeError(`the buffer has no ${length} bytes from ${offset}`);
  if (position === null) return check(host.syscall(numbers.read, fd, piece, length), 'read');
  return check(host.syscall(numbers.pread64, fd, piece, length, position), 'read');
}

/** A string and its position, or bytes, of which all are written from where the file is. */
export function writeSync(fd: number, data: string | Uint8Array, position?: number | null): number {
  const bytes = typeof data === 'string' ? host.encode(data) : data;
  if (position === undefined || position === null) {
    return check(host.syscall(numbers.write, fd, bytes, bytes.length), 'write');
  }
  return check(host.syscall(numbers.pwrite64, fd, bytes, bytes.length, position), 'write');
}

interface WriteOptions {
  readonly mode?: number;
  readonly flag?: string;
}

export function writeFileSync(path: string, text: string, {mode, flag = 'w'}: WriteOptions = {}): void {
  const fd = openSync(path, flag, mode);
  try {
    const bytes = host.encode(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes.subarray(at));
  } finally {
    closeSync(fd);
  }
}

export const appendFileSync = (path: string, text: string, {mode}: WriteOptions = {}): void =>
  writeFileSync(path, text, {flag: 'a', ...(mode !== undefined && {mode})});

interface DirectoryOptions {
  readonly recursive?: boolean;
  readonly mode?: number;
}

export function mkdirSync(path: string, {recursive = false, mode = 0o777}: DirectoryOptions = {}): void {
  const once = recursive ? makeUnlessThere : make;
  const parent = path.slice(0, path.lastIndexOf('/'));
  let result = once(path, mode);
  if (recursive && result === -ENOENT && parent !== '') {
    mkdirSync(parent, {recursive, mode});
    result = once(path, mode);
  }
  check(result, 'mkdir', path);
}

const make = (path: string, mode: number): number => host.syscall(numbers.mkdirat, AT_FDCWD, path, mode);

function makeUnlessThere(path: string, mode: number): number {
  const result = make(path, mode);
  return result === -EEXIST && isDirectory(path) ? 0 : result;
}

function isDirectory(path: string): boolean {
  const bytes = new Uint8Array(256);
  return (
    host.syscall(numbers.statx, AT_FDCWD, path, 0, STATX_BASIC_STATS, bytes) === 0 && new Stats(bytes).isDirectory()
  );
}

interface Entry {
  readonly name: string;
  isDirectory(): boolean;
}

export function readdirSync(path: string): string[];
export function readdirSync(path: string, options: {readonly withFileTypes: true}): Entry[];
export function readdirSync(path: string, options?: {readonly withFileTypes: true}): (string | Entry)[] {
  const names = namesIn(path);
  if (!options) return names;
  return names.map(name => ({
    name,
    isDirectory: () => lstatSync(`${path}/${name}`, {throwIfNoEntry: false})?.isDirectory() ?? false,
  }));
}

function namesIn(path: string): string[] {
  const fd = check(host.syscall(numbers.openat, AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC), 'scandir', path);
  try {
    const bytes = new Uint8Array(32 * 1024);
    const names: string[] = [];
    for (;;) {
      const length = check(host.syscall(numbers.getdents64, fd, bytes, bytes.length), 'scandir', path);
      if (length === 0) return names;
      // struct linux_dirent64: the length stands at 16, the name from 19, closed by a zero.
      for (let at = 0; at < length; at += (bytes[at + 16] ?? 0) + (bytes[at + 17] ?? 0) * 256) {
        const name = host.decode(bytes, at + 19, bytes.indexOf(0, at + 19));
        if (name !== '.' && name !== '..') names.push(name);
      }
    }
  } finally {
    closeSync(fd);
  }
}

const unlink = (path: string, flags: number): number => host.syscall(numbers.unlinkat, AT_FDCWD, path, flags);

export function unlinkSync(path: string): void {
  check(unlink(path, 0), 'unlink', path);
}

export function rmdirSync(path: string): void {
  check(unlink(path, AT_REMOVEDIR), 'rmdir', path);
}

interface RemoveOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
}

export function rmSync(path: string, {recursive = false, force = false}: RemoveOptions = {}): void {
  const result = unlink(path, 0);
  if (result === 0 || (force && result === -ENOENT)) return;
  if (!recursive || result !== -EISDIR) throw errorOf(-result, result === -ENOENT ? 'lstat' : 'rm', path);
  for (const name of readdirSync(path)) rmSync(`${path}/${name}`, {recursive, force: true});
  rmdirSync(path);
}

export function renameSync(from: string, to: string): void {
  check(host.syscall(numbers.renameat2, AT_FDCWD, from, AT_FDCWD, to, 0), 'rename', from, to);
}

export function linkSync(from: string, to: string): void {
  check(host.syscall(numbers.linkat, AT_FDCWD, from, AT_FDCWD, to, 0), 'link', from, to);
}

const longestPath = 4096;

export function readlinkSync(path: string): string {
  const bytes = new Uint8Array(longestPath);
  const length = check(host.syscall(numbers.readlinkat, AT_FDCWD, path, bytes, bytes.length), 'readlink', path);
  return host.decode(bytes, 0, length);
}

export function realpathSync(path: string): string {
  const fd = check(host.syscall(numbers.openat, AT_FDCWD, path, O_PATH | O_CLOEXEC), 'lstat', path);
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

export function chmodSync(path: string, mode: number): void {
  check(host.syscall(numbers.fchmodat, AT_FDCWD, path, mode), 'chmod', path);
}

/** Times in seconds since 1970. */
export function utimesSync(path: string, accessed: number, modified: number): void {
  const times = new BigInt64Array(4);
  [accessed, modified].forEach((time, i) => {
    const seconds = Math.floor(time);
    times[2 * i] = BigInt(seconds);
    times[2 * i + 1] = BigInt(Math.floor((time - seconds) * 1e9));
  });
  check(host.syscall(numbers.utimensat, AT_FDCWD, path, times, 0), 'utime', path);
}

export function fsyncSync(fd: number): void {
  check(host.syscall(numbers.fsync, fd), 'fsync');
}
