// An attachment as it was made, by us or by somebody else: our own record tells of it, or else libcni's cache.
import {statSync} from 'node:fs';
import {isStillAt} from '../../kernel/netns.ts';
import {parseResult} from '../../spec/convert.ts';
import {CniError} from '../../spec/error.ts';
import {isObject} from '../../spec/fields.ts';
import {parseJson} from '../../spec/json.ts';
import {type Network, parseNetworkList, parseSingleNetwork} from '../../spec/network.ts';
import type {Result} from '../../spec/result.ts';
import {checkVersion} from '../../spec/version.ts';
import {loadNetwork} from '../load.ts';
import type {AttachmentRecord} from '../record.ts';
import type {Settings} from '../settings.ts';
import {grantCapabilities} from '../wishes/request-config.ts';
import type {Subject} from './plugin-verbs.ts';
import {type Cached, cachePath} from './result-cache.ts';

export interface KnownAttachment {
  readonly network: Network;
  readonly subject: Subject;
}

/** The path, if a network namespace is what it leads to; else "", as some plugins fail for, or even make, what is not there. */
export function livingNetns(path: string): string {
  const found = path === '' ? undefined : statSync(path, {throwIfNoEntry: false});
  return found?.dev === statSync('/proc/self/ns/net').dev ? path : '';
}

export function fromRecord({config, result, args, netns, ...attachment}: AttachmentRecord): KnownAttachment {
  const {network, containerId, ifName} = attachment;
  const path = isStillAt(netns.path, {...netns}) ? netns.path : '';
  return {network: config, subject: {network, containerId, ifName, netns: path, args, result}};
}

/**
 * Where the file holds no configuration, it is that of the conf dir. Its own path to the netns comes first: plugins compare
 * it with the result's. `netns` is another one.
 */
export function fromCache(settings: Settings, cached: Cached, netns: string): KnownAttachment {
  const file = cachePath(settings.cacheDir, cached);
  const configured = networkIn(cached, file) ?? loadNetwork(settings.confDir, cached.network);
  const network = grantCapabilities(configured, cached.capabilityArgs);
  return {
    network,
    subject: {
      ...cached,
      netns: livingNetns(cached.netns) || livingNetns(netns),
      result: resultIn(cached, network, file),
    },
  };
}

/** A list, or one plugin's configuration; a list without plugins has them in files beside it. */
function networkIn({network, config}: Cached, file: string): Network | undefined {
  if (config === '') return undefined;
  const json = parseJson(config, `${file}, "config"`);
  if (!isObject(json)) throw new CniError('invalidConfig', `${file}, "config": expected an object`);
  if (json.plugins === undefined && json.type !== undefined) return parseSingleNetwork(json, file);
  const list = parseNetworkList({name: network, ...json}, file).network;
  return list.plugins.length > 0 ? list : undefined;
}

/** What can't be read is as good as none: a DEL does without. */
function resultIn({result}: Cached, {cniVersion}: Network, file: string): Result | undefined {
  try {
    return parseResult(result, checkVersion(cniVersion), file);
  } catch {
    return undefined;
  }
}
