// What `add`, `del` and `check` have in common: a network, a target, and what goes with an attachment. The environment is
// cnitool's, and a flag wins over it.
import {resolve} from 'node:path';
import {string as argument} from '@oclif/core/args';
import {boolean, string} from '@oclif/core/flags';
import {setDeadline} from '../kernel/deadline.ts';
import type {Attachment} from '../kernel/names.ts';
import {checkReadable} from '../runtime/inspect.ts';
import {readCached} from '../runtime/libcni/result-cache.ts';
import {recordsFor} from '../runtime/record.ts';
import type {Settings} from '../runtime/settings.ts';
import type {Wishes} from '../runtime/wishes/wishes.ts';
import {parseCniArgs} from '../spec/cni-args.ts';
import {CniError} from '../spec/error.ts';
import {Fields, isObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {checkContainerId, checkIfName, checkNetworkName} from '../spec/names.ts';
import {findState, idOfPath, isPath, type TargetFlags} from './target.ts';
import {annotationsFrom, wishesFrom} from './wish-flags.ts';

export const attachmentArgs = {
  network: argument({description: 'The network, by its name.', required: true}),
  target: argument({description: "A network namespace's path, or the id of a running container.", required: true}),
};

export const attachmentFlags = {
  ifname: string({summary: 'The interface in the container: CNI_IFNAME, or eth0.', helpValue: 'NAME', char: 'i'}),
  'container-id': string({summary: 'Use this id, and not that of the container or of the path.', helpValue: 'ID'}),
  runtime: string({summary: 'Ask this runtime for the container: runc, crun or podman.', helpValue: 'NAME'}),
  root: string({summary: "The runtime's own --root.", helpValue: 'DIR'}),
  timeout: string({summary: 'Give up after that long.', helpValue: 'SECONDS', default: '60'}),
};

export const wishFlags = {
  'cni-args': string({summary: 'CNI_ARGS, as in "IP=10.1.0.9;MAC=…".', helpValue: 'K=V;…'}),
  'cap-args': string({summary: 'Arguments for capabilities, as JSON: CAP_ARGS.', helpValue: 'JSON'}),
  'dry-run': boolean({summary: 'Print the commands that would be run, and touch nothing.'}),
};

interface Flags extends TargetFlags {
  readonly ifname?: string | undefined;
  readonly timeout: string;
}

/** The interface that is meant. Throws `invalidEnvironment`. */
export const ifNameOf = ({ifname}: Flags): string => checkIfName(ifname ?? (process.env.CNI_IFNAME || 'eth0'));

/** What is wished for by flags and environment. Throws `invalidEnvironment`. */
export function wishesOfFlags(flags: {
  readonly 'cni-args'?: string | undefined;
  readonly 'cap-args'?: string | undefined;
  readonly ip?: readonly string[] | undefined;
  readonly mac?: readonly string[] | undefined;
  readonly publish?: readonly string[] | undefined;
  readonly hostname?: string | undefined;
  readonly alias?: readonly string[] | undefined;
}): Wishes {
  const args = parseCniArgs(flags['cni-args'] ?? process.env.CNI_ARGS ?? '');
  const text = flags['cap-args'] ?? (process.env.CAP_ARGS || '{}');
  const source = flags['cap-args'] === undefined ? 'CAP_ARGS' : '--cap-args';
  const json = parseJson(text, source);
  if (!isObject(json)) throw new CniError('invalidEnvironment', `${source} must be a JSON object, got ${text}`);
  return {...wishesFrom(annotationsFrom(flags)), args, capabilityArgs: new Fields(json, source).object};
}

/** From now on the command has so many seconds. Throws `invalidEnvironment`. */
export function setTime({timeout}: Flags): void {
  const seconds = Number(timeout);
  if (!(seconds > 0 && seconds < 24 * 3600)) {
    throw new CniError('invalidEnvironment', `--timeout "${timeout}" is not a number of seconds, such as 60`);
  }
  setDeadline(seconds);
}

/** An attachment as it stands, and its netns where nobody but the runtime knows it. */
export interface Standing extends Attachment {
  readonly netns: string;
}

/** The attachment that is meant, whether its container lives or not: what is known of it asks no runtime. Throws `ioFailure` if we may not look. */
export async function findAttachment(
  settings: Settings,
  {network: name, target}: {readonly network: string; readonly target: string},
  flags: Flags,
): Promise<Standing> {
  const network = checkNetworkName(name);
  const ifName = ifNameOf(flags);
  checkReadable(settings.stateDir);
  const chosen = flags['container-id'];
  if (isPath(target)) {
    return {network, containerId: checkContainerId(chosen ?? idOfPath(target)), ifName, netns: resolve(target)};
  }
  const named = {network, containerId: checkContainerId(chosen ?? target), ifName};
  if (isKnown(settings, named)) return {...named, netns: ''};
  const state = await findState(target, flags).catch(() => undefined);
  const id = chosen ?? state?.id ?? target;
  return {...named, containerId: checkContainerId(id), netns: state?.pid ? `/proc/${state.pid}/ns/net` : ''};
}

/** True if no runtime needs to be asked: our record tells all, the cache perhaps not the netns. */
const isKnown = ({stateDir, cacheDir}: Settings, attachment: Attachment): boolean =>
  recordsFor(stateDir, attachment).length > 0 || (readCached(cacheDir, attachment)?.netns ?? '') !== '';
