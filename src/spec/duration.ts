// Spans of time as people write them.
import {CniError} from './error.ts';

const longest = 366 * 24 * 3600;
const units: Readonly<Record<string, number>> = {s: 1, m: 60, h: 3600, d: 24 * 3600};

/** Seconds in "90s", "30m", "24h" or "7d". Throws `invalidConfig`; `where` names the source in the message. */
export function parseDuration(text: string, where: string): number {
  const [, digits, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * (units[unit ?? ''] ?? Number.NaN);
  if (!(seconds > 0 && seconds <= longest)) {
    throw new CniError(
      'invalidConfig',
      `${where}: "${text}" is not a time such as 30m, 24h or 7d, of a year at the most`,
    );
  }
  return seconds;
}
