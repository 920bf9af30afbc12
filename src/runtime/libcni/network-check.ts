// CHECK and STATUS on command, forward through the chain (SPEC.md section 2, "CHECK", "STATUS").
import type {Attachment} from '../../kernel/names.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import {compareVersions} from '../../spec/version.ts';
import {resolveDelegates} from '../delegates.ts';
import {loadNetwork} from '../load.ts';
import {findRecord} from '../record.ts';
import type {Settings} from '../settings.ts';
import {fromCache, fromRecord} from './known-attachment.ts';
import {callVerb, type Preference} from './plugin-verbs.ts';
import {readCached} from './result-cache.ts';

/**
 * True if everything is as the result says; false if the network does not want to be checked. Throws `attachmentFaulty`
 * and names all that is missing or changed, `unknownContainer` if nobody knows of such an attachment.
 */
export function checkNetwork(settings: Settings, attachment: Attachment, netns: string): boolean {
  const record = findRecord(settings.stateDir, {...attachment, plugin: ''});
  const cached = record ? undefined : readCached(settings.cacheDir, attachment);
  const known = record ? fromRecord(record) : cached && fromCache(settings, cached, netns);
  const {network: name, containerId, ifName} = attachment;
  if (!known?.subject.result) {
    const reason = `container "${containerId}" is not attached to "${name}" as "${ifName}"`;
    throw new CniError('unknownContainer', `${reason}: "cni-hook ls" shows what is attached where`);
  }
  const {network, subject} = known;
  if (compareVersions(network.cniVersion, '0.4.0') < 0) {
    const reason = `${network.file}: network "${name}": config version "${network.cniVersion}" does not allow CHECK`;
    throw new CniError('incompatibleVersion', `${reason}: it needs 0.4.0`);
  }
  if (network.disableCheck) return false;
  const preference: Preference = record ? 'ours' : 'file';
  const faults = network.plugins.flatMap(plugin =>
    reasonFrom(() => callVerb(settings, network, plugin, 'CHECK', subject, preference)),
  );
  if (faults.length > 0) throw new CniError('attachmentFaulty', faults.join('; '));
  return true;
}

/**
 * True if the network can take another container as far as its plugins know; false if its version has no STATUS. Throws
 * what the first plugin that can't answers with.
 */
export function statusOfNetwork(settings: Settings, name: string): boolean {
  const network = loadNetwork(settings.confDir, name);
  if (compareVersions(network.cniVersion, '1.1.0') < 0) return false;
  const {plugins} = resolveDelegates(network);
  const nobody = {network: name, containerId: '', ifName: '', netns: '', args: '', result: undefined};
  for (const plugin of plugins) callVerb(settings, network, plugin, 'STATUS', nobody, 'ours');
  return true;
}

function reasonFrom(work: () => void): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    return [reasonOf(error)];
  }
}
