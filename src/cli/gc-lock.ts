// One gc at a time, by proper-lockfile, and for order only: gc's work blocks the event loop that keeps the lock fresh, and
// behind a stale lock two may be let in at once. What gc does is right without it.
import {existsSync} from 'node:fs';
import {lock} from 'proper-lockfile';
import {CniError, reasonOf} from '../spec/error.ts';

// A holder that was killed leaves its lock until it is stale; whoever waits, waits longer than that.
const stale = 30_000;
const retries = {retries: 800, minTimeout: 5, maxTimeout: 50, factor: 1.3, randomize: true};
const silentFor = 1000;

/** Runs `work` while no other gc of this state directory does. `onWait` is called once if it takes a while. Throws `tryAgainLater`. */
export async function withGcLock<T>(stateDir: string, work: () => T, onWait: () => void): Promise<T> {
  if (!existsSync(stateDir)) return work();
  const timer = setTimeout(onWait, silentFor);
  const release = await take(stateDir).finally(() => clearTimeout(timer));
  try {
    return work();
  } finally {
    // Who took it over in the meantime has to give it back.
    await release().catch(() => undefined);
  }
}

async function take(stateDir: string): Promise<() => Promise<void>> {
  const lockfilePath = `${stateDir}/gc.lock`;
  try {
    return await lock(stateDir, {lockfilePath, realpath: false, stale, retries, onCompromised: () => undefined});
  } catch (cause) {
    const isHeld = (cause as NodeJS.ErrnoException).code === 'ELOCKED';
    if (isHeld)
      throw new CniError(
        'tryAgainLater',
        `another gc has held "${lockfilePath}" for more than ${stale / 1000} s: let it end`,
        {cause},
      );
    throw new CniError('ioFailure', `cannot lock "${lockfilePath}": ${reasonOf(cause)}`, {cause});
  }
}
