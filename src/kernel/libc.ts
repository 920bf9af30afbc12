// The few system calls that no runtime offers, through bun:ffi. The only file that knows about FFI; what is here blocks,
// so every wait in it has a bound. Return values are as in the manual pages, with failures thrown as SystemError.
import {dlopen, read} from 'bun:ffi';

const {symbols} = dlopen('libc.so.6', {
  socket: {args: ['i32', 'i32', 'i32'], returns: 'i32'},
  bind: {args: ['i32', 'ptr', 'u32'], returns: 'i32'},
  setsockopt: {args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32'},
  send: {args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64'},
  recv: {args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64'},
  close: {args: ['i32'], returns: 'i32'},
  setns: {args: ['i32', 'i32'], returns: 'i32'},
  flock: {args: ['i32', 'i32'], returns: 'i32'},
  getrandom: {args: ['ptr', 'u64', 'u32'], returns: 'i64'},
  memfd_create: {args: ['ptr', 'u32'], returns: 'i32'},
  mount: {args: ['ptr', 'ptr', 'ptr', 'u64', 'ptr'], returns: 'i32'},
  umount2: {args: ['ptr', 'i32'], returns: 'i32'},
  strerror: {args: ['i32'], returns: 'cstring'},
  __errno_location: {args: [], returns: 'ptr'},
});

/** Error numbers that somebody asks for (errno(3), Linux on every architecture that Bun runs on). */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EAGAIN: 11,
  EACCES: 13,
  EEXIST: 17,
  ENODEV: 19,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
} as const;

export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly errno: number;

  constructor(call: string, number: number) {
    super(`${call}: ${describeErrno(number)}`);
    this.errno = number;
  }
}

/** strerror(3) in English: the hook never calls setlocale(3). */
export const describeErrno = (number: number): string => String(symbols.strerror(number));

const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

/**
 * False if somebody has bound a socket to that address (struct sockaddr_in or sockaddr_in6), or one that it would collide
 * with. Looks by binding one for a moment; whatever else keeps that from happening counts as free.
 */
export function isFreeToBind(type: number, protocol: number, address: Uint8Array): boolean {
  const family = address[0] ?? 0;
  const fd = symbols.socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) return true;
  try {
    if (family !== AF_INET) setSocketOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, Int32Array.of(1));
    return symbols.bind(fd, address, address.length) === 0 || lastErrno() !== errno.EADDRINUSE;
  } finally {
    symbols.close(fd);
  }
}

const AF_INET = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_RAW_CLOEXEC = 3 | SOCK_CLOEXEC;
const AF_NETLINK = 16;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUF = 8;

/** An open netlink(7) socket of that protocol, in the network namespace of this thread. A recv waits `seconds` at the most. */
export function netlinkSocket(protocol: number, seconds: number): number {
  const fd = check('socket', symbols.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
  check('bind', symbols.bind(fd, Uint8Array.of(AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 12));
  setSocketOption(fd, SOL_SOCKET, SO_RCVTIMEO, BigUint64Array.of(BigInt(seconds), 0n));
  setSocketOption(fd, SOL_SOCKET, SO_RCVBUF, Int32Array.of(1 << 20));
  return fd;
}

export function setSocketOption(fd: number, level: number, name: number, value: NodeJS.TypedArray): void {
  check('setsockopt', symbols.setsockopt(fd, level, name, value, value.byteLength));
}

export function send(fd: number, bytes: Uint8Array): void {
  check('send', Number(symbols.send(fd, bytes, bytes.length, 0)));
}

/** Fills `buffer` and returns how many bytes came. */
export function receive(fd: number, buffer: Uint8Array): number {
  for (;;) {
    const length = Number(symbols.recv(fd, buffer, buffer.length, 0));
    if (length >= 0) return length;
    const number = lastErrno();
    if (number !== errno.EINTR) throw new SystemError('recv', number);
  }
}

export function closeFd(fd: number): void {
  symbols.close(fd);
}

const CLONE_NEWNET = 0x40000000;

/** Moves this thread, and no other, to the network namespace that `fd` refers to. */
export function setNetns(fd: number): void {
  check('setns', symbols.setns(fd, CLONE_NEWNET));
}

/** 256 at the most: so many come whole (getrandom(2)). */
export function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  check('getrandom', Number(symbols.getrandom(bytes, count, 0)));
  return bytes;
}

const MFD_CLOEXEC = 1;

/** An open file that has no name and no place on a disk. */
export function memoryFile(name: string): number {
  return check('memfd_create', symbols.memfd_create(cString(name), MFD_CLOEXEC));
}

const MS_BIND = 4096;
const MNT_DETACH = 2;

/** Makes `target`, an existing file, show what `source` is. */
export function bindMount(source: string, target: string): void {
  check('mount', symbols.mount(cString(source), cString(target), null, MS_BIND, null));
}

/** Takes the mount at `target` away, from view at once, and from the kernel when nobody uses it. */
export function unmount(target: string): void {
  check('umount2', symbols.umount2(cString(target), MNT_DETACH));
}

const LOCK = {shared: 1, exclusive: 2} as const;
const LOCK_NB = 4;

/** flock(2) without waiting: false if somebody else holds it. The kernel lets go when the file is closed or the holder dies. */
export function tryFlock(fd: number, kind: 'shared' | 'exclusive'): boolean {
  if (symbols.flock(fd, LOCK[kind] | LOCK_NB) === 0) return true;
  const number = lastErrno();
  if (number === errno.EAGAIN) return false;
  throw new SystemError('flock', number);
}

function check(call: string, result: number): number {
  if (result >= 0) return result;
  throw new SystemError(call, lastErrno());
}

const cString = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

function lastErrno(): number {
  return read.i32(symbols.__errno_location() as never);
}
