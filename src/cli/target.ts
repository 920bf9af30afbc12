// Who is meant by TARGET: a netns by its path, or a running container by its id, which runc, crun or podman knows. They are
// asked through their own commands, each with the environment that it would have at this terminal.
import {createHash} from 'node:crypto';
import {basename, resolve} from 'node:path';
import {execa} from 'execa';
import {closeNetns, openNetns} from '../kernel/netns.ts';
import {type Container, openContainer} from '../runtime/container.ts';
import {CniError, reasonOf} from '../spec/error.ts';
import {Fields} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {checkContainerId} from '../spec/names.ts';
import {parseState, type State} from '../spec/state.ts';

export interface TargetFlags {
  /** A runtime's name or path; undefined tries all that there are. */
  readonly runtime?: string | undefined;
  /** The runtime's own state directory. */
  readonly root?: string | undefined;
  /** Replaces the id that is found or derived. */
  readonly 'container-id'?: string | undefined;
}

const runtimes = ['runc', 'crun', 'podman'];
const milliseconds = 10_000;

export const isPath = (target: string): boolean => target.includes('/');

/** The id that cnitool gives to a netns: the same path has the same id, so that a later call finds what an earlier one did. */
export function idOfPath(path: string): string {
  const digest = createHash('sha512').update(resolve(path)).digest('hex');
  return `cnitool-${digest.slice(0, 20)}`;
}

/** Opens it; the caller closes its netns. Throws `unknownContainer`, `noNetns`. */
export async function openTarget(target: string, flags: TargetFlags): Promise<Container> {
  const id = flags['container-id'];
  if (!isPath(target)) {
    const state = await findState(target, flags);
    return openContainer({...state, id: id ?? state.id}, 'running');
  }
  const path = resolve(target);
  const containerId = checkContainerId(id ?? idOfPath(path));
  return {id: containerId, process: undefined, netns: openNetns(path), bundle: '', stage: 'running'};
}

/** The same for a moment. */
export async function withTarget<T>(target: string, flags: TargetFlags, work: (container: Container) => T): Promise<T> {
  const container = await openTarget(target, flags);
  try {
    return work(container);
  } finally {
    closeNetns(container.netns);
  }
}

/** The running container of that id, or of that name where its runtime has names. Throws `unknownContainer`. */
export async function findState(target: string, {runtime, root}: TargetFlags): Promise<State> {
  const reasons: string[] = [];
  for (const name of runtime === undefined ? runtimes : [runtime]) {
    const found = await ask(name, target, root);
    if (typeof found !== 'string' && found.pid !== undefined) return found;
    reasons.push(typeof found === 'string' ? found : `${name}: it is ${found.status}`);
  }
  const asRoot = 'name the runtime with --runtime and --root, or the path of a network namespace';
  const hint = process.getuid?.() === 0 ? asRoot : 'run this as root';
  throw new CniError('unknownContainer', `there is no running container "${target}" (${reasons.join('; ')}): ${hint}`);
}

/** What the runtime tells, or why it tells nothing. */
async function ask(runtime: string, target: string, root: string | undefined): Promise<State | string> {
  const isPodman = basename(runtime).startsWith('podman');
  const question = isPodman ? ['inspect', '--type', 'container', '--', target] : ['state', target];
  const args = [...(root === undefined ? [] : ['--root', root]), ...question];
  const {exitCode, stdout, stderr, code} = await execa(runtime, args, {
    reject: false,
    stdin: 'ignore',
    timeout: milliseconds,
  });
  if (code === 'ENOENT') return `${runtime}: not installed`;
  if (exitCode !== 0) return `${runtime}: ${stderr.trim().split('\n').at(-1) || `exit status ${exitCode}`}`;
  try {
    return isPodman ? stateOfPodman(stdout) : parseState(stdout);
  } catch (error) {
    return `${runtime}: ${reasonOf(error)}`;
  }
}

function stateOfPodman(text: string): State {
  const what = 'the answer of podman inspect';
  const json = parseJson(text, what);
  const container = new Fields(Array.isArray(json) ? json[0] : json, what);
  const state = container.child('State');
  return {
    id: container.string('Id'),
    pid: state.integer('Pid', 0, 0, 2 ** 22) || undefined,
    status: state.string('Status'),
    bundle: '',
    annotations: {},
  };
}
