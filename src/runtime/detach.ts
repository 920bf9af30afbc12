// DEL, from the record alone: no netns, no pid, no configuration. It goes on past what fails, and keeps the addresses
// and the record as long as something could not be taken away: an address in use must not be given out again.
import {Kernel} from '../kernel/kernel.ts';
import {bootId, isAlive} from '../kernel/process.ts';
import {withContainerLock} from './container-lock.ts';
import {leasesIn} from './ports.ts';
import {type AttachmentRecord, dropContainerDir, dropRecord, hasContainerDir, recordsOf} from './record.ts';
import type {Settings} from './settings.ts';

export interface Detached {
  readonly record: AttachmentRecord;
  /** "kept" if its process is alive: this is the late end of an earlier container with the same id. */
  readonly outcome: 'detached' | 'kept' | 'failed';
  readonly failures: readonly Error[];
}

/** Takes back every attachment of the container whose process has ended. A container that we never knew has none. */
export function detachAll(settings: Settings, containerId: string): readonly Detached[] {
  if (!hasContainerDir(settings.stateDir, containerId)) return [];
  return withContainerLock(settings.stateDir, containerId, () => {
    const detached = [...recordsOf(settings.stateDir, containerId)]
      .reverse()
      .map(record => detachUnlessAlive(settings, record));
    dropContainerDir(settings.stateDir, containerId);
    return detached;
  });
}

/** Takes one attachment back and returns what could not be done. The container's lock must be held. */
export function detach(settings: Settings, record: AttachmentRecord, kernel = new Kernel()): readonly Error[] {
  const failures = record.bootId === bootId() ? [...kernel.takeBack(record.undo)] : [];
  if (failures.length > 0) return failures;
  for (const directory of record.leases) {
    try {
      leasesIn(settings, directory).locked(leases => leases.release(record));
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  if (failures.length === 0) dropRecord(settings.stateDir, record);
  return failures;
}

function detachUnlessAlive(settings: Settings, record: AttachmentRecord): Detached {
  if (record.bootId === bootId() && isAlive(record.process)) return {record, outcome: 'kept', failures: []};
  const failures = detach(settings, record);
  return {record, outcome: failures.length > 0 ? 'failed' : 'detached', failures};
}
