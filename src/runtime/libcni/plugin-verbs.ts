// One verb of one plugin of a network, for what goes through a chain plugin by plugin: CHECK, STATUS, and the DEL of what
// somebody else attached. ADD does not go this way: see attach.ts, where neighbours of ours become one plan.

import type {Attachment} from '../../kernel/names.ts';
import {parseCniArgs} from '../../spec/cni-args.ts';
import {resultToJson} from '../../spec/convert.ts';
import type {Command} from '../../spec/environment.ts';
import {CniError, isKind} from '../../spec/error.ts';
import {Fields} from '../../spec/fields.ts';
import type {Network, PluginConfig} from '../../spec/network.ts';
import type {Result} from '../../spec/result.ts';
import {checkVersion, compareVersions} from '../../spec/version.ts';
import type {PluginCall} from '../call/call.ts';
import {verbsOf} from '../call/verbs-of.ts';
import {callLogged} from '../ports.ts';
import type {Settings} from '../settings.ts';
import {requestConfig} from '../wishes/request-config.ts';

/** What the verb is for. */
export interface Subject extends Attachment {
  /** Empty if it is gone, or if the verb needs none. */
  readonly netns: string;
  /** CNI_ARGS. */
  readonly args: string;
  readonly result: Result | undefined;
}

export type Verb = Extract<Command, 'DEL' | 'CHECK' | 'STATUS'>;

/**
 * Whose plugin is asked where there are two of that name: the one that made it knows best what to take away. What the
 * reference's bridge has made, its rules in iptables above all, only the reference takes away.
 */
export type Preference = 'ours' | 'file';

/** Throws what the plugin answers with. The container's lock must not be held: the plugin takes it. */
export function callVerb(
  settings: Settings,
  network: Network,
  plugin: PluginConfig,
  verb: Verb,
  subject: Subject,
  preference: Preference,
): void {
  const where = `${network.file}: network "${network.name}", plugin "${plugin.type}"`;
  const conf = withResult(new Fields(requestConfig(network, plugin, {}), where), verb, subject);
  const isOwn = verbsOf(plugin.type) !== undefined && !conf.child('cni-hook').boolean('external');
  if (isOwn && preference === 'ours') {
    callOwn(settings, network, plugin.type, conf, verb, subject);
    return;
  }
  try {
    callFile(settings, plugin.type, conf, verb, subject);
  } catch (error) {
    if (!isOwn || !isKind(error, 'unknownPlugin')) throw error;
    callOwn(settings, network, plugin.type, conf, verb, subject);
  }
}

/** What came before goes along from 0.4.0 on, but to STATUS. */
function withResult(conf: Fields, verb: Verb, {result}: Subject): Fields {
  const version = conf.string('cniVersion');
  if (verb === 'STATUS' || !result || compareVersions(version, '0.4.0') < 0) return conf;
  return new Fields({...conf.object, prevResult: resultToJson(result, checkVersion(version))}, conf.where);
}

function callFile(settings: Settings, type: string, conf: Fields, command: Verb, subject: Subject): void {
  const request = {...subject, salt: '', args: parseCniArgs(subject.args)};
  callLogged(settings, {type, command, conf: conf.object, request, where: conf.where});
}

function callOwn(
  settings: Settings,
  {file}: Network,
  type: string,
  conf: Fields,
  command: Verb,
  subject: Subject,
): void {
  const {network, containerId, netns, ifName, args, result} = subject;
  const parameters = {command, containerId, netns, ifName, args, path: settings.pluginDirs};
  const cniVersion = conf.string('cniVersion');
  const call: PluginCall = {
    type,
    parameters,
    conf,
    file,
    network,
    cniVersion,
    previous: result,
    settings,
    ownNetnsAllowed: false,
  };
  const verbs = verbsOf(type);
  if (command === 'DEL') verbs?.del(call);
  else if (command === 'STATUS') verbs?.status(call);
  else if (result) verbs?.check(call, result);
  else throw new CniError('invalidConfig', `${conf.where}: CHECK needs a result`);
}
