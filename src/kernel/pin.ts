// Keeps a network namespace alive after its last process has ended, by a mount of it, so that a plugin which must look
// into it can do so at the end.
import {closeSync, openSync, rmSync} from 'node:fs';
import {bindMount, unmount} from './libc.ts';
import {isStillAt, type OpenNetns} from './netns.ts';

/** Pins the netns at `path`. What was pinned there before and is another one is let go. */
export function pinNetns(netns: OpenNetns, path: string): void {
  if (isStillAt(path, netns.identity)) return;
  unpinNetns(path);
  closeSync(openSync(path, 'w', 0o600));
  bindMount(`/proc/self/fd/${netns.fd}`, path);
}

/** Lets go of what is pinned at `path`, if anything is, and takes the file away. */
export function unpinNetns(path: string): void {
  try {
    unmount(path);
  } catch {
    // Nothing is mounted there.
  }
  rmSync(path, {force: true});
}
