// What the containers of a network share is set up and taken down by one at a time. Whoever attaches to it holds the lock
// shared, whoever changes what is shared holds it alone; in a network that stands, nobody waits for anybody.
import {type HeldLock, takeLock} from '../kernel/flock.ts';
import {makeNetworksDir, networkLockPath} from './record.ts';

/** Throws `tryAgainLater` if the wait is too long. */
export function lockNetwork(stateDir: string, network: string, kind: 'shared' | 'exclusive'): HeldLock {
  makeNetworksDir(stateDir);
  return takeLock(networkLockPath(stateDir, network), kind);
}
