// One gc, one repair at a time, by proper-lockfile, and for order only: the work blocks the event loop that keeps the lock
// fresh, and behind a stale lock two may be let in at once. What they do is right without it.
import {accessSync, constants, existsSync} from 'node:fs';
import {lock} from 'proper-lockfile';
import {CniError, reasonOf} from '../spec/error.ts';

// A holder that was killed leaves its lock until it is stale; whoever waits, waits longer than that.
const stale = 30_000;
const retries = {retries: 800, minTimeout: 5, maxTimeout: 50, factor: 1.3, randomize: true};
const silentFor = 1000;

/**
 * Runs `work` while no other command of that name works on this state directory.
 * `say` is told once if that takes a while. Throws `tryAgainLater`.
 */
export async function withLock<T>(
  stateDir: string,
  command: string,
  work: () => T,
  say: (line: string) => void,
): Promise<T> {
  if (!existsSync(stateDir)) return work();
  const timer = setTimeout(() => say(`waiting for another ${command} to end`), silentFor);
  const release = await take(stateDir, command).finally(() => clearTimeout(timer));
  try {
    return work();
  } finally {
    // Who took it over in the meantime has to give it back.
    await release().catch(() => undefined);
  }
}

async function take(stateDir: string, command: string): Promise<() => Promise<void>> {
  const lockfilePath = `${stateDir}/${command}.lock`;
  try {
    // Or the lock is tried for again and again where there is no getting it.
    accessSync(stateDir, constants.W_OK);
    return await lock(stateDir, {lockfilePath, realpath: false, stale, retries, onCompromised: () => undefined});
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (code !== 'ELOCKED') {
      const why = code === 'EACCES' ? 'permission denied: run this as root' : reasonOf(cause);
      throw new CniError('ioFailure', `cannot lock "${lockfilePath}": ${why}`, {cause});
    }
    const held = `another ${command} has held "${lockfilePath}" for more than ${stale / 1000} s: let it end`;
    throw new CniError('tryAgainLater', held, {cause});
  }
}
