// The system calls behind files.ts, by bun:ffi, and what all of them need: paths as the kernel wants them, errno.
import {dlopen, read} from 'bun:ffi';
import {systemError} from './system-error.ts';

export const {symbols: libc} = dlopen('libc.so.6', {
  open: {args: ['ptr', 'i32', 'u32'], returns: 'i32'},
  close: {args: ['i32'], returns: 'i32'},
  read: {args: ['i32', 'ptr', 'u64'], returns: 'i64'},
  pread: {args: ['i32', 'ptr', 'u64', 'i64'], returns: 'i64'},
  write: {args: ['i32', 'ptr', 'u64'], returns: 'i64'},
  pwrite: {args: ['i32', 'ptr', 'u64', 'i64'], returns: 'i64'},
  fsync: {args: ['i32'], returns: 'i32'},
  access: {args: ['ptr', 'i32'], returns: 'i32'},
  statx: {args: ['i32', 'ptr', 'i32', 'u32', 'ptr'], returns: 'i32'},
  mkdir: {args: ['ptr', 'u32'], returns: 'i32'},
  rmdir: {args: ['ptr'], returns: 'i32'},
  unlink: {args: ['ptr'], returns: 'i32'},
  link: {args: ['ptr', 'ptr'], returns: 'i32'},
  rename: {args: ['ptr', 'ptr'], returns: 'i32'},
  utimensat: {args: ['i32', 'ptr', 'ptr', 'i32'], returns: 'i32'},
  getdents64: {args: ['i32', 'ptr', 'u64'], returns: 'i64'},
  strerror: {args: ['i32'], returns: 'cstring'},
  __errno_location: {args: [], returns: 'ptr'},
});

/** The error number of the call before (errno(3)). */
export const lastErrno = (): number => read.i32(libc.__errno_location() as never);

/** strerror(3) in English: nobody calls setlocale(3) here. */
export const describeErrno = (number: number): string => String(libc.strerror(number));

/** Throws what node:fs throws for the call before. */
export function fail(call: string, ...paths: readonly string[]): never {
  const number = lastErrno();
  throw systemError(number, describeErrno(number), call, paths);
}

const EINTR = 4;

/** The result of a call that a signal may have cut short. */
export function retry(call: () => number): number {
  for (;;) {
    const result = call();
    if (result >= 0 || lastErrno() !== EINTR) return result;
  }
}

// PATH_MAX is 4096, the closing NUL included.
const buffers = [new Uint8Array(4096), new Uint8Array(4096)] as const;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', {ignoreBOM: true});

// Not by Buffer: to load it takes longer than all the text of a hook.
export const bytesOf = (text: string): Uint8Array => encoder.encode(text);
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

/** A path as the kernel wants it, until the next call with the same `which`. What can't be one throws. */
export function pathBytes(path: string, which: 0 | 1 = 0): Uint8Array {
  if (path.includes('\0')) throw new TypeError(`a path can't hold a NUL: ${JSON.stringify(path)}`);
  const buffer = buffers[which];
  if (path.length * 3 >= buffer.length) return bytesOf(`${path}\0`);
  buffer[encoder.encodeInto(path, buffer).written] = 0;
  return buffer;
}
