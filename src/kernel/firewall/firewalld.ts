// firewalld, by its own command: its rules are its own, and it flushes what others put among them. What we add is for the time
// that it runs (no --permanent): it is gone after a reload, which `repair` mends.
import {existsSync} from 'node:fs';
import {findTool, runTool, tryTool} from '../tool.ts';

const notRunning = 252;

/** True if it is installed and runs. Its command takes a quarter of a second, so its file is looked for first. */
export const isFirewalldRunning = (): boolean =>
  existsSync('/run/firewalld.pid') &&
  findTool(command) !== undefined &&
  tryTool(command, ['--state']).status !== notRunning;

/** Throws `toolFailed`: also if the source is in another zone. */
export function addSource(zone: string, source: string): void {
  if (!hasSource(zone, source)) runTool(command, [`--zone=${zone}`, `--add-source=${source}`]);
}

export function removeSource(zone: string, source: string): void {
  if (hasSource(zone, source)) runTool(command, [`--zone=${zone}`, `--remove-source=${source}`]);
}

export const hasSource = (zone: string, source: string): boolean =>
  tryTool(command, [`--zone=${zone}`, `--query-source=${source}`]).status === 0;

export const command = 'firewall-cmd';
