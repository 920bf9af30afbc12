// Foreign plugins: found in the plugin path, called as the specification has it, and not trusted: their time is bounded,
// and what they answer is parsed or refused. CNI SPEC.md section 2, section 4 "Plugin Delegation".
import {statSync} from 'node:fs';
import {timeLeft} from '../kernel/deadline.ts';
import {sleep} from '../kernel/flock.ts';
import {type Ended, runProgram} from '../kernel/tool.ts';
import type {ForeignCall} from '../plugins/plugin.ts';
import {formatCniArgs} from '../spec/cni-args.ts';
import {CniError} from '../spec/error.ts';
import {readForeignError} from './foreign-answer.ts';

// Milliseconds. "Text file busy" comes while a package manager writes the file.
const longestRun = 60_000;
const busyPause = 200;
const busyTries = 10;

/** Runs a plugin and returns its stdout; `say` is told what it wrote on stderr. Throws what it answers with, with its code. */
export function callForeign(path: readonly string[], foreign: ForeignCall, say: (text: string) => void): string {
  const {type, command, where} = foreign;
  const {status, stdout, stderr, reason} = runPatiently(findPlugin(type, path, where), foreign, path);
  if (stderr !== '') say(stderr);
  if (status === 0) return stdout;
  const prefix = `${where}: plugin "${type}" failed to ${command}`;
  throw readForeignError(stdout, prefix) ?? new CniError('toolFailed', `${prefix}: ${lastLine(stderr) || reason}`);
}

function runPatiently(file: string, {command, request, conf}: ForeignCall, path: readonly string[]): Ended {
  const environment = {
    ...process.env,
    CNI_COMMAND: command,
    CNI_CONTAINERID: request.containerId,
    CNI_NETNS: request.netns,
    CNI_IFNAME: request.ifName,
    CNI_ARGS: formatCniArgs(request.args),
    CNI_PATH: path.join(':'),
  };
  const options = {input: JSON.stringify(conf), environment, milliseconds: timeLeft(longestRun)};
  for (let tries = 1; ; tries++) {
    const ended = runProgram(file, [], options);
    if (ended.code !== 'ETXTBSY' || tries === busyTries) return ended;
    sleep(busyPause);
  }
}

/** The first regular file of that name. Throws `unknownPlugin`. */
export function findPlugin(type: string, path: readonly string[], where: string): string {
  const files = path.map(directory => `${directory}/${type}`);
  const found = files.find(file => statSync(file, {throwIfNoEntry: false})?.isFile());
  if (found) return found;
  const places = path.join(':') || 'an empty plugin path';
  throw new CniError(
    'unknownPlugin',
    `${where}: there is no plugin "${type}": it is none of ours, and not in ${places}`,
  );
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
