// The system calls that mount a file in another mount namespace by descriptors alone: open_tree(2), mount_setattr(2),
// move_mount(2), openat2(2). A library of its own, opened when first needed, because few runs need it and each symbol costs a
// start. No path that leads through somebody else's directories is ever handed to the kernel without openat2's bounds.
import {dlopen, ptr, read} from 'bun:ffi';
import {closeSync, openSync} from 'node:fs';
import {errno, SystemError} from './libc.ts';

const declared = {
  syscall: {args: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'], returns: 'i64'},
  unshare: {args: ['i32'], returns: 'i32'},
  setns: {args: ['i32', 'i32'], returns: 'i32'},
  fchdir: {args: ['i32'], returns: 'i32'},
  chroot: {args: ['ptr'], returns: 'i32'},
  umount2: {args: ['ptr', 'i32'], returns: 'i32'},
  mkdirat: {args: ['i32', 'ptr', 'u32'], returns: 'i32'},
  unlinkat: {args: ['i32', 'ptr', 'i32'], returns: 'i32'},
  statx: {args: ['i32', 'ptr', 'i32', 'u32', 'ptr'], returns: 'i32'},
  utimensat: {args: ['i32', 'ptr', 'ptr', 'i32'], returns: 'i32'},
  __errno_location: {args: [], returns: 'ptr'},
} as const;

let opened: ReturnType<typeof dlopen<typeof declared>>['symbols'] | undefined;

function libc() {
  opened ??= dlopen('libc.so.6', declared).symbols;
  return opened;
}

/** Error numbers that tell something here (errno(3)). */
export const mountErrno = {...errno, EEXIST: 17, EINVAL: 22, ENOSYS: 38, ENOTEMPTY: 39} as const;

// The same numbers on every architecture that Bun runs on.
const calls = {open_tree: 428, move_mount: 429, openat2: 437, mount_setattr: 442} as const;

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const OPEN_TREE_CLONE = 1;
const O_CLOEXEC = 0o2000000;
const MOUNT_ATTR_RDONLY_NOSUID_NODEV_NOEXEC = 0xfn;
const MS_PRIVATE = 0x40000n;

/** A mount of the file that is not in any directory yet: read-only, and nothing but data. The caller closes it. */
export function cloneMount(path: string): number {
  const fd = system('open_tree', AT_FDCWD, cString(path), OPEN_TREE_CLONE | O_CLOEXEC);
  const attributes = BigUint64Array.of(MOUNT_ATTR_RDONLY_NOSUID_NODEV_NOEXEC, 0n, MS_PRIVATE, 0n);
  try {
    system('mount_setattr', fd, nothing, AT_EMPTY_PATH, attributes, attributes.byteLength);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

const MOVE_MOUNT_F_EMPTY_PATH = 0x04;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;

/** Puts a mount of `cloneMount` onto what `target` refers to, a symlink too. This thread must be in the target's mount namespace. */
export function moveMount(mount: number, target: number): void {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  system('move_mount', mount, nothing, target, nothing, flags);
}

export const open = {
  path: 0o10000000,
  directory: 0o200000,
  noFollow: 0o400000,
  newFile: 0o1 | 0o100 | 0o200,
} as const;

export const resolve = {
  /** No such link as /proc/PID/root. */
  noMagicLinks: 0x02,
  /** Whatever would lead out of the directory is an error. */
  beneath: 0x08,
  /** The directory is taken for "/". */
  inRoot: 0x10,
} as const;

// The kernel asks to try again when something was renamed on the way.
const attempts = 20;

/** openat2(2). `flags` are of `open`, `how` of `resolve`; a new file gets rights 0644. */
export function openBelow(directory: number, path: string, flags: number, how: number): number {
  const mode = (flags & open.newFile) === open.newFile ? 0o644 : 0;
  const openHow = BigUint64Array.of(BigInt(flags | O_CLOEXEC), BigInt(mode), BigInt(how));
  for (let i = 1; ; i++) {
    try {
      return system('openat2', directory, cString(path), openHow, openHow.byteLength);
    } catch (error) {
      if (i === attempts || !(error instanceof SystemError) || error.errno !== errno.EAGAIN) throw error;
    }
  }
}

/** mkdirat(2), with rights 0755, whatever the umask is. */
export function makeDirectory(directory: number, name: string): void {
  const umask = process.umask(0);
  try {
    check('mkdirat', libc().mkdirat(directory, cString(name), 0o755));
  } finally {
    process.umask(umask);
  }
}

const AT_REMOVEDIR = 0x200;

/** unlinkat(2). */
export function removeEntry(directory: number, name: string, isDirectory: boolean): void {
  check('unlinkat', libc().unlinkat(directory, cString(name), isDirectory ? AT_REMOVEDIR : 0));
}

export interface FileStatus {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Which file it is: device, inode and time of birth, for the inode of what was removed is used again. */
  readonly identity: string;
  readonly size: number;
  readonly mountId: number;
  /** Whether something is mounted right here. */
  readonly isMountRoot: boolean;
}

const STATX_BASIC_STATS_AND_BTIME = 0xfff;
const STATX_MNT_ID = 0x1000;
const STATX_ATTR_MOUNT_ROOT = 0x2000;
const types: Readonly<Record<number, FileStatus['type']>> = {4: 'directory', 8: 'file', 10: 'symlink'};

/** statx(2) of what is open. */
export function statusOf(fd: number): FileStatus {
  const bytes = statx(fd);
  const [inode, size, mountId, born] = [32, 40, 144, 80].map(place => bytes.getBigUint64(place, true));
  const [major, minor, bornNanoseconds] = [136, 140, 88].map(place => bytes.getUint32(place, true));
  return {
    type: types[bytes.getUint16(28, true) >> 12] ?? 'other',
    identity: `${major}:${minor}:${inode}:${born}.${bornNanoseconds}`,
    size: Number(size),
    mountId: Number(mountId),
    isMountRoot: (bytes.getUint32(8, true) & STATX_ATTR_MOUNT_ROOT) !== 0,
  };
}

/** Makes or removes something in the directory, and leaves its times of last access and change as they were. */
export function keepingTimes(directory: number, work: () => void): void {
  const bytes = statx(directory);
  const times = [64, 112].flatMap(place => [bytes.getBigInt64(place, true), BigInt(bytes.getUint32(place + 8, true))]);
  work();
  // A file system that can't is no reason to fail.
  libc().utimensat(directory, nothing, BigInt64Array.from(times), AT_EMPTY_PATH);
}

/** The struct, in which things have the places of linux/stat.h. */
function statx(fd: number): DataView {
  const bytes = new Uint8Array(256);
  check('statx', libc().statx(fd, nothing, AT_EMPTY_PATH, STATX_BASIC_STATS_AND_BTIME | STATX_MNT_ID, bytes));
  return new DataView(bytes.buffer);
}

const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;

/**
 * Runs `work` with this thread in the mount namespace that `fd` refers to, and comes back with the root and the working
 * directory that it had. `work` must not wait, nor open anything by a path of the host's.
 */
export function inMountNamespace<T>(fd: number, work: () => T): T {
  const places = [
    openSync('/proc/thread-self/ns/mnt', 'r'),
    openSync('/', open.path | open.directory),
    openSync('.', open.path | open.directory),
  ] as const;
  try {
    setMountNamespace(fd);
    try {
      return work();
    } finally {
      comeBack(...places);
    }
  } finally {
    for (const place of places) closeSync(place);
  }
}

/**
 * Threads share root and working directory, and setns(2) will not have that: so this one parts with the others first. The
 * engine may make a new thread at any moment, which shares them again: then once more.
 */
function setMountNamespace(fd: number): void {
  for (let i = 1; ; i++) {
    check('unshare', libc().unshare(CLONE_FS));
    try {
      check('setns', libc().setns(fd, CLONE_NEWNS));
      return;
    } catch (error) {
      if (i === attempts || !(error instanceof SystemError) || error.errno !== mountErrno.EINVAL) throw error;
    }
  }
}

function comeBack(namespace: number, root: number, directory: number): void {
  try {
    setMountNamespace(namespace);
    check('fchdir', libc().fchdir(root));
    check('chroot', libc().chroot(cString('.')));
    check('fchdir', libc().fchdir(directory));
  } catch (cause) {
    // Not a SystemError: with a foreign root nothing may go on.
    throw new Error(`cannot come back from the container's mount namespace: ${String(cause)}`, {cause});
  }
}

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** Takes away what is mounted on `name` in that directory. This thread must be in its mount namespace. */
export function unmountBelow(directory: number, name: string): void {
  check('fchdir', libc().fchdir(directory));
  check('umount2', libc().umount2(cString(name), MNT_DETACH | UMOUNT_NOFOLLOW));
}

type Argument = number | Uint8Array | BigUint64Array;

/** What the last call was given: the engine must not take it away while the kernel reads it. */
let given: readonly Argument[] = [];

function system(name: keyof typeof calls, ...args: readonly Argument[]): number {
  given = args;
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = given.map(arg => (typeof arg === 'number' ? arg : Number(ptr(arg))));
  return check(name, Number(libc().syscall(calls[name], a, b, c, d, e, 0)));
}

function check(call: string, result: number): number {
  if (result >= 0) return result;
  throw new SystemError(call, read.i32(libc().__errno_location() as never));
}

const cString = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);
const nothing = Uint8Array.of(0);
