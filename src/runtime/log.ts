// The log: one JSON object a line, with the container's id, for all containers in one file, so that it survives the
// container and stays bounded without anybody sweeping. Under crun and podman it is the only place where a reason is seen.

import {appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync} from 'node:fs';
import type {Phase} from '../kernel/trace.ts';
import {CniError, reasonOf} from '../spec/error.ts';
import {isObject} from '../spec/fields.ts';

/** From the least grave on. */
export const levels = ['info', 'warning', 'error'] as const;
export type Level = (typeof levels)[number];

export interface LogEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: Level;
  /** createRuntime, poststop, gc, … */
  readonly event: string;
  readonly id: string;
  readonly msg: string;
  readonly network?: string;
  /** The plan as commands. */
  readonly plan?: readonly string[];
  /** Where the time went. */
  readonly phases?: readonly Phase[];
}

const largest = 4 * 1024 * 1024;

export const logPath = (stateDir: string): string => `${stateDir}/log.jsonl`;
const olderPath = (stateDir: string): string => `${stateDir}/log.1.jsonl`;

/** Whether an entry is at least as grave as that. */
export const isAtLeast = (least: Level, {level}: Pick<LogEntry, 'level'>): boolean =>
  levels.indexOf(level) >= levels.indexOf(least);

let leastWritten: Level = 'info';

/** From now on this process writes nothing that is less grave. */
export function setLogLevel(level: Level): void {
  leastWritten = level;
}

/** Adds a line. Never throws: a full disk must not stop a container. */
export function log(stateDir: string, entry: Omit<LogEntry, 'time'>): void {
  if (!isAtLeast(leastWritten, entry)) return;
  const path = logPath(stateDir);
  const line = `${JSON.stringify({time: new Date().toISOString(), ...entry})}\n`;
  try {
    mkdirSync(stateDir, {recursive: true, mode: 0o700});
    appendFileSync(path, line, {mode: 0o600});
    if (statSync(path).size > largest) renameSync(path, olderPath(stateDir));
  } catch {
    // There is nowhere left to say it.
  }
}

/** The entries of one container, or of all, oldest first. Throws `ioFailure` for a log that can't be read. */
export function readLog(stateDir: string, id?: string): readonly LogEntry[] {
  const text = [olderPath(stateDir), logPath(stateDir)]
    .filter(path => existsSync(path))
    .map(path => textOf(path))
    .join('');
  return text
    .split('\n')
    .flatMap(line => parseLine(line))
    .filter(entry => id === undefined || entry.id === id);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CniError('ioFailure', `cannot read the log "${path}": ${reasonOf(cause)}`, {cause});
  }
}

function isEntry(json: unknown): json is LogEntry {
  return (
    isObject(json) && [json.time, json.level, json.event, json.id, json.msg].every(word => typeof word === 'string')
  );
}

function parseLine(line: string): readonly LogEntry[] {
  try {
    const entry: unknown = JSON.parse(line);
    return isEntry(entry) ? [entry] : [];
  } catch {
    return [];
  }
}
