// One lock per container: its createRuntime, its poststop and gc take turns. The file lies in the container's directory
// and goes with it, so who gets the lock must look whether the file is still the one in the directory.
import {fstatSync, statSync} from 'node:fs';
import {type HeldLock, longestWait, takeLock} from '../kernel/flock.ts';
import {lockPath} from './container-dir.ts';
import {makeContainerDir} from './record.ts';

// A plugin that we start may be this executable under another name, or start it in turn: it works for whoever waits for it
// with the lock in his hands, and learns so from its environment.
const held = 'CNI_HOOK_HELD_LOCK';

/** Runs `work` while nobody else works for that container. Throws `tryAgainLater` after `milliseconds`. */
export function withContainerLock<T>(
  stateDir: string,
  containerId: string,
  work: () => T,
  milliseconds = longestWait,
): T {
  const path = lockPath(stateDir, containerId);
  const before = process.env[held];
  if (before === path) return work();
  const lock = acquire(stateDir, containerId, milliseconds);
  process.env[held] = path;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env[held];
    else process.env[held] = before;
    lock.release();
  }
}

function acquire(stateDir: string, containerId: string, milliseconds: number): HeldLock {
  const path = lockPath(stateDir, containerId);
  const deadline = performance.now() + milliseconds;
  for (;;) {
    makeContainerDir(stateDir, containerId);
    const lock = tryTake(path, Math.max(0, deadline - performance.now()));
    if (!lock) continue;
    if (statSync(path, {throwIfNoEntry: false})?.ino === fstatSync(lock.fd).ino) return lock;
    lock.release();
  }
}

/** Undefined if the directory went away between its making and the opening of the file. */
function tryTake(path: string, milliseconds: number): HeldLock | undefined {
  try {
    return takeLock(path, 'exclusive', milliseconds);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
