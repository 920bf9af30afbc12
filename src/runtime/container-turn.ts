// One piece of work for one container under its lock, and what becomes of its directory: it stays with what was attached, and
// goes with what has ended. With the last container goes what only containers need.
import {dropContainerDir} from './container-dir.ts';
import {withContainerLock} from './container-lock.ts';
import {endWithLast} from './idle-rules.ts';
import type {Settings} from './settings.ts';

/** Runs `work`, which attaches. If it fails, what it leaves empty is taken away. */
export function whileAttaching<T>(settings: Settings, containerId: string, work: () => T): T {
  const {stateDir} = settings;
  try {
    return withContainerLock(stateDir, containerId, () => {
      try {
        return work();
      } catch (error) {
        dropContainerDir(stateDir, containerId);
        throw error;
      }
    });
  } catch (error) {
    endWithLast(settings);
    throw error;
  }
}

/** Runs `work`, which takes back. What it leaves empty is taken away, also if it fails. */
export function whileDetaching<T>(settings: Settings, containerId: string, work: () => T): T {
  const {stateDir} = settings;
  try {
    return withContainerLock(stateDir, containerId, () => {
      try {
        return work();
      } finally {
        dropContainerDir(stateDir, containerId);
      }
    });
  } finally {
    endWithLast(settings);
  }
}
