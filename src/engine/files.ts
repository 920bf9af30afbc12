// Stands in for node:fs in the executable (build.ts puts it there): to load the engine's own takes longer than all that a
// hook does with files. The same functions with the same answers and errors (their words are strerror's), in the forms that our code uses; what goes
// beyond them is handed to node:fs, which is loaded then. test/kernel/engine-files holds the two against each other.
import type * as nodeFs from 'node:fs';
import {bytesOf, fail, lastErrno, libc, pathBytes, retry, textOf} from './libc.ts';
import {Stat, statxBytes} from './stat.ts';

export type {Stat as Stats} from './stat.ts';

type Place = string | number;

/** The engine's own, for what is rare. */
const full = (): typeof nodeFs => import.meta.require('node:fs');

const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;

/** open(2)'s numbers for the letters of fs.open: Linux's on every architecture that Bun runs on. */
const letters: Readonly<Record<string, number>> = {r: 0, 'r+': 2, w: 0o1101, wx: 0o1301, a: 0o2101};

export function openSync(path: string, flags: string | number = 'r', mode = 0o666): number {
  const number = typeof flags === 'number' ? flags : letters[flags];
  if (number === undefined) return full().openSync(path, flags, mode);
  const fd = retry(() => libc.open(pathBytes(path), number | O_CLOEXEC, mode));
  return fd >= 0 ? fd : fail('open', path);
}

export function closeSync(fd: number): void {
  if (libc.close(fd) < 0) fail('close');
}

/** `position` null: from where the file stands. */
export function readSync(
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number | null,
): number {
  const part = bytes.subarray(offset, offset + length);
  if (part.length === 0) return 0;
  const count = retry(() =>
    Number(position === null ? libc.read(fd, part, part.length) : libc.pread(fd, part, part.length, position)),
  );
  return count >= 0 ? count : fail('read');
}

/** `position` is for text only; without it, to where the file stands. */
export function writeSync(fd: number, data: string | Uint8Array, position?: number): number {
  const bytes = typeof data === 'string' ? bytesOf(data) : data;
  if (bytes.length === 0) return 0;
  const count = retry(() =>
    Number(
      position === undefined ? libc.write(fd, bytes, bytes.length) : libc.pwrite(fd, bytes, bytes.length, position),
    ),
  );
  return count >= 0 ? count : fail('write');
}

export function fsyncSync(fd: number): void {
  if (libc.fsync(fd) < 0) fail('fsync');
}

// Most files fit; a page of it that nothing is read into costs nothing.
const block = new Uint8Array(256 * 1024);

export function readFileSync(place: Place, _encoding: 'utf8'): string {
  const fd = typeof place === 'number' ? place : openSync(place);
  try {
    const count = fill(fd, block);
    return textOf(count < block.length ? block.subarray(0, count) : readOn(fd, block.slice()));
  } finally {
    if (typeof place !== 'number') closeSync(fd);
  }
}

/** All of a file of which `start` was read. */
function readOn(fd: number, start: Uint8Array): Uint8Array {
  let bytes = start;
  for (let length = start.length; ; ) {
    const wider = new Uint8Array(2 * length);
    wider.set(bytes.subarray(0, length));
    bytes = wider;
    const more = fill(fd, bytes.subarray(length));
    length += more;
    if (length < bytes.length) return bytes.subarray(0, length);
  }
}

/** Reads until the buffer is full or the file ends. */
function fill(fd: number, bytes: Uint8Array): number {
  let count = 0;
  while (count < bytes.length) {
    const more = readSync(fd, bytes, count, bytes.length - count, null);
    if (more === 0) break;
    count += more;
  }
  return count;
}

interface WriteOptions {
  readonly mode?: number;
  readonly flag?: string;
}

export function writeFileSync(path: string, data: string | Uint8Array, {mode, flag = 'w'}: WriteOptions = {}): void {
  const bytes = typeof data === 'string' ? bytesOf(data) : data;
  const fd = openSync(path, flag, mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes.subarray(at));
  } finally {
    closeSync(fd);
  }
}

export const appendFileSync = (path: string, data: string | Uint8Array, options: WriteOptions = {}): void =>
  writeFileSync(path, data, {...options, flag: 'a'});

export const existsSync = (path: string): boolean => !path.includes('\0') && libc.access(pathBytes(path), 0) === 0;

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const ENOENT = 2;

interface StatOptions {
  readonly throwIfNoEntry?: boolean;
  readonly bigint?: boolean;
}

/** Its numbers are plain numbers, but for `mtimeNs`, whether `bigint` is asked for or not. */
export const statSync = (path: string, options?: StatOptions): Stat | undefined =>
  look('stat', path, AT_FDCWD, 0, options);

export const lstatSync = (path: string, options?: StatOptions): Stat | undefined =>
  look('lstat', path, AT_FDCWD, AT_SYMLINK_NOFOLLOW, options);

export const fstatSync = (fd: number): Stat | undefined => look('fstat', '', fd, AT_EMPTY_PATH, {});

function look(
  call: string,
  path: string,
  at: number,
  flags: number,
  {throwIfNoEntry = true}: StatOptions = {},
): Stat | undefined {
  if (libc.statx(at, pathBytes(path), flags, STATX_BASIC_STATS, statxBytes) === 0) return new Stat();
  if (!throwIfNoEntry && lastErrno() === ENOENT) return undefined;
  return at === AT_FDCWD ? fail(call, path) : fail(call);
}

interface MakeOptions {
  readonly recursive?: boolean;
  readonly mode?: number;
}

export function mkdirSync(path: string, options: MakeOptions = {}): void {
  if (libc.mkdir(pathBytes(path), options.mode ?? 0o777) === 0) return;
  if (!options.recursive) fail('mkdir', path);
  if (!isDirectory(path)) full().mkdirSync(path, options);
}

const isDirectory = (path: string): boolean => statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;

/** struct linux_dirent64: the record's length at 16, its name from 19. */
const entries = new Uint8Array(32 * 1024);

/** In the order in which the file system tells them. */
export function readdirSync(path: string, options?: object): readonly string[] {
  if (options) return full().readdirSync(path, options) as unknown as readonly string[];
  const fd = retry(() => libc.open(pathBytes(path), O_NONBLOCK | O_CLOEXEC, 0));
  if (fd < 0) fail('scandir', path);
  try {
    const found: string[] = [];
    for (;;) {
      const length = Number(libc.getdents64(fd, entries, entries.length));
      if (length < 0) fail('scandir', path);
      if (length === 0) return found;
      for (let at = 0; at < length; at += (entries[at + 16] ?? 0) | ((entries[at + 17] ?? 0) << 8)) {
        const name = textOf(entries.subarray(at + 19, entries.indexOf(0, at + 19)));
        if (name !== '.' && name !== '..') found.push(name);
      }
    }
  } finally {
    closeSync(fd);
  }
}

export function renameSync(from: string, to: string): void {
  if (libc.rename(pathBytes(from), pathBytes(to, 1)) < 0) fail('rename', from, to);
}

export function linkSync(from: string, to: string): void {
  if (libc.link(pathBytes(from), pathBytes(to, 1)) < 0) fail('link', from, to);
}

export function unlinkSync(path: string): void {
  if (libc.unlink(pathBytes(path)) < 0) fail('unlink', path);
}

export function rmdirSync(path: string): void {
  if (libc.rmdir(pathBytes(path)) < 0) fail('rmdir', path);
}

interface RemoveOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
}

export function rmSync(path: string, options: RemoveOptions = {}): void {
  if (libc.unlink(pathBytes(path)) === 0) return;
  if (options.force && lastErrno() === ENOENT) return;
  full().rmSync(path, options);
}

/** Both in seconds since 1970. */
export function utimesSync(path: string, accessed: number, modified: number): void {
  const times = BigInt64Array.of(...timespec(accessed), ...timespec(modified));
  if (libc.utimensat(AT_FDCWD, pathBytes(path), times, 0) < 0) fail('utime', path);
}

function timespec(seconds: number): [bigint, bigint] {
  const whole = Math.floor(seconds);
  return [BigInt(whole), BigInt(Math.round((seconds - whole) * 1e9))];
}

// What no hook does on its way.
export const chmodSync: typeof nodeFs.chmodSync = (...args) => full().chmodSync(...args);
export const ftruncateSync: typeof nodeFs.ftruncateSync = (...args) => full().ftruncateSync(...args);
export const readlinkSync = (path: string): string => full().readlinkSync(path);
export const realpathSync = (path: string): string => full().realpathSync(path);
export const symlinkSync: typeof nodeFs.symlinkSync = (...args) => full().symlinkSync(...args);
