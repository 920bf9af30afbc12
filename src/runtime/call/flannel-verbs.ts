// The verbs of flannel, called on its own: each goes on to the delegate. What was delegated at ADD is remembered in a file,
// the reference's own, since by the time of the DEL flanneld may have another lease, or none.
import {mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {memoryOf} from '../../plugins/flannel/flannel.ts';
import {resultToJson} from '../../spec/convert.ts';
import type {Command} from '../../spec/environment.ts';
import {Fields, isObject} from '../../spec/fields.ts';
import {parseJson} from '../../spec/json.ts';
import type {Result} from '../../spec/result.ts';
import {checkVersion} from '../../spec/version.ts';
import {readDelegate} from '../delegates.ts';
import {readForeignResult} from '../foreign-answer.ts';
import {isOwnPlugin} from '../own-segment.ts';
import {callLogged} from '../ports.ts';
import {type PluginCall, requestOf, type Verbs} from './call.ts';
import {interfaceVerbs} from './interface-verbs.ts';

export const flannelVerbs: Verbs = {
  add: call => {
    const delegated = asDelegate(call, readDelegate(call.conf));
    remember(call, delegated.conf);
    try {
      return isOwnPlugin(delegated.type) ? interfaceVerbs.add(delegated) : addForeign(delegated);
    } catch (error) {
      forget(call);
      throw error;
    }
  },
  del: call => {
    const delegated = recall(call);
    if (!delegated) return;
    if (isOwnPlugin(delegated.type)) interfaceVerbs.del(delegated);
    else callFile(delegated, 'DEL');
    forget(call);
  },
  check: (call, result) => {
    const delegated = recall(call) ?? asDelegate(call, readDelegate(call.conf));
    if (isOwnPlugin(delegated.type)) interfaceVerbs.check(delegated, result);
    else callFile(delegated, 'CHECK');
  },
  gc: (call, isValid) => {
    const delegated = asDelegate(call, readDelegate(call.conf));
    if (isOwnPlugin(delegated.type)) interfaceVerbs.gc(delegated, isValid);
    else callFile(delegated, 'GC');
  },
  status: call => {
    const delegated = asDelegate(call, readDelegate(call.conf));
    if (isOwnPlugin(delegated.type)) interfaceVerbs.status(delegated);
    else callFile(delegated, 'STATUS');
  },
};

function asDelegate(call: PluginCall, json: Fields['object']): PluginCall {
  const conf = new Fields(json, call.conf.where);
  return {...call, type: conf.string('type'), conf};
}

/** A delegate that fails to ADD gets a DEL (SPEC.md section 4). */
function addForeign(call: PluginCall): Result {
  try {
    return readForeignResult(callFile(call, 'ADD'), call.type, call.cniVersion);
  } catch (error) {
    try {
      callFile(call, 'DEL');
    } catch {
      // What the ADD failed for says more.
    }
    throw error;
  }
}

function callFile(call: PluginCall, command: Command): string {
  const {type, conf, previous, settings, parameters, cniVersion} = call;
  const prevResult = previous && resultToJson(previous, checkVersion(cniVersion));
  const stdin = {...conf.object, ...(prevResult && {prevResult})};
  const request = {...requestOf(call), netns: parameters.netns};
  return callLogged(
    {...settings, pluginDirs: parameters.path},
    {type, command, conf: stdin, request, where: conf.where},
  );
}

function remember({conf, parameters}: PluginCall, delegate: Fields): void {
  const path = memoryOf(conf, parameters.containerId);
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  writeFileSync(`${path}.new`, JSON.stringify(delegate.object), {mode: 0o600});
  renameSync(`${path}.new`, path);
}

/** Undefined if there was no ADD, or if it was undone. */
function recall(call: PluginCall): PluginCall | undefined {
  const path = memoryOf(call.conf, call.parameters.containerId);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const json = parseJson(text, path);
  return isObject(json) ? asDelegate(call, json) : undefined;
}

const forget = ({conf, parameters}: PluginCall): void => rmSync(memoryOf(conf, parameters.containerId), {force: true});
