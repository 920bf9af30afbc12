// What the containers of a network share is set up and taken down by one at a time. Whoever attaches to it holds the lock
// shared, whoever changes what is shared holds it alone; in a network that stands, nobody waits for anybody.
import {type HeldLock, longestWait, takeLock} from '../kernel/flock.ts';
import {isKind} from '../spec/error.ts';
import {makeNetworksDir, networkLockPath, portsLockPath} from './record.ts';

type Kind = 'shared' | 'exclusive';

/** Throws `tryAgainLater` after `milliseconds`. */
export function lockNetwork(stateDir: string, network: string, kind: Kind, milliseconds = longestWait): HeldLock {
  makeNetworksDir(stateDir);
  return takeLock(networkLockPath(stateDir, network), kind, milliseconds);
}

/** Held shared from a look at the rules for published ports until they are used. Whoever holds it waits for other locks. */
export function lockPorts(stateDir: string): HeldLock {
  makeNetworksDir(stateDir);
  return takeLock(portsLockPath(stateDir), 'shared');
}

/** Takes away the rules for published ports, unless somebody is about to use them: that is waited for by nobody. */
export function unlessPublishing(stateDir: string, takeAway: () => readonly Error[]): readonly Error[] {
  return unlessBusy(() => takeLock(portsLockPath(stateDir), 'exclusive', 0), takeAway);
}

/** Works under the lock, or does nothing if somebody else has it. */
export function unlessBusy(take: () => HeldLock, work: () => readonly Error[]): readonly Error[] {
  let lock: HeldLock;
  try {
    lock = take();
  } catch (error) {
    if (isKind(error, 'tryAgainLater')) return [];
    throw error;
  }
  try {
    return work();
  } finally {
    lock.release();
  }
}
