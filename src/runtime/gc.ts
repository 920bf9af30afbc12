// Collects what nobody will come back for: attachments whose process has ended and whose poststop never came.
import {Kernel} from '../kernel/kernel.ts';
import {bootId, isAlive} from '../kernel/process.ts';
import {type Detached, detachAll} from './detach.ts';
import {lockNetwork} from './network-lock.ts';
import {allRecords, knownContainers, knownNetworks} from './record.ts';
import type {Settings} from './settings.ts';
import {takeDownIfIdle} from './take-down.ts';

export interface Collected {
  readonly attachments: readonly Detached[];
  /** Networks that were taken down. */
  readonly networks: readonly string[];
  readonly failures: readonly Error[];
}

/** `withNetworks` also takes down the networks that nobody is attached to. */
export function collect(settings: Settings, withNetworks: boolean): Collected {
  const attachments = knownContainers(settings.stateDir)
    .flatMap(id => detachAll(settings, id))
    .filter(({outcome}) => outcome !== 'kept');
  const networks: string[] = [];
  const failures = attachments.flatMap(detached => detached.failures);
  for (const network of withNetworks ? knownNetworks(settings.stateDir) : []) {
    const failed = takeDown(settings, network);
    failures.push(...failed);
    if (failed.length === 0 && !knownNetworks(settings.stateDir).includes(network)) networks.push(network);
  }
  return {attachments, networks, failures};
}

/** The attachments that `collect` would take back. */
export function findDead(settings: Settings): readonly Detached['record'][] {
  return allRecords(settings.stateDir).filter(record => record.bootId !== bootId() || !isAlive(record.process));
}

function takeDown(settings: Settings, network: string): readonly Error[] {
  const lock = lockNetwork(settings.stateDir, network, 'exclusive');
  const kernel = new Kernel();
  try {
    return takeDownIfIdle(settings, network, kernel);
  } finally {
    kernel.close();
    lock.release();
  }
}
