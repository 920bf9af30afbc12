// How a runtime calls a plugin: the CNI_* variables, checked by a table of what each verb needs (SPEC.md, "Parameters").
import {CniError} from './error.ts';
import {checkContainerId, checkIfName} from './names.ts';

export const commands = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const;
export type Command = (typeof commands)[number];

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Parameters {
  readonly command: Command;
  /** Empty where the verb has none, and so are the two below. */
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  readonly args: string;
  /** The directories of CNI_PATH. */
  readonly path: readonly string[];
}

const attachment = ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'];

const required: Readonly<Record<Command, readonly string[]>> = {
  ADD: attachment,
  CHECK: attachment,
  DEL: attachment.filter(name => name !== 'CNI_NETNS'),
  GC: ['CNI_PATH'],
  STATUS: ['CNI_PATH'],
  VERSION: [],
};

/** Throws `invalidEnvironment`; one message names everything that is missing. */
export function parseParameters(variables: Variables): Parameters {
  const command = commands.find(known => known === variables.CNI_COMMAND);
  if (!command) throw new CniError('invalidEnvironment', `unknown CNI_COMMAND: ${variables.CNI_COMMAND ?? ''}`);
  const missing = required[command].filter(name => !variables[name]);
  if (missing.length > 0) {
    throw new CniError('invalidEnvironment', `required env variables [${missing.join(',')}] missing`);
  }
  const needs = (name: string) => required[command].includes(name);
  const {CNI_CONTAINERID = '', CNI_NETNS = '', CNI_IFNAME = '', CNI_ARGS = '', CNI_PATH = ''} = variables;
  if (needs('CNI_CONTAINERID')) checkContainerId(CNI_CONTAINERID);
  if (needs('CNI_IFNAME')) checkIfName(CNI_IFNAME);
  return {
    command,
    containerId: CNI_CONTAINERID,
    netns: CNI_NETNS,
    ifName: CNI_IFNAME,
    args: CNI_ARGS,
    path: CNI_PATH.split(':').filter(directory => directory !== ''),
  };
}
