// Where the time goes: marks with their durations, for the log, and for the file that CNI_HOOK_TRACE names.
import {appendFileSync} from 'node:fs';

export interface Phase {
  readonly phase: string;
  /** Milliseconds. */
  readonly ms: number;
}

const phases: Phase[] = [];
let last = 0;

/** Says that `phase` has ended: it took the time since the last mark, and the first one since the process began. */
export function mark(phase: string): void {
  const now = performance.now();
  phases.push({phase, ms: Math.round((now - last) * 1000) / 1000});
  last = now;
}

/** All phases so far. */
export const tracedPhases = (): readonly Phase[] => phases;

/** Writes the phases, one JSON object a line, if the environment asks for it. Never throws. */
export function writeTrace(file: string | undefined): void {
  if (!file) return;
  try {
    appendFileSync(file, phases.map(phase => `${JSON.stringify(phase)}\n`).join(''));
  } catch {
    // Whoever looks for the file will see.
  }
}
