// A file in a container's root, which nobody trusts: found, made and covered by descriptors, so that whatever links lie there,
// and whoever moves them meanwhile, nothing outside the root is opened, made or mounted on. Every descriptor is O_PATH or new:
// to open a FIFO waits for nobody here.
import {closeSync, openSync, statSync} from 'node:fs';
import {SystemError} from './libc.ts';
import {
  type FileStatus,
  keepingTimes,
  makeDirectory,
  mountErrno,
  open,
  openBelow,
  removeEntry,
  resolve,
  statusOf,
} from './mount-calls.ts';
import {readOrNothing} from './netns.ts';

/** True if the process has a mount namespace of its own. */
export function hasOwnMounts(pid: number): boolean {
  const theirs = statSync(`/proc/${pid}/ns/mnt`, {throwIfNoEntry: false});
  return theirs !== undefined && theirs.ino !== statSync('/proc/self/ns/mnt').ino;
}

/** Opens the mount namespace of a process. The caller closes it. */
export const openMountNamespace = (pid: number): number => openSync(`/proc/${pid}/ns/mnt`, 'r');

/** Opens a directory as the process sees it, or as we do. The caller closes it. */
export function openRoot(path: string, pid?: number): number {
  const base = openSync(pid === undefined ? '/' : `/proc/${pid}/root`, open.path | open.directory);
  const below = path.replace(/^\/+/, '');
  if (below === '') return base;
  try {
    return openBelow(base, below, open.path | open.directory, resolve.inRoot);
  } finally {
    closeSync(base);
  }
}

/** A file that is there: the file itself, a link not followed, and the directory that it is in. */
export interface Target {
  readonly directory: number;
  readonly fd: number;
  readonly status: FileStatus;
}

/** Opens `etc/NAME` below the root; undefined if it, or its directory, is not there. The caller closes it. */
export function openTarget(root: number, path: string): Target | undefined {
  const directory = openDirectoryOf(root, path);
  if (directory === undefined) return undefined;
  try {
    const fd = orMissing(() => openBelow(directory, nameOf(path), open.path | open.noFollow, resolve.beneath));
    if (fd !== undefined) return {directory, fd, status: statusOf(fd)};
  } catch (error) {
    closeSync(directory);
    throw error;
  }
  closeSync(directory);
  return undefined;
}

export function closeTarget({directory, fd}: Target): void {
  closeSync(fd);
  closeSync(directory);
}

/** Which directory the path is in, as in FileStatus; undefined if it is not there, or is on another mount than the root. */
export function directoryOf(root: number, path: string): string | undefined {
  const directory = openDirectoryOf(root, path);
  if (directory === undefined) return undefined;
  try {
    const {mountId, identity} = statusOf(directory);
    return mountId === statusOf(root).mountId ? identity : undefined;
  } finally {
    closeSync(directory);
  }
}

/** Makes an empty file, or a directory of the root's own, unless it is there or its directory is another one than `expected`. */
export function makeTarget(root: number, path: string, expected: string): boolean {
  const directory = openDirectoryOf(root, path);
  if (directory === undefined) return false;
  try {
    if (statusOf(directory).identity !== expected) return false;
    keepingTimes(directory, () => {
      if (!path.includes('/')) makeDirectory(directory, path);
      else closeSync(openBelow(directory, nameOf(path), open.newFile | open.noFollow, resolve.beneath));
    });
    return true;
  } catch (error) {
    if (!isErrno(error, mountErrno.EEXIST)) throw error;
    return false;
  } finally {
    closeSync(directory);
  }
}

/** Takes away what makeTarget made, if it is as empty as it was then and in the same directory. */
export function removeTarget(root: number, path: string, expected: string): void {
  const target = openTarget(root, path);
  if (!target) return;
  const {directory, status} = target;
  try {
    const isDirectory = status.type === 'directory';
    const isEmpty = isDirectory || (status.type === 'file' && status.size === 0);
    if (isEmpty && !status.isMountRoot && statusOf(directory).identity === expected) {
      keepingTimes(directory, () => removeEntry(directory, nameOf(path), isDirectory));
    }
  } catch (error) {
    // Somebody has put something into it.
    if (!isErrno(error, mountErrno.ENOTEMPTY)) throw error;
  } finally {
    closeTarget(target);
  }
}

/** The mounts of the process below which a new one would be seen in other mount namespaces too: proc(5), mountinfo. */
export function sharedMounts(pid: number): ReadonlySet<number> {
  const text = readOrNothing(`/proc/${pid}/mountinfo`) ?? '';
  if (!text.includes(' shared:')) return new Set();
  return new Set(Array.from(text.matchAll(/^(\d+) (?:(?! - ).)* shared:\d+/gm), ([, id]) => Number(id)));
}

const isErrno = (error: unknown, number: number): boolean => error instanceof SystemError && error.errno === number;

/** For a path of one part that is the root itself. */
function openDirectoryOf(root: number, path: string): number | undefined {
  const slash = path.lastIndexOf('/');
  const directory = slash < 0 ? '.' : path.slice(0, slash);
  const flags = open.path | open.directory;
  return orMissing(() => openBelow(root, directory, flags, resolve.inRoot | resolve.noMagicLinks));
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function orMissing(work: () => number): number | undefined {
  try {
    return work();
  } catch (error) {
    if (isErrno(error, mountErrno.ENOENT)) return undefined;
    throw error;
  }
}
