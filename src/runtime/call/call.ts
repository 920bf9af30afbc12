// One plugin, called on its own by somebody else's runtime: what came with the call, and the verbs that it may be for.

import {makeSalt} from '../../kernel/salt.ts';
import type {AttachmentRequest, IpamPorts, Owner} from '../../plugins/plugin.ts';
import {parseCniArgs} from '../../spec/cni-args.ts';
import type {Parameters} from '../../spec/environment.ts';
import type {Fields} from '../../spec/fields.ts';
import type {Network} from '../../spec/network.ts';
import type {Result} from '../../spec/result.ts';
import {ipamPorts} from '../ports.ts';
import {findRecord} from '../record.ts';
import type {Settings} from '../settings.ts';
import {isRunning} from '../signs.ts';

/** A call, parsed and checked as far as it goes without the plugin. */
export interface PluginCall {
  readonly type: string;
  readonly parameters: Parameters;
  /** The whole configuration. */
  readonly conf: Fields;
  /** Where it stands: a file, or "stdin". */
  readonly file: string;
  readonly network: string;
  readonly cniVersion: string;
  readonly previous: Result | undefined;
  readonly settings: Settings;
  /** Whether the plugin's own netns may be the container's (CNI_NETNS_OVERRIDE). */
  readonly ownNetnsAllowed: boolean;
}

/** What a plugin can be called for (SPEC.md, "CNI operations"). */
export interface Verbs {
  /** Asked again for an attachment that stands, it answers the same. */
  readonly add: (call: PluginCall) => Result;
  /** Never fails for what is already gone. */
  readonly del: (call: PluginCall) => void;
  /** Throws `attachmentFaulty` and names everything that is missing or changed. */
  readonly check: (call: PluginCall, result: Result) => void;
  /** Takes back all but the valid; goes on past what fails and throws all of it as one. */
  readonly gc: (call: PluginCall, isValid: (owner: Owner) => boolean) => void;
  /** Throws `pluginNotAvailable` if an ADD could not succeed. */
  readonly status: (call: PluginCall) => void;
}

export function requestOf({network, parameters}: PluginCall): AttachmentRequest {
  const {containerId, ifName, netns} = parameters;
  const salt = makeSalt();
  return {network, containerId, ifName, netns, salt, args: parseCniArgs(parameters.args)};
}

const alone = {disableCheck: false, disableGC: false, keepSeconds: 0} as const;

/** Without our own key: who is called as a plugin is the file that "external" asks for. */
export function networkOf({network, cniVersion, type, conf, file}: PluginCall): Network {
  const {'cni-hook': _, ...json} = conf.object;
  return {name: network, cniVersion, plugins: [{type, json}], file, ...alone};
}

export const portsOf = ({settings, parameters}: PluginCall): IpamPorts =>
  ipamPorts({...settings, pluginDirs: parameters.path}, () => undefined);

/** Says of an owner whether the list names it. A lease that names no interface is from a reference of long ago. */
export function listedIn(valid: readonly Owner[]): (owner: Owner) => boolean {
  const keyOf = ({containerId, ifName}: Owner) => `${containerId}\n${ifName}`;
  const known = new Set(valid.flatMap(owner => [keyOf(owner), keyOf({...owner, ifName: ''})]));
  return owner => known.has(keyOf(owner));
}

/** True for what our own hook attached and still runs: whoever calls for gc knows nothing of it. */
export function isHooks({settings, network}: PluginCall, owner: Owner): boolean {
  const record = findRecord(settings.stateDir, {network, ...owner, plugin: ''});
  return record !== undefined && isRunning(record);
}
