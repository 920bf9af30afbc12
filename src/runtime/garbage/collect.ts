// gc: finds garbage kind by kind and takes it back, going on past what fails. The order matters: an attachment takes its
// lease and interface along, and only when all of a network's are gone is the network idle.
import {Kernel} from '../../kernel/kernel.ts';
import type {Attachment} from '../../kernel/names.ts';
import {reasonOf} from '../../spec/error.ts';
import {log} from '../log.ts';
import type {Settings} from '../settings.ts';
import {thoroughLook} from '../signs.ts';
import {findDeadAttachments} from './attachments.ts';
import {findLeftovers} from './files.ts';
import type {Garbage, Search} from './garbage.ts';
import {findOrphanIfbs} from './ifbs.ts';
import {findOrphanInterfaces, unrecordedAttachments} from './interfaces.ts';
import {findDeadLeases, findStalePromises} from './leases.ts';
import {findOrphanNames} from './names.ts';
import {findIdleNetworks, findIdleRules, findLeftOverHost, findOrphanRules} from './networks.ts';
import {findOrphanPorts} from './ports.ts';
import {findOldResults} from './results.ts';

const finders = [
  findDeadAttachments,
  findDeadLeases,
  findStalePromises,
  findOrphanInterfaces,
  findOrphanIfbs,
  findIdleRules,
  findIdleNetworks,
  findLeftOverHost,
  findOrphanRules,
  findOrphanPorts,
  findOldResults,
  findOrphanNames,
  findLeftovers,
];

export interface Collected extends Omit<Garbage, 'takeBack'> {
  readonly outcome: 'found' | 'taken back' | 'failed';
  readonly reason?: string;
}

export interface CollectOptions {
  /** Only this network. */
  readonly network?: string | undefined;
  /** Also take down networks that nobody is attached to. */
  readonly idleNetworks: boolean;
  /** Find only. */
  readonly dryRun: boolean;
}

/** Yields each piece as it is dealt with. Removes nothing that we did not make. */
export function* collect(settings: Settings, options: CollectOptions): Generator<Collected> {
  const kernel = new Kernel();
  const {network, idleNetworks} = options;
  let living: readonly Attachment[] | undefined;
  const unrecorded = () => {
    living ??= unrecordedAttachments(kernel, settings);
    return living;
  };
  const look = thoroughLook(kernel, settings.stateDir);
  const search: Search = {settings, kernel, look, network, idleNetworks, unrecorded};
  try {
    for (const find of finders) yield* collectKind(find, search, options.dryRun);
  } finally {
    kernel.close();
  }
}

/** What can't be looked for keeps nobody from looking for the rest. */
function* collectKind(
  find: (search: Search) => Iterable<Garbage>,
  search: Search,
  dryRun: boolean,
): Generator<Collected> {
  try {
    for (const garbage of find(search)) yield dealWith(search.settings, garbage, dryRun);
  } catch (error) {
    yield {kind: 'file', what: 'a look for leftovers', network: '', outcome: 'failed', reason: reasonOf(error)};
  }
}

function dealWith(settings: Settings, {takeBack, ...garbage}: Garbage, dryRun: boolean): Collected {
  if (dryRun) return {...garbage, outcome: 'found'};
  const entry = {event: 'gc', id: garbage.containerId ?? '', network: garbage.network};
  try {
    takeBack();
    log(settings.stateDir, {...entry, level: 'info', msg: `took back ${garbage.what}`});
    return {...garbage, outcome: 'taken back'};
  } catch (error) {
    const reason = reasonOf(error);
    log(settings.stateDir, {...entry, level: 'error', msg: `cannot take back ${garbage.what}: ${reason}`});
    return {...garbage, outcome: 'failed', reason};
  }
}
