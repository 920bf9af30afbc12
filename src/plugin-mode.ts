// The CNI plugin: CNI_* in the environment, a configuration on stdin, one JSON document on stdout, whatever happens.
// The order of the checks is the reference's, so that a caller gets the same code for the same mistake.
import {readFileSync, writeSync} from 'node:fs';
import {setDeadline} from './kernel/deadline.ts';
import {listedIn, type PluginCall} from './runtime/call/call.ts';
import {verbsOf} from './runtime/call/verbs-of.ts';
import {setLogLevel} from './runtime/log.ts';
import {loadSettings} from './runtime/settings.ts';
import {parseResult, resultToJson} from './spec/convert.ts';
import {type Parameters, parseParameters, type Variables} from './spec/environment.ts';
import {CniError, errorCodes, reasonOf} from './spec/error.ts';
import {Fields, isObject, type JsonObject} from './spec/fields.ts';
import {parseJson} from './spec/json.ts';
import {checkNetworkName} from './spec/names.ts';
import {checkVersion, compareVersions, newest, type Version, versions} from './spec/version.ts';

const secondsAllowed = 110;

/** The first version that has the verb. */
const since = {ADD: '0.1.0', DEL: '0.1.0', CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0'} as const;

/** True if there is a plugin of that name. */
export const isPlugin = (type: string): boolean => verbsOf(type) !== undefined;

/** Runs the plugin as its environment asks for, and returns the exit code. */
export function runPlugin(type: string, environment: Variables): number {
  if (!environment.CNI_COMMAND) {
    process.stderr.write(`CNI plugin ${type} of cni-hook\nCNI protocol versions supported: ${versions.join(', ')}\n`);
    return 0;
  }
  setDeadline(secondsAllowed);
  let conf: Fields | undefined;
  try {
    const parameters = parseParameters(environment);
    const text = readStdin();
    const json =
      parameters.command === 'VERSION' && text.trim() === '' ? {} : parseJson(text, 'the configuration on stdin');
    if (!isObject(json)) throw new CniError('decodingFailure', 'the configuration on stdin is not an object');
    conf = new Fields(json, `plugin "${type}"`);
    const answer = answerTo(type, parameters, conf, environment);
    if (answer) print(answer);
    return 0;
  } catch (error) {
    print(errorJson(error, versionFor(conf)));
    return 1;
  }
}

function answerTo(type: string, parameters: Parameters, conf: Fields, environment: Variables): JsonObject | undefined {
  const {command} = parameters;
  if (command === 'VERSION') {
    return {cniVersion: conf.string('cniVersion') || newest, supportedVersions: [...versions]};
  }
  const network = checkNetworkName(conf.string('name'));
  const asked = conf.string('cniVersion') || '0.1.0';
  if (compareVersions(asked, since[command]) < 0) {
    throw new CniError(
      'incompatibleVersion',
      `config version "${asked}" does not allow ${command}: it needs ${since[command]}`,
    );
  }
  const version = checkVersion(asked);
  const settings = loadSettings({}, environment);
  setLogLevel(settings.logLevel);
  const call: PluginCall = {
    type,
    parameters,
    conf: new Fields(conf.object, `network "${network}", plugin "${type}"`),
    file: 'stdin',
    network,
    cniVersion: version,
    previous: parsePrevious(conf, version),
    settings,
    ownNetnsAllowed: ['1', 'true'].includes((environment.CNI_NETNS_OVERRIDE ?? '').toLowerCase()),
  };
  return run(call, version);
}

function run(call: PluginCall, version: Version): JsonObject | undefined {
  const verbs = verbsOf(call.type);
  if (!verbs) throw new CniError('unknownPlugin', `there is no plugin "${call.type}"`);
  switch (call.parameters.command) {
    case 'ADD':
      return resultToJson(verbs.add(call), version);
    case 'DEL':
      verbs.del(call);
      return undefined;
    case 'CHECK':
      if (!call.previous) throw new CniError('invalidConfig', `${call.conf.where}: CHECK needs "prevResult"`);
      verbs.check(call, call.previous);
      return undefined;
    case 'GC':
      verbs.gc(call, listedIn(parseValid(call.conf)));
      return undefined;
    case 'STATUS':
      verbs.status(call);
      return undefined;
    case 'VERSION':
      return undefined;
  }
}

/** The list of who may stay, under either of the names that it goes by. */
function parseValid(conf: Fields): readonly {containerId: string; ifName: string}[] {
  const key = conf.raw('cni.dev/valid-attachments') === undefined ? 'cni.dev/attachments' : 'cni.dev/valid-attachments';
  return conf.children(key).map(item => ({containerId: item.string('containerID'), ifName: item.string('ifname')}));
}

function parsePrevious(conf: Fields, version: Version): PluginCall['previous'] {
  const previous = conf.raw('prevResult');
  return previous === undefined ? undefined : parseResult(previous, version, `${conf.where}, "prevResult"`);
}

function readStdin(): string {
  try {
    return readFileSync(0, 'utf8');
  } catch (cause) {
    throw new CniError('ioFailure', `cannot read the configuration from stdin: ${reasonOf(cause)}`, {cause});
  }
}

/** The version that an error is told in: the configuration's, whatever else is wrong with it, if it is one of ours. */
function versionFor(conf: Fields | undefined): Version {
  const asked = conf?.raw('cniVersion') ?? '';
  return versions.find(version => version === asked) ?? (conf && asked === '' ? '0.1.0' : newest);
}

function errorJson(error: unknown, cniVersion: string): JsonObject {
  const code = error instanceof CniError ? error.code : errorCodes.ioFailure;
  const details = error instanceof CniError ? error.details : undefined;
  return {cniVersion, code, msg: reasonOf(error), ...(details && {details})};
}

/** Not by process.stdout: to load the engine's streams takes two milliseconds. */
function print(json: JsonObject): void {
  const bytes = new TextEncoder().encode(JSON.stringify(json, undefined, 4));
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes.subarray(at));
}
