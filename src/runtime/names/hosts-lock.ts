// Alone with the hosts files of networks, for a moment. Locks lie beside the files and outlive them, so that who waits for one
// has the right one when his turn comes.
import {existsSync, mkdirSync} from 'node:fs';
import {type HeldLock, takeLock} from '../../kernel/flock.ts';
import {namesDir, setsDir} from './hosts-places.ts';

/** No network's name begins with a colon. */
const locksDir = (stateDir: string): string => `${namesDir(stateDir)}/:locks`;

/** Alone with the files of these networks. Sets have a lock of their own, for a change in any of their networks is one in them. */
export function whileLocked<T>(stateDir: string, networks: readonly string[], work: () => T): T {
  const locks: HeldLock[] = [];
  const lock = (name: string) => locks.push(takeNamesLock(stateDir, name));
  try {
    for (const network of networks) lock(network);
    if (networks.length > 1 || networks.some(network => existsSync(setsDir(stateDir, network)))) lock(':sets');
    return work();
  } finally {
    for (const {release} of locks.reverse()) release();
  }
}

function takeNamesLock(stateDir: string, name: string): HeldLock {
  const path = `${locksDir(stateDir)}/${name}.lock`;
  try {
    return takeLock(path, 'exclusive');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(locksDir(stateDir), {recursive: true, mode: 0o700});
    return takeLock(path, 'exclusive');
  }
}
