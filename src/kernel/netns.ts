// Network namespaces: opened once, identified by device and inode, entered by one thread for a moment.
// /proc/sys/net belongs to the netns of the thread that opens the file; a netlink socket stays where it was opened.
import {closeSync, fstatSync, openSync, readFileSync, type Stats, statSync} from 'node:fs';
import {CniError, reasonOf} from '../spec/error.ts';
import {setNetns} from './libc.ts';

/** Which netns it is, for as long as it lives: inode numbers come back after a namespace has ended. */
export interface NetnsIdentity {
  readonly device: number;
  readonly inode: number;
}

export interface OpenNetns {
  readonly path: string;
  readonly fd: number;
  readonly identity: NetnsIdentity;
}

/** The path under which a process's netns is found. */
export const netnsPathOf = (pid: number): string => `/proc/${pid}/ns/net`;

/** Opens the netns at that path. Throws `noNetns` if there is none. */
export function openNetns(path: string): OpenNetns {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    const isDenied = (cause as NodeJS.ErrnoException).code === 'EACCES';
    const why = isDenied ? 'permission denied: run this as root' : 'it does not exist, or its process has ended';
    throw new CniError('noNetns', `cannot open the network namespace "${path}": ${why}`, {cause});
  }
  const {dev, ino} = fstatSync(fd);
  return {path, fd, identity: {device: dev, inode: ino}};
}

export const closeNetns = (netns: OpenNetns): void => closeSync(netns.fd);

/** True if it is our own netns or that of PID 1, so that there is no container to give a network to. */
export const isHostNetns = (netns: OpenNetns): boolean =>
  isOwnNetns(netns) || isStillAt('/proc/1/ns/net', netns.identity);

/** True if that netns is still what the path leads to. */
export function isStillAt(path: string, identity: NetnsIdentity): boolean {
  const found = statOrNothing(path);
  return found !== undefined && found.dev === identity.device && found.ino === identity.inode;
}

/** True if it is the netns of this very process. */
export const isOwnNetns = ({identity}: OpenNetns): boolean => isStillAt('/proc/self/ns/net', identity);

/** Runs `work` with this thread inside the netns, and comes back whatever happens. `work` must not wait for anything. */
export function inNetns<T>(netns: OpenNetns, work: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enter(netns);
    try {
      return work();
    } finally {
      setNetns(home);
    }
  } finally {
    closeSync(home);
  }
}

function enter({path, fd}: OpenNetns): void {
  try {
    setNetns(fd);
  } catch (cause) {
    throw new CniError(
      'noNetns',
      `cannot enter the network namespace "${path}": ${reasonOf(cause)}: this needs root with CAP_SYS_ADMIN`,
      {cause},
    );
  }
}

/** Even root may not look at PID 1's netns where that process has more capabilities than the hook. */
function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** A file's text, trimmed; undefined if it can't be read. */
export function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The text of a file of the host; undefined if there is none. Throws `ioFailure` for one that can't be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CniError('ioFailure', `cannot read "${path}": ${reasonOf(cause)}`, {cause});
  }
}
