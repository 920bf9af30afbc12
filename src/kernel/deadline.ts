// When this process has to be done. A hook that its runtime kills can't take anything back, so it stops itself before:
// every wait in the house asks here how long it may be.
import {CniError} from '../spec/error.ts';

let end = Number.POSITIVE_INFINITY;
let allowed = 0;

/** From now on there are so many seconds. */
export function setDeadline(seconds: number): void {
  allowed = seconds;
  end = performance.now() + seconds * 1000;
}

/** Gives what takes things back its own few seconds, however late it is. */
export function extendDeadline(seconds: number): void {
  end = Math.max(end, performance.now() + seconds * 1000);
}

/** Milliseconds that a wait may last, `most` at the most. */
export function timeLeft(most: number): number {
  return Math.max(0, Math.min(most, end - performance.now()));
}

/** Throws `tryAgainLater` once the time is up. */
export function checkDeadline(): void {
  if (performance.now() > end) throw new CniError('tryAgainLater', `not done within ${allowed} s: taken back`);
}
