// Who is alive: the one place where it is decided. Pure, over what was observed.
// What can't be shown to be dead is never taken away: a lease without a record may be somebody else's.
import type {AttachmentRecord} from './record.ts';

export type Verdict = 'alive' | 'dead' | 'unknown';

/** What was seen of an attachment. */
export interface Signs {
  /** The id of the boot that we are in. */
  readonly bootId: string;
  /** The recorded process runs, with the recorded start time. */
  readonly processRuns: boolean;
  /** Somebody holds the recorded netns; undefined if nobody has looked. */
  readonly netnsHeld: boolean | undefined;
}

/** No container survives a reboot; within a boot it lives as long as its first process or its netns does. */
export function judgeRecord(record: Pick<AttachmentRecord, 'bootId'>, signs: Signs): Verdict {
  if (record.bootId !== signs.bootId) return 'dead';
  if (signs.processRuns || signs.netnsHeld === true) return 'alive';
  return signs.netnsHeld === false ? 'dead' : 'unknown';
}

/** What was seen of a lease. Times in milliseconds since 1970. */
export interface LeaseSigns {
  /** The verdict on its attachment's record, if there is one. */
  readonly record: Verdict | undefined;
  /** An empty or torn file names nobody. */
  readonly hasOwner: boolean;
  readonly modified: number;
  readonly bootTime: number;
  readonly now: number;
  /** The promise to keep the address when its container has ended. */
  readonly kept: {readonly until: number; readonly wasSeenToEnd: boolean} | undefined;
}

/**
 * A lease that is older than this boot belongs to nobody, unless it is kept; without a record a younger one is unknown.
 * What is promised to a container counts from its end on: where nobody saw that, its record tells, and without one the boot.
 */
export function judgeLease(lease: LeaseSigns): Verdict {
  if (!lease.hasOwner) return 'dead';
  if (lease.record !== undefined && lease.record !== 'dead') return lease.record;
  const isOld = lease.modified < lease.bootTime;
  if (lease.kept && (lease.kept.wasSeenToEnd || (lease.record === undefined && isOld)))
    return lease.now < lease.kept.until ? 'alive' : 'dead';
  return lease.record === 'dead' || isOld ? 'dead' : 'unknown';
}
