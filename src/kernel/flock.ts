// A file lock that the kernel gives back when its holder dies: flock(2), with a bounded wait.
import {closeSync, openSync} from 'node:fs';
import {CniError} from '../spec/error.ts';
import {timeLeft} from './deadline.ts';
import {tryFlock} from './libc.ts';

export interface HeldLock {
  readonly fd: number;
  /** Lets go. */
  readonly release: () => void;
}

/** Milliseconds. */
export const longestWait = 15_000;

/** Takes the lock on the file, which is made if it is not there. Throws `tryAgainLater` after `milliseconds`, or when time is up. */
export function takeLock(path: string, kind: 'shared' | 'exclusive', milliseconds = longestWait): HeldLock {
  const fd = openSync(path, 'a', 0o600);
  try {
    waitFor(fd, kind, path, milliseconds);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {fd, release: () => closeSync(fd)};
}

function waitFor(fd: number, kind: 'shared' | 'exclusive', path: string, milliseconds: number): void {
  const bound = timeLeft(milliseconds);
  const deadline = performance.now() + bound;
  for (let pause = 0.2; !tryFlock(fd, kind); pause = Math.min(pause * 1.5, 5)) {
    if (performance.now() >= deadline) {
      throw new CniError(
        'tryAgainLater',
        `cannot lock "${path}": somebody has held it for ${(bound / 1000).toFixed(1)} s`,
      );
    }
    sleep(pause * (0.5 + Math.random()));
  }
}

/** Blocks this thread. */
export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
