// For the scripts in scripts/: what they print, one line of JSON for each case. They run on both engines, so nothing is used
// here but what src/engine/ has as well.
import {writeSync} from 'node:fs';

const [, , directory = ''] = process.argv;

/** The directory that this run may do with as it likes. */
export const own = directory;

/** Prints what `work` returns, or the error that it throws, with "OWN" in place of the run's own directory. */
export function show(name: string, work: () => unknown): void {
  const line = JSON.stringify({name, ...outcomeOf(work)}, plain).replaceAll(own === '' ? '\0' : own, 'OWN');
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes.subarray(at));
}

function outcomeOf(work: () => unknown): object {
  try {
    return {value: work()};
  } catch (error) {
    const {name, message, code, errno, syscall, path, dest} = error as NodeJS.ErrnoException & {dest?: string};
    return {error: {name, message, code, errno, syscall, path, dest}};
  }
}

/** JSON knows neither of these, and would leave them out or fail. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined) return 'undefined';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return [...value];
  return value;
}
