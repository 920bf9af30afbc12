// Takes back what the dead hold, one lease at a time, each looked at again under its container's lock. Every ADD sweeps
// the few leases that it came by; a range that is exhausted, and gc, sweep a whole directory.
import {existsSync} from 'node:fs';
import {basename} from 'node:path';
import type {Attachment} from '../kernel/names.ts';
import {bootTime} from '../kernel/process.ts';
import type {Lease} from '../plugins/plugin.ts';
import {isKind, reasonOf} from '../spec/error.ts';
import {isContainerId} from '../spec/names.ts';
import {dropContainerDir} from './container-dir.ts';
import {withContainerLock} from './container-lock.ts';
import {detach} from './detach.ts';
import {findKept, forget, keptUntil} from './kept.ts';
import {judgeLease, judgeRecord, type Verdict} from './liveness.ts';
import {log} from './log.ts';
import {leasesIn} from './ports.ts';
import {recordsFor} from './record.ts';
import type {Settings} from './settings.ts';
import type {Look} from './signs.ts';

export interface JudgedLease {
  readonly directory: string;
  readonly lease: Lease;
  readonly verdict: Verdict;
}

/** Every lease of the directory with its verdict. */
export function judgeDirectory(settings: Settings, directory: string, look: Look): readonly JudgedLease[] {
  if (!existsSync(directory)) return [];
  const leases = leasesIn(settings, directory).locked(all => all.all());
  return leases.map(lease => ({directory, lease, verdict: judge(settings, directory, lease, look)}));
}

/** Takes back those leases of the directory whose holder is dead; returns them. What somebody else is at work on stays. */
export function sweep(settings: Settings, directory: string, leases: readonly Lease[], look: Look): readonly Lease[] {
  return leases.filter(lease => {
    if (judge(settings, directory, lease, look) !== 'dead') return false;
    try {
      return takeBack(settings, directory, lease, look);
    } catch (error) {
      if (!isKind(error, 'tryAgainLater'))
        logSweep(settings, lease, `cannot take back ${lease.address}: ${reasonOf(error)}`);
      return false;
    }
  });
}

/** The attachment that a lease is for: the directory bears the network's name. */
export function attachmentOf(directory: string, {owner}: Lease): Attachment | undefined {
  return owner && isContainerId(owner.containerId) ? {network: basename(directory), ...owner} : undefined;
}

function judge(settings: Settings, directory: string, lease: Lease, look: Look): Verdict {
  const attachment = attachmentOf(directory, lease);
  const verdicts = (attachment ? recordsFor(settings.stateDir, attachment) : []).map(record =>
    judgeRecord(record, look(record)),
  );
  const kept = attachment && findKept(settings, attachment);
  return judgeLease({
    record: verdicts.find(verdict => verdict !== 'dead') ?? verdicts[0],
    hasOwner: lease.owner !== undefined,
    modified: lease.modified,
    bootTime: bootTime(),
    now: Date.now(),
    kept: kept && {until: keptUntil(kept, bootTime()), wasSeenToEnd: kept.ended !== undefined},
  });
}

function takeBack(settings: Settings, directory: string, lease: Lease, look: Look): boolean {
  const attachment = attachmentOf(directory, lease);
  if (!attachment) return drop(settings, directory, lease);
  return withContainerLock(
    settings.stateDir,
    attachment.containerId,
    () => {
      try {
        if (judge(settings, directory, lease, look) !== 'dead') return false;
        const records = recordsFor(settings.stateDir, attachment);
        const [failure] = records.flatMap(record => detach(settings, record));
        if (failure) throw failure;
        return records.length > 0 || drop(settings, directory, lease);
      } finally {
        dropContainerDir(settings.stateDir, attachment.containerId);
      }
    },
    0,
  );
}

/** Drops a lease that no record stands for, if it is still the one that was judged. */
function drop(settings: Settings, directory: string, lease: Lease): boolean {
  const attachment = attachmentOf(directory, lease);
  const dropped = leasesIn(settings, directory).locked(leases => {
    if (leases.find(lease.address)?.modified !== lease.modified) return false;
    leases.drop(lease);
    return true;
  });
  if (dropped && attachment) forget(settings, attachment);
  if (dropped) logSweep(settings, lease, `took back ${lease.address}, which nobody holds`);
  return dropped;
}

function logSweep(settings: Settings, {owner}: Lease, msg: string): void {
  log(settings.stateDir, {level: 'info', event: 'sweep', id: owner?.containerId ?? '', msg});
}
