// Entries of the log as lines for people, and the log as it grows.
import {statSync} from 'node:fs';
import {setTimeout} from 'node:timers/promises';
import {hasReader} from '../kernel/reader.ts';
import {type LogEntry, logPath, readLog} from '../runtime/log.ts';
import {printable} from './terminal.ts';

/** One line, then one for each command of the plan. */
export function formatEntry({time, level, event, id, network, msg, phases, plan}: LogEntry): readonly string[] {
  const took = phases && ` (${phases.reduce((sum, {ms}) => sum + ms, 0).toFixed(1)} ms)`;
  const words = [time, level, event, id, network ?? '', msg].filter(word => word !== '').join(' ');
  return [printable(`${words}${took ?? ''}`), ...(plan ?? []).map(command => `  ${printable(command)}`)];
}

const pause = 200;
const stdout = 1;

/** What is there, then what comes, in batches, as long as somebody reads them from stdout. A log that is moved away when it is full loses nothing. */
export async function* followLog(stateDir: string, id: string | undefined): AsyncGenerator<readonly LogEntry[]> {
  let last: string | undefined;
  for (let seen = ''; hasReader(stdout); await setTimeout(pause)) {
    const stamp = stampOf(logPath(stateDir));
    if (stamp === seen) continue;
    seen = stamp;
    const entries = readLog(stateDir, id);
    const texts = entries.map(entry => JSON.stringify(entry));
    // An entry that is not there any more has been moved out by newer ones: all of these are new.
    const fresh = entries.slice(last === undefined ? 0 : texts.lastIndexOf(last) + 1);
    last = texts.at(-1) ?? last;
    if (fresh.length > 0) yield fresh;
  }
}

function stampOf(path: string): string {
  const stats = statSync(path, {throwIfNoEntry: false});
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : 'none';
}
