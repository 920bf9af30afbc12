// Who holds a port that is asked for. Nobody is refused a port because of the dead: a holder that has ended is detached, and
// what an attachment of the same name has left, of which no record tells any more, is taken away.
import type {Kernel} from '../kernel/kernel.ts';
import {type Attachment, ownerComment, parseVethAlias, wholeAlias} from '../kernel/names.ts';
import {dropElements, elementsByHolder} from '../kernel/ports/holders.ts';
import type {TakenPort} from '../kernel/ports/port.ts';
import {isKind} from '../spec/error.ts';
import {dropContainerDir} from './container-dir.ts';
import {withContainerLock} from './container-lock.ts';
import {detach} from './detach.ts';
import {judgeRecord} from './liveness.ts';
import {log} from './log.ts';
import {type AttachmentRecord, allRecords, findRecord, recordsFor} from './record.ts';
import type {Settings} from './settings.ts';
import {type Look, thoroughLook} from './signs.ts';

/** True if a port became free. The lock of the attachment's own container must be held. */
export function freePorts(
  settings: Settings,
  kernel: Kernel,
  attachment: Attachment,
  taken: readonly TakenPort[],
): boolean {
  const holders = [...new Set(taken.flatMap(({publishedFor}) => publishedFor ?? []))];
  const look = thoroughLook(kernel, settings.stateDir);
  return holders.filter(holder => freeFrom(settings, kernel, attachment, holder, look)).length > 0;
}

/** The same with names for digests: of a holder whose name is too long for a comment its record tells. */
export function nameHolders(settings: Settings, taken: readonly TakenPort[]): readonly TakenPort[] {
  return taken.map(one => {
    const {publishedFor} = one;
    if (publishedFor === undefined || parseVethAlias(publishedFor)) return one;
    const [record] = recordsOfHolder(settings, publishedFor);
    return record ? {...one, publishedFor: wholeAlias(record)} : one;
  });
}

function freeFrom(settings: Settings, kernel: Kernel, attachment: Attachment, holder: string, look: Look): boolean {
  const records = recordsOfHolder(settings, holder);
  if (records.length === 0 && holder === ownerComment(attachment)) {
    dropElements(kernel.netfilter(), elementsByHolder(kernel.netfilter()).get(holder) ?? []);
    return true;
  }
  return records.filter(record => detachIfDead(settings, attachment, record, look)).length > 0;
}

/** By the name in the comment; where that was too long for one, among all. */
export function recordsOfHolder({stateDir}: Settings, holder: string): readonly AttachmentRecord[] {
  const attachment = parseVethAlias(holder);
  if (attachment) return recordsFor(stateDir, attachment);
  return allRecords(stateDir).filter(record => ownerComment(record) === holder);
}

// Milliseconds that whoever is at work on a container that has ended, its poststop above all, has for coming to an end.
const patience = 2000;

function detachIfDead(settings: Settings, own: Attachment, record: AttachmentRecord, look: Look): boolean {
  const {stateDir} = settings;
  const {containerId: id, network} = record;
  const isDead = (one: AttachmentRecord) => judgeRecord(one, look(one)) === 'dead';
  const takeBack = (one: AttachmentRecord): boolean => {
    if (!isDead(one) || detach(settings, one).length > 0) return false;
    log(stateDir, {level: 'info', event: 'sweep', id, network, msg: 'took back its ports, it has ended'});
    return true;
  };
  if (id === own.containerId) return takeBack(record);
  if (!isDead(record)) return false;
  const work = () => {
    const current = findRecord(stateDir, record);
    const freed = !current || takeBack(current);
    dropContainerDir(stateDir, id);
    return freed;
  };
  try {
    return withContainerLock(stateDir, id, work, patience);
  } catch (error) {
    if (isKind(error, 'tryAgainLater')) return false;
    throw error;
  }
}
