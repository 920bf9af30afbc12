// Our executable under the names of plugins in a private host, and calls of it as a runtime makes them. Every answer is
// held against what the specification promises of all answers, whatever a test goes on to look at.
import {expect} from '@jest/globals';
import {executable, type Host, type Outcome} from '../host.ts';

export interface Call {
  readonly type: string;
  readonly verb: 'ADD' | 'DEL' | 'CHECK' | 'GC' | 'STATUS' | 'VERSION';
  /** Text is given as it is. */
  readonly conf: object | string;
  /** Goes over what an attachment of "c1" has; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Answer {
  readonly exitCode: number;
  /** Undefined if nothing was printed. */
  readonly json: Json | undefined;
  readonly stderr: string;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of somebody else, of which every test looks at another part
export type Json = any;

export const pluginDir = '/opt/cni/bin';
/** Not under /run, which snapshots read: a netns can't be read. */
export const netnsPath = (name: string): string => `/mnt/netns/${name}`;
/** Shell commands. Its lo has been up before, for the kernel leaves 127.0.0.1 on it from then on. */
export const makeNetns = (name: string): string =>
  [
    `mkdir -p /mnt/netns; touch ${netnsPath(name)}`,
    `unshare --net=${netnsPath(name)} sh -c 'ip link set lo up; ip link set lo down'`,
  ].join('\n');
/** Keeps it alive under another name, NAME-held. */
export const holdNetns = (name: string): string =>
  `touch ${netnsPath(name)}-held; mount --bind ${netnsPath(name)} ${netnsPath(name)}-held`;
/** If it is there, or something else in its place. */
export const removeNetns = (name: string): string =>
  `umount ${netnsPath(name)} 2>/dev/null || :; rm -f ${netnsPath(name)}`;
export const inNetns = (name: string): string => `nsenter --net=${netnsPath(name)}`;

export const sh = (host: Host, ...commands: readonly string[]): Promise<string> =>
  host.must('sh', ['-ec', commands.join('\n')]);

/** Puts our executable under these names into the plugin directory. */
export async function linkPlugins(host: Host, types: readonly string[], directory = pluginDir): Promise<void> {
  const links = types.map(type => `ln -sf ${executable} ${directory}/${type}`);
  await host.must('sh', ['-ec', [`mkdir -p ${directory}`, ...links].join('\n')]);
}

/** Calls a plugin for the container "c1" with a netns of that name, unless told otherwise. */
export async function call(host: Host, {type, verb, conf, env = {}}: Call): Promise<Answer> {
  const outcome = await host.run(`${pluginDir}/${type}`, [], {
    env: defined({...variables(verb), ...env}),
    input: typeof conf === 'string' ? conf : JSON.stringify(conf),
  });
  return answerOf(outcome, verb);
}

/** The same, and the call must succeed. */
export async function succeed(host: Host, options: Call): Promise<Json> {
  const {exitCode, json, stderr} = await call(host, options);
  if (exitCode !== 0) throw new Error(`${options.type} ${options.verb}: ${JSON.stringify(json)} ${stderr}`);
  return json;
}

function variables(verb: Call['verb']): Record<string, string> {
  const everybody = {CNI_COMMAND: verb, CNI_PATH: pluginDir};
  if (verb === 'VERSION' || verb === 'GC' || verb === 'STATUS') return everybody;
  return {...everybody, CNI_CONTAINERID: 'c1', CNI_NETNS: netnsPath('c1'), CNI_IFNAME: 'eth0'};
}

const defined = (variables: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter((pair): pair is [string, string] => pair[1] !== undefined));

/** SPEC.md "Result", "Error": one JSON document on stdout or none, exit 0 or an error that is complete. */
function answerOf({exitCode, stdout, stderr}: Outcome, verb: Call['verb']): Answer {
  const json = stdout === '' ? undefined : (JSON.parse(stdout) as Json);
  if (exitCode === 0) {
    if (verb === 'ADD' || verb === 'VERSION') expect(json).toMatchObject({cniVersion: expect.any(String)});
    else expect(stdout).toBe('');
  } else {
    expect({exitCode, json}).toMatchObject({
      exitCode: 1,
      json: {
        cniVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        code: expect.any(Number),
        msg: expect.stringMatching(/^.{10,}$/),
      },
    });
    expect(Object.keys(json).filter(key => !['cniVersion', 'code', 'msg', 'details'].includes(key))).toEqual([]);
  }
  expect(stderr).not.toMatch(/^\s+at /m);
  return {exitCode, json, stderr};
}
