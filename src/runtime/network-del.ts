// DEL on command: one attachment, whether its container lives or not. What we attached goes by its record; what somebody
// else did goes plugin by plugin, by libcni's cache, or if there is none by the configuration alone. It goes on past what
// fails, says all of it, and forgets nothing as long as something is left.
import type {Attachment} from '../kernel/names.ts';
import {render} from '../kernel/render.ts';
import {formatCniArgs} from '../spec/cni-args.ts';
import {CniError, errorCodes, reasonOf} from '../spec/error.ts';
import {dropContainerDir} from './container-dir.ts';
import {withContainerLock} from './container-lock.ts';
import {detach} from './detach.ts';
import {fromCache, type KnownAttachment, livingNetns} from './known-attachment.ts';
import {loadNetwork} from './load.ts';
import {log} from './log.ts';
import {callVerb} from './plugin-verbs.ts';
import {findRecord, hasContainerDir} from './record.ts';
import {grantCapabilities} from './request-config.ts';
import {dropCached, readCached} from './result-cache.ts';
import type {Settings} from './settings.ts';
import type {Wishes} from './wishes.ts';

export interface Deletion extends Attachment {
  /** Where the container's netns is, if the caller knows; else the record or the cache tells. */
  readonly netns: string;
  readonly wishes: Wishes;
}

/** Throws one error that tells all that failed. What was never attached is no failure. */
export function delNetwork(settings: Settings, deletion: Deletion): void {
  const failures = delRecorded(settings, deletion) ?? delKnown(settings, deletion);
  const {containerId: id, network} = deletion;
  const [first] = failures;
  if (!first) {
    dropCached(settings.cacheDir, deletion);
    log(settings.stateDir, {level: 'info', event: 'del', id, network, msg: `${deletion.ifName}: detached`});
    return;
  }
  const msg = failures.map(failure => reasonOf(failure)).join('; ');
  log(settings.stateDir, {level: 'error', event: 'del', id, network, msg});
  throw new CniError(first instanceof CniError ? first.code : errorCodes.kernelRefused, msg, {cause: first});
}

/** What delNetwork would do now, as commands, in that order. */
export function planDeletion(settings: Settings, deletion: Deletion): readonly string[] {
  const record = findRecord(settings.stateDir, {...deletion, plugin: ''});
  const called = (type: string) => `# plugin "${type}" is called with DEL`;
  if (!record) return reversed(known(settings, deletion)).map(({type}) => called(type));
  return [...record.steps]
    .reverse()
    .flatMap(step => (step.kind === 'own' ? render(step.undo, record.netns.path) : [called(step.type)]));
}

/** Undefined if there is no record of ours. */
function delRecorded(settings: Settings, deletion: Deletion): readonly Error[] | undefined {
  const {stateDir} = settings;
  const {containerId} = deletion;
  if (!hasContainerDir(stateDir, containerId)) return undefined;
  return withContainerLock(stateDir, containerId, () => {
    const record = findRecord(stateDir, {...deletion, plugin: ''});
    const failures = record && detach(settings, record);
    dropContainerDir(stateDir, containerId);
    return failures;
  });
}

function delKnown(settings: Settings, deletion: Deletion): readonly Error[] {
  const attachment = known(settings, deletion);
  return reversed(attachment).flatMap(plugin => {
    try {
      callVerb(settings, attachment.network, plugin, 'DEL', attachment.subject, 'file');
      return [];
    } catch (error) {
      return [error instanceof Error ? error : new Error(String(error))];
    }
  });
}

function known(settings: Settings, {netns, wishes, ...attachment}: Deletion): KnownAttachment {
  const cached = readCached(settings.cacheDir, attachment);
  if (cached) return fromCache(settings, {...cached, netns: netns || cached.netns});
  const network = grantCapabilities(loadNetwork(settings.confDir, attachment.network), wishes.capabilityArgs);
  return {
    network,
    subject: {...attachment, netns: livingNetns(netns), args: formatCniArgs(wishes.args), result: undefined},
  };
}

const reversed = ({network}: KnownAttachment) => [...network.plugins].reverse();
