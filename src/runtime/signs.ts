// Looks for signs of life. The quick look costs the same however many containers there are, and may end in "unknown";
// the thorough one reads every process's netns once, for what looks at the whole host anyway.
import {readdirSync, statSync} from 'node:fs';
import type {Kernel} from '../kernel/kernel.ts';
import {isStillAt, netnsPathOf, readOrNothing} from '../kernel/netns.ts';
import {findLinkIn} from '../kernel/observe.ts';
import {bootId, isAlive} from '../kernel/process.ts';
import type {Signs} from './liveness.ts';
import {type AttachmentRecord, containersDir, undoOfRecord} from './record.ts';

/** True if what the attachment is for still runs: its process, or where none is known its netns under its path. */
export function isRunning({bootId: boot, process, netns}: AttachmentRecord): boolean {
  return boot === bootId() && (process ? isAlive(process) : isStillAt(netns.path, {...netns}));
}

export type Look = (record: AttachmentRecord) => Signs;

export function quickLook(kernel: Kernel): Look {
  const boot = bootId();
  return record => {
    const processRuns = isRunning(record);
    return {bootId: boot, processRuns, netnsHeld: !processRuns && mayBeHeld(kernel, record) ? undefined : false};
  };
}

/** Reads /proc and the mounts once, when first asked. */
export function thoroughLook(kernel: Kernel, stateDir: string): Look {
  const boot = bootId();
  let held: ReadonlySet<number> | undefined;
  return record => {
    const processRuns = isRunning(record);
    if (processRuns) return {bootId: boot, processRuns, netnsHeld: undefined};
    held ??= heldNetns(stateDir);
    return {bootId: boot, processRuns, netnsHeld: held.has(record.netns.inode) && mayBeHeld(kernel, record)};
  };
}

/**
 * Our end of a pair goes when the container's netns goes, so without it nobody can hold the netns: not even somebody
 * whose netns has that inode by now, for the kernel gives the number of one that has ended to the next.
 */
function mayBeHeld(kernel: Kernel, record: AttachmentRecord): boolean {
  const pair = undoOfRecord(record).find(op => op.op === 'link.delete' && op.netns === 'host');
  if (pair?.op === 'link.delete') return findLinkIn(kernel, 'host', pair.name)?.alias === pair.alias;
  // Nothing to tell by but the number; an attachment that never got as far as the kernel holds nothing.
  return record.state === 'done' || record.steps.some(step => step.kind !== 'own');
}

/** The inodes of all network namespaces that somebody holds. */
function heldNetns(stateDir: string): ReadonlySet<number> {
  return new Set(netnsPlaces(stateDir).flatMap(path => inodeOf(path) ?? []));
}

/** The paths under which network namespaces are held, by each process and by mounts, our own pins left out. */
export function netnsPlaces(stateDir: string): readonly string[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  // proc(5), mountinfo: the fourth field is what of the file system is mounted, the fifth where, with odd characters as octals.
  const mounts = (readOrNothing('/proc/self/mountinfo') ?? '').matchAll(/ net:\[\d+\] (\S+) /g);
  const plain = (place = '') =>
    place.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
  const places = Array.from(mounts, match => plain(match[1]));
  const byOthers = places.filter(place => !place.startsWith(`${containersDir(stateDir)}/`));
  return [...pids.map(pid => netnsPathOf(Number(pid))), ...byOthers];
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
