// For the scripts in scripts/: what they print, one line of JSON for each case. They run on both engines, so nothing is used
// here but what src/engine/ has as well.
import {writeSync} from 'node:fs';

const [, , directory = ''] = process.argv;

/** The directory that this run may do with as it likes. */
export const own = directory;

/** Prints what `work` returns, or the error that it throws, with "OWN" in place of the run's own directory. */
export function show(name: string, work: () => unknown): void {
  const line = JSON.stringify({name, ...outcomeOf(work)}).replaceAll(own === '' ? '\0' : own, 'OWN');
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes.subarray(at));
}

/** Whether it throws an error. */
export function isCaught(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    return error instanceof Error;
  }
}

function outcomeOf(work: () => unknown): object {
  try {
    return {value: plain(work())};
  } catch (error) {
    const {name, message, code, errno, syscall, path, dest} = error as NodeJS.ErrnoException & {dest?: string};
    return {error: plain({name, message, code, errno, syscall, path, dest})};
  }
}

/** JSON knows neither of these, and would leave them out or fail. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined) return 'undefined';
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : `${1 / value}, inverse`;
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}
