// DEL on command: one attachment, whether its container lives or not. What we attached goes by its record; what somebody
// else did goes plugin by plugin, by libcni's cache, or if there is none by the configuration alone. It goes on past what
// fails, says all of it, and forgets nothing as long as something is left.
import type {Attachment} from '../../kernel/names.ts';
import {render} from '../../kernel/render.ts';
import {formatCniArgs} from '../../spec/cni-args.ts';
import {CniError, errorCodes, reasonOf} from '../../spec/error.ts';
import {whileDetaching} from '../container-turn.ts';
import {detach, forgetAttachment, giveBack} from '../detach.ts';
import {loadNetwork} from '../load.ts';
import {log} from '../log.ts';
import {takeLeave} from '../names/introduce.ts';
import {findRecord, hasContainerDir} from '../record.ts';
import type {Settings} from '../settings.ts';
import {grantCapabilities} from '../wishes/request-config.ts';
import type {Wishes} from '../wishes/wishes.ts';
import {fromCache, type KnownAttachment, livingNetns} from './known-attachment.ts';
import {callVerb} from './plugin-verbs.ts';
import {dropCached, readCached} from './result-cache.ts';

export interface Deletion extends Attachment {
  /** Where the container's netns is, if the caller knows; else the record or the cache tells. */
  readonly netns: string;
  readonly wishes: Wishes;
  /** Forget what can't be taken away, and give its addresses back all the same. */
  readonly force: boolean;
}

/**
 * Throws one error that tells all that failed; returns it if it was forced, or if nobody knows that there was anything to
 * take away: some plugins fail for what is not there.
 */
export function delNetwork(settings: Settings, deletion: Deletion): readonly Error[] {
  const {isKnown, failures} = delRecorded(settings, deletion) ?? delByPlugin(settings, deletion);
  const {containerId: id, network, force} = deletion;
  const [first] = failures;
  const msg = failures.map(failure => reasonOf(failure)).join('; ');
  if (!first || force || (!isKnown && !isDenied(first))) {
    dropCached(settings.cacheDir, deletion);
    const left = first ? `, but for what failed: ${msg}` : '';
    log(settings.stateDir, {level: 'info', event: 'del', id, network, msg: `${deletion.ifName}: detached${left}`});
    return failures;
  }
  log(settings.stateDir, {level: 'error', event: 'del', id, network, msg});
  throw new CniError(first instanceof CniError ? first.code : errorCodes.kernelRefused, msg, {cause: first});
}

/** Who may not look can't say that there is nothing. */
const isDenied = (error: Error): boolean => (error as NodeJS.ErrnoException).code === 'EACCES';

/** What delNetwork would do now, as commands, in that order. */
export function planDeletion(settings: Settings, deletion: Deletion): readonly string[] {
  const record = findRecord(settings.stateDir, {...deletion, plugin: ''});
  const called = (type: string) => `# plugin "${type}" is called with DEL`;
  if (!record) return reversed(known(settings, deletion)).map(({type}) => called(type));
  return [...record.steps]
    .reverse()
    .flatMap(step => (step.kind === 'own' ? render(step.undo, record.netns.path) : [called(step.type)]));
}

interface Deleted {
  readonly isKnown: boolean;
  readonly failures: readonly Error[];
}

/** Undefined if there is no record of ours. */
function delRecorded(settings: Settings, deletion: Deletion): Deleted | undefined {
  const {stateDir} = settings;
  const {containerId} = deletion;
  if (!hasContainerDir(stateDir, containerId)) return undefined;
  return whileDetaching(settings, containerId, () => {
    const record = findRecord(stateDir, {...deletion, plugin: ''});
    if (record) takeLeave(settings, record);
    const failures = record && detach(settings, record);
    if (record && failures && failures.length > 0 && deletion.force) {
      giveBack(settings, record);
      forgetAttachment(settings, record);
    }
    return failures && {isKnown: true, failures};
  });
}

function delByPlugin(settings: Settings, deletion: Deletion): Deleted {
  const attachment = known(settings, deletion);
  const failures = reversed(attachment).flatMap(plugin => {
    try {
      callVerb(settings, attachment.network, plugin, 'DEL', attachment.subject, 'file');
      return [];
    } catch (error) {
      return [error instanceof Error ? error : new Error(String(error))];
    }
  });
  return {isKnown: attachment.subject.result !== undefined, failures};
}

function known(settings: Settings, {netns, wishes, ...attachment}: Deletion): KnownAttachment {
  const cached = readCached(settings.cacheDir, attachment);
  if (cached) return fromCache(settings, cached, netns);
  const network = grantCapabilities(loadNetwork(settings.confDir, attachment.network), wishes.capabilityArgs);
  return {
    network,
    subject: {...attachment, netns: livingNetns(netns), args: formatCniArgs(wishes.args), result: undefined},
  };
}

const reversed = ({network}: KnownAttachment) => [...network.plugins].reverse();
