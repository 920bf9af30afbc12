// As much of `bun:ffi` as the kernel's rooms use: functions of the C library, which here are system calls.
import {type Argument, host, numbers} from './host.ts';

let errno = 0;

/** What the C library's functions return: -1, with the reason in errno. */
function call(name: string, ...args: readonly Argument[]): number {
  const result = host.syscall(numbers[name], ...args);
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

const millisecondsPerSecond = 1000;

const functions: Readonly<Record<string, (...args: never[]) => number | string>> = {
  strerror: (number: number) => host.describe(number),
  // Where errno is: there is only one, so `read` needs no address.
  __errno_location: () => 0,
  send: (fd: number, bytes: Uint8Array, length: number, flags: number) =>
    call('sendto', fd, bytes, length, flags, null, 0),
  recv: (fd: number, bytes: Uint8Array, length: number, flags: number) =>
    call('recvfrom', fd, bytes, length, flags, null, null),
  poll: (fds: Int16Array, count: number, milliseconds: number) =>
    call('ppoll', fds, count, timespec(milliseconds), null, 0),
  syscall: (number: number, ...args: readonly Argument[]) => {
    const result = host.syscall(number, ...args);
    if (result >= 0) return result;
    errno = -result;
    return -1;
  },
};

/** struct timespec. */
export const timespec = (milliseconds: number): BigInt64Array => {
  const seconds = Math.floor(milliseconds / millisecondsPerSecond);
  return BigInt64Array.of(BigInt(seconds), BigInt(Math.floor((milliseconds - seconds * millisecondsPerSecond) * 1e6)));
};

/** The functions that are asked for: each under its name is the system call of that name, but for those above. */
export function dlopen(_library: string, declared: Readonly<Record<string, unknown>>) {
  const symbols: Record<string, unknown> = {};
  for (const name of Object.keys(declared)) {
    symbols[name] = functions[name] ?? ((...args: readonly Argument[]) => call(name, ...args));
  }
  return {symbols};
}

export const read = {i32: (): number => errno};

export const ptr = (bytes: NodeJS.TypedArray): number => host.addressOf(bytes);
