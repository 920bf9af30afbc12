// Foreign plugins: found in the plugin path, called as the specification has it, and not trusted: the time is bounded, and
// what comes back is parsed or refused. CNI SPEC.md section 4 "Plugin Delegation".
import {statSync} from 'node:fs';
import {timeLeft} from '../kernel/deadline.ts';
import {runProgram} from '../kernel/tool.ts';
import type {AttachmentRequest, IpamPorts, PreparedIpam} from '../plugins/plugin.ts';
import {formatCniArgs} from '../spec/cni-args.ts';
import {parseResult} from '../spec/convert.ts';
import type {Command} from '../spec/environment.ts';
import {CniError} from '../spec/error.ts';
import {Fields, isObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import type {Result} from '../spec/result.ts';
import {checkVersion} from '../spec/version.ts';

/** How foreign plugins are called: the variables that do not depend on the verb, and where they are found. */
export interface ForeignCall {
  readonly path: readonly string[];
  readonly request: AttachmentRequest;
}

const longestRun = 60_000;

/** An IPAM plugin that is a file in the plugin path. It is given the whole configuration, as it came. */
export function foreignIpam(type: string, conf: Fields, call: ForeignCall): PreparedIpam {
  const run = (command: Command) => callForeign(type, command, conf, call);
  return {
    directory: undefined,
    add: (_ports: IpamPorts) => readResult(run('ADD'), conf, type),
    del: () => void run('DEL'),
    check: () => void run('CHECK'),
    gc: () => void run('GC'),
    status: () => void run('STATUS'),
  };
}

/** Runs a plugin and returns its stdout. Throws what it answers with, with its code. */
export function callForeign(type: string, command: Command, conf: Fields, {path, request}: ForeignCall): string {
  const environment = {
    ...process.env,
    CNI_COMMAND: command,
    CNI_CONTAINERID: request.containerId,
    CNI_NETNS: request.netns,
    CNI_IFNAME: request.ifName,
    CNI_ARGS: formatCniArgs(request.args),
    CNI_PATH: path.join(':'),
  };
  const {status, stdout, stderr, reason} = runProgram(findPlugin(type, path, conf.where), [], {
    input: JSON.stringify(conf.object),
    environment,
    milliseconds: timeLeft(longestRun),
  });
  process.stderr.write(stderr);
  if (status === 0) return stdout;
  throw (
    readError(stdout) ??
    new CniError('toolFailed', `${conf.where}: plugin "${type}" ${command}: ${lastLine(stderr) || reason}`)
  );
}

/** The first regular file of that name. Throws `unknownPlugin`. */
function findPlugin(type: string, path: readonly string[], where: string): string {
  const found = path
    .map(directory => `${directory}/${type}`)
    .find(file => statSync(file, {throwIfNoEntry: false})?.isFile());
  if (found) return found;
  throw new CniError(
    'unknownPlugin',
    `${where}: there is no plugin "${type}", neither in here nor in ${path.join(':') || 'an empty CNI_PATH'}`,
  );
}

function readResult(stdout: string, conf: Fields, type: string): Result {
  const version = checkVersion(conf.string('cniVersion'));
  return parseResult(parseJson(stdout, `the answer of plugin "${type}"`), version, `the answer of plugin "${type}"`);
}

/** The error in a plugin's answer, if it is one. */
function readError(stdout: string): CniError | undefined {
  try {
    const json = parseJson(stdout, '');
    if (!isObject(json)) return undefined;
    const error = new Fields(json, '');
    return new CniError(error.integer('code', 0, 0, 2 ** 31), error.string('msg'), {details: error.string('details')});
  } catch {
    return undefined;
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
