// A private host for one test file: a process under test/private-host that holds network, mounts and processes of its
// own, and functions that work inside it. Nothing in it outlives close(), and the machine sees none of it but cgroups,
// which close() takes away. Its files are reached from here under /proc/PID/root.
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {constants} from 'node:os';
import {dirname} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {type BundleOptions, bundleDir, bundleOf, rootfs} from './fixtures/bundle.ts';
import {newCgroupName, removeAbandonedCgroups, removeCgroups} from './fixtures/cgroups.ts';
import {type Outside, startOutside} from './fixtures/outside.ts';
import {type Snapshot, takeSnapshot} from './fixtures/snapshot.ts';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
/** The executable under test. */
export const executable = process.env.CNI_HOOK_EXECUTABLE ?? `${project}/dist/cni-hook`;

export interface Outcome {
  /** 128 and the signal's number more if it was killed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The network namespace of this process of the private host. */
  readonly netnsOf?: number;
}

/** A process of the private host with a network namespace of its own: it serves as a container. */
export interface Netns {
  readonly pid: number;
  readonly run: (command: string, args: readonly string[]) => Promise<Outcome>;
  /** Kills it and waits until it is gone. */
  readonly end: () => Promise<void>;
}

export interface HookOptions extends RunOptions {
  /** A command that runs the hook, such as strace. */
  readonly under?: readonly string[];
}

export interface Host {
  /** Runs a command and never throws. */
  readonly run: (command: string, args: readonly string[], options?: RunOptions) => Promise<Outcome>;
  /** Runs a command and returns its stdout; throws if it fails. */
  readonly must: (command: string, args: readonly string[], options?: RunOptions) => Promise<string>;
  /** `state` is given on stdin: an object as JSON, text as it is. */
  readonly hook: (
    name: string,
    state: object | string,
    flags?: readonly string[],
    options?: HookOptions,
  ) => Promise<Outcome>;
  readonly netns: () => Promise<Netns>;
  /** Writes a bundle for a container with busybox in it and returns its directory. */
  readonly bundle: (id: string, options: BundleOptions) => string;
  readonly runc: (...args: readonly string[]) => Promise<Outcome>;
  readonly crun: (...args: readonly string[]) => Promise<Outcome>;
  readonly snapshot: () => Promise<Snapshot>;
  /** A second host, 192.0.2.2 and 2001:db8:2::2, that knows this one as 192.0.2.1 and 2001:db8:2::1 and nothing behind it. */
  readonly addOutside: () => Promise<Outside>;
  readonly write: (path: string, content: string | object) => void;
  readonly read: (path: string) => string;
  /** The names in a directory, none if it is not there. */
  readonly list: (path: string) => readonly string[];
  readonly close: () => Promise<void>;
}

/** The caller must await `close`. */
export async function createHost(): Promise<Host> {
  await removeAbandonedCgroups();
  const cgroup = newCgroupName();
  const holder = execa(
    'setpriv',
    ['--pdeathsig', 'KILL', `${project}/test/private-host`, 'sh', '-c', 'echo ready; exec sleep infinity'],
    {...quietly, stdin: 'ignore', buffer: false},
  );
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('exit', () => reject(new Error('test/private-host ended at once')));
  });
  const {pid} = holder;
  const root = `/proc/${pid}/root`;
  const enter = ['--target', String(pid), '--net', '--mount', `--pid=/proc/${pid}/ns/pid_for_children`, '--'];

  const run: Host['run'] = async (command, args, {input, env = {}, cwd = '/', netnsOf} = {}) => {
    const inside = netnsOf === undefined ? [] : ['nsenter', `--net=/proc/${netnsOf}/ns/net`, '--'];
    const {exitCode, signal, stdout, stderr} = await execa(
      'nsenter',
      [...enter, 'env', '-i', '-C', cwd, ...assignments(env), ...inside, command, ...args],
      {...quietly, ...(input === undefined ? {stdin: 'ignore'} : {input})},
    );
    const code = exitCode ?? 128 + (signal ? constants.signals[signal] : 0);
    return {exitCode: code, stdout: String(stdout ?? ''), stderr: String(stderr ?? '')};
  };
  const must: Host['must'] = async (command, args, options) => {
    const {exitCode, stdout, stderr} = await run(command, args, options);
    if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${exitCode}: ${stderr}`);
    return stdout;
  };
  const write: Host['write'] = (path, content) => {
    mkdirSync(dirname(root + path), {recursive: true});
    writeFileSync(root + path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
  };
  const read: Host['read'] = path => readFileSync(root + path, 'utf8');
  const list: Host['list'] = path => (existsSync(root + path) ? readdirSync(root + path).sort() : []);

  const netns: Host['netns'] = async () => {
    const process = execa('nsenter', [...enter, 'unshare', '--net', 'sh', '-c', 'echo $$; exec sleep infinity'], {
      ...quietly,
      stdin: 'ignore',
      buffer: false,
    });
    const first = await new Promise<Buffer>(resolve => process.stdout.once('data', resolve));
    const inner = Number(String(first));
    return {
      pid: inner,
      run: (command, args) => run(command, args, {netnsOf: inner}),
      end: async () => {
        await run('kill', ['-9', String(inner)]);
        await process;
      },
    };
  };

  // A container that goes on in the background keeps the pipes of whoever started it: it gets files.
  let outputs = 0;
  const runtime = async (command: readonly string[], args: readonly string[]): Promise<Outcome> => {
    const output = `/mnt/output/${outputs++}`;
    write(`${output}.out`, '');
    const script = 'out=$1; shift; exec "$@" >"$out.out" 2>"$out.err"';
    const {exitCode} = await run('sh', ['-c', script, 'sh', output, ...command, ...args]);
    return {exitCode, stdout: read(`${output}.out`).trimEnd(), stderr: read(`${output}.err`).trimEnd()};
  };
  const bundle: Host['bundle'] = (id, options) => {
    const directory = bundleDir(id);
    write(`${directory}/config.json`, bundleOf(id, `/${cgroup}/${id}`, executable, options));
    return directory;
  };

  await must('sh', ['-ec', `mkdir -p ${rootfs}; cd ${rootfs}; mkdir bin dev proc; cp /bin/busybox bin`]);
  await must('chroot', [rootfs, '/bin/busybox', '--install', '-s', '/bin']);

  return {
    run,
    must,
    write,
    read,
    list,
    netns,
    bundle,
    hook: (name, state, flags = [], {under = [], ...options} = {}) => {
      const [command = executable, ...args] = [...under, executable, name, ...flags];
      return run(command, args, {input: typeof state === 'string' ? state : JSON.stringify(state), ...options});
    },
    runc: (...args) => runtime(['runc'], args),
    crun: (...args) => runtime(crunCommand, args),
    snapshot: () => takeSnapshot(must, ['/run', '/var/lib/cni', '/etc/cni'], root),
    addOutside: () => startOutside({must, netns, write}),
    close: async () => {
      const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      holder.kill('SIGKILL');
      await holder;
      // The first process of a pid namespace ends when all others have ended.
      while (!hasEnded(first)) await pause(5);
      await removeCgroups(cgroup);
    },
  };
}

/** True for a process that waits for its parent, too. */
function hasEnded(pid: string): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** A failure is a result; and no clean-up by execa at exit, which Jest's own clean-up of globals turns into a crash. */
const quietly = {reject: false, cleanup: false} as const;

/** crun refuses a host that has cgroups of both versions, so there it is not shown the second. */
const crunCommand = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; exec crun --cgroup-manager=cgroupfs "$@"',
  'crun',
];

function assignments(env: Readonly<Record<string, string>>): readonly string[] {
  const all = {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...env};
  return Object.entries(all).map(([key, value]) => `${key}=${value}`);
}
