// DEL, from the record alone: no netns, no pid, no configuration. It goes on past what fails, and keeps the addresses
// and the record as long as something could not be taken away: an address in use must not be given out again.
import {Kernel} from '../kernel/kernel.ts';
import {bootId} from '../kernel/process.ts';
import type {Owner} from '../plugins/plugin.ts';
import {parseCniArgs} from '../spec/cni-args.ts';
import {prepareChain} from './chain.ts';
import {withContainerLock} from './container-lock.ts';
import {keep} from './kept.ts';
import {ipamPorts, leasesIn} from './ports.ts';
import {type AttachmentRecord, dropContainerDir, dropRecord, hasContainerDir, recordsOf} from './record.ts';
import type {Settings} from './settings.ts';
import {isRunning} from './signs.ts';

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
export function detach(settings: Settings, record: AttachmentRecord, kernel?: Kernel): readonly Error[] {
  const failures = record.bootId === bootId() ? [...takeBack(record, kernel)] : [];
  if (failures.length > 0) return failures;
  try {
    if (record.keepSeconds > 0) keep(settings, {...record, until: Date.now() + record.keepSeconds * 1000});
    else giveBack(settings, record);
  } catch (error) {
    return [error instanceof Error ? error : new Error(String(error))];
  }
  dropRecord(settings.stateDir, record);
  return [];
}

function takeBack(record: AttachmentRecord, kernel: Kernel | undefined): readonly Error[] {
  if (kernel) return kernel.takeBack(record.undo);
  const own = new Kernel();
  try {
    return own.takeBack(record.undo);
  } finally {
    own.close();
  }
}

function giveBack(settings: Settings, record: AttachmentRecord): void {
  for (const directory of record.leases) release(settings, directory, record);
  if (!record.foreignIpam) return;
  const request = {...record, netns: record.netns.path, args: parseCniArgs(record.args)};
  for (const ipam of prepareChain(record.config, request, settings.dataDir).ipam)
    ipam.del(ipamPorts(settings, () => undefined));
}

function release(settings: Settings, directory: string, owner: Owner): void {
  const store = leasesIn(settings, directory);
  if (store.mayHold(owner)) store.locked(leases => leases.release(owner));
}

function detachUnlessAlive(settings: Settings, record: AttachmentRecord): Detached {
  if (isRunning(record)) return {record, outcome: 'kept', failures: []};
  const failures = detach(settings, record);
  return {record, outcome: failures.length > 0 ? 'failed' : 'detached', failures};
}
