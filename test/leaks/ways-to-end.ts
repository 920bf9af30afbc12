// The ways in which a container's life goes wrong or ends: the rows of the matrix of what runtimes do about poststop.
// After each the container is gone; whether its poststop was called is the runtime's affair.
import {type BundleOptions, hookLines} from '../fixtures/bundle.ts';
import type {Runtime} from '../fixtures/container.ts';
import {executable, type Host, type Outcome} from '../host.ts';
import {until} from './settled.ts';

export interface WayToEnd {
  readonly what: string;
  /** The runtimes that call poststop, so that nothing is left before anybody looks for it. */
  readonly poststop: readonly Runtime[];
  /** Those that can do it at all. */
  readonly only?: readonly Runtime[];
  /** Has a container with id "c1" live and end this way. */
  readonly end: (host: Host, runtime: Runtime) => Promise<unknown>;
}

const both: readonly Runtime[] = ['runc', 'crun'];
const hook = (args: readonly string[], more: object = {}) => ({path: executable, args: ['cni-hook', ...args], ...more});
const shell = (script: string, more: object = {}) => ({path: '/bin/sh', args: ['sh', '-c', script], ...more});
const ours = hookLines(executable);
const fails = shell('exit 3');
/** Writes down which process is the runtime's, then attaches, after `before`. */
const noting = (before = ''): object => shell(`echo $PPID >/mnt/runtime; ${before} exec ${executable} createRuntime`);

export const waysToEnd: readonly WayToEnd[] = [
  {
    what: 'the process exits by itself, in the foreground',
    poststop: both,
    end: (host, runtime) => run(host, runtime, {command: ['true']}),
  },
  {
    what: 'the process exits by itself, in the background, and is deleted',
    poststop: both,
    end: async (host, runtime) => {
      await run(host, runtime, {command: ['sleep', '0.1']}, '--detach');
      await untilStopped(host, runtime);
      await succeed(host[runtime]('delete', 'c1'));
    },
  },
  {
    what: 'the process exits by itself, in the background, and nobody deletes it',
    poststop: [],
    end: async (host, runtime) => {
      await run(host, runtime, {command: ['sleep', '0.1']}, '--detach');
      await untilStopped(host, runtime);
      await forgetByRuntime(host, runtime);
    },
  },
  {
    what: 'it is killed and deleted',
    poststop: both,
    end: async (host, runtime) => {
      await run(host, runtime, {}, '--detach');
      await succeed(host[runtime]('kill', 'c1', 'KILL'));
      await untilStopped(host, runtime);
      await succeed(host[runtime]('delete', 'c1'));
    },
  },
  {
    what: 'it is deleted by force',
    poststop: both,
    end: async (host, runtime) => {
      await run(host, runtime, {}, '--detach');
      await succeed(host[runtime]('delete', '--force', 'c1'));
    },
  },
  {
    what: 'it is created and deleted, and never started',
    poststop: both,
    end: async (host, runtime) => {
      await succeed(host[runtime]('create', '--bundle', host.bundle('c1', {}), 'c1'));
      await succeed(host[runtime]('delete', '--force', 'c1'));
    },
  },
  {
    what: 'another createRuntime hook fails behind ours',
    poststop: ['runc'],
    end: (host, runtime) => runRefused(host, runtime, {createRuntime: [...list(ours.createRuntime), fails]}),
  },
  {
    what: 'another createRuntime hook takes too long',
    poststop: ['runc'],
    end: (host, runtime) =>
      runRefused(host, runtime, {createRuntime: [...list(ours.createRuntime), shell('exec sleep 9', {timeout: 1})]}),
  },
  {
    what: 'our createRuntime takes too long for the runtime, which kills it half-way',
    poststop: ['runc'],
    end: (host, runtime) => {
      const trace = 'strace -f -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:delay_enter=9s:when=3';
      const slow = shell(`exec ${trace} ${executable} createRuntime`, {timeout: 1});
      return runRefused(host, runtime, {createRuntime: [slow]});
    },
  },
  {
    what: 'our own createRuntime fails',
    poststop: both,
    end: (host, runtime) => runRefused(host, runtime, {createRuntime: [hook(['createRuntime', '--network=nope'])]}),
  },
  {
    what: 'a createContainer hook fails',
    poststop: ['runc'],
    end: (host, runtime) => runRefused(host, runtime, {createContainer: [fails]}),
  },
  {
    what: 'the command is not there',
    poststop: ['runc'],
    end: (host, runtime) => refuse(host[runtime]('run', '--bundle', host.bundle('c1', {command: ['/nope']}), 'c1')),
  },
  {
    what: 'a startContainer hook fails',
    poststop: both,
    // It runs inside the container, where the shell has another path.
    end: (host, runtime) => runRefused(host, runtime, {startContainer: [{path: '/bin/false', args: ['false']}]}),
  },
  {
    what: 'a poststart hook fails',
    poststop: both,
    end: async (host, runtime) => {
      await start(host, runtime, {command: ['sleep', '0.2'], hooks: {...ours, poststart: [fails]}});
      // crun of some versions goes on with the container, others delete it.
      await host[runtime]('delete', '--force', 'c1');
    },
  },
  {
    what: 'another poststop hook fails behind ours',
    poststop: both,
    end: (host, runtime) =>
      run(host, runtime, {command: ['true'], hooks: {...ours, poststop: [...list(ours.poststop), fails]}}),
  },
  {
    what: 'another poststop hook fails before ours, which runc then does not call',
    poststop: ['crun'],
    end: (host, runtime) =>
      run(host, runtime, {command: ['true'], hooks: {...ours, poststop: [fails, ...list(ours.poststop)]}}),
  },
  {
    what: 'our poststop is killed half-way',
    poststop: [],
    end: (host, runtime) => {
      const trace = 'strace -f -qq -o /dev/null -e trace=unlinkat -e inject=unlinkat:signal=KILL:when=1';
      const killed = [shell(`exec ${trace} ${executable} poststop`)];
      return run(host, runtime, {command: ['true'], hooks: {...ours, poststop: killed}});
    },
  },
  {
    what: 'the runtime is killed before our createRuntime works, which goes on alone',
    poststop: [],
    end: async (host, runtime) => {
      const running = start(host, runtime, {hooks: {...ours, createRuntime: [noting('sleep 0.7;')]}});
      await killRuntime(host);
      await running;
      await untilNoHookRuns(host);
      await forgetByRuntime(host, runtime);
    },
  },
  {
    what: 'the runtime is killed while the container runs, which is deleted later',
    poststop: both,
    end: async (host, runtime) => {
      const running = start(host, runtime, {hooks: {...ours, createRuntime: [noting()]}});
      await untilRunning(host, runtime);
      await killRuntime(host);
      await running;
      await succeed(host[runtime]('delete', '--force', 'c1'));
    },
  },
  {
    what: 'the runtime is killed while the container runs, which is killed later and never deleted',
    poststop: [],
    end: async (host, runtime) => {
      const running = start(host, runtime, {hooks: {...ours, createRuntime: [noting()]}});
      await untilRunning(host, runtime);
      await killRuntime(host);
      await succeed(host[runtime]('kill', 'c1', 'KILL'));
      await running;
      await untilStopped(host, runtime);
      await forgetByRuntime(host, runtime);
    },
  },
  {
    what: "the runtime's state is lost",
    poststop: [],
    end: async (host, runtime) => {
      await run(host, runtime, {}, '--detach');
      const {pid} = await stateOf(host, runtime);
      await forgetByRuntime(host, runtime);
      await host.must('kill', ['-9', String(pid)]);
      await host[runtime]('delete', '--force', 'c1');
    },
  },
  {
    what: 'it is run with --keep and deleted',
    poststop: ['runc'],
    only: ['runc'],
    end: async (host, runtime) => {
      await run(host, runtime, {command: ['true']}, '--keep');
      await succeed(host[runtime]('delete', 'c1'));
    },
  },
  {
    what: 'it is deleted twice at once',
    poststop: both,
    end: async (host, runtime) => {
      await run(host, runtime, {}, '--detach');
      await Promise.all([host[runtime]('delete', '--force', 'c1'), host[runtime]('delete', '--force', 'c1')]);
    },
  },
];

const start = (host: Host, runtime: Runtime, options: BundleOptions, ...flags: readonly string[]): Promise<Outcome> =>
  host[runtime]('run', ...flags, '--bundle', host.bundle('c1', options), 'c1');

const run = (...args: Parameters<typeof start>): Promise<void> => succeed(start(...args));

/** `hooks` go over our two. */
const runRefused = (host: Host, runtime: Runtime, hooks: BundleOptions['hooks']): Promise<void> =>
  refuse(start(host, runtime, {hooks: {...ours, ...hooks}}));

async function succeed(outcome: Promise<Outcome>): Promise<void> {
  const {exitCode, stderr} = await outcome;
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stderr}`);
}

async function refuse(outcome: Promise<Outcome>): Promise<void> {
  if ((await outcome).exitCode === 0) throw new Error('it started');
}

async function stateOf(host: Host, runtime: Runtime): Promise<{readonly status: string; readonly pid: number}> {
  const {exitCode, stdout} = await host[runtime]('state', 'c1');
  return exitCode === 0 ? JSON.parse(stdout) : {status: 'none', pid: 0};
}

const untilStopped = (host: Host, runtime: Runtime): Promise<void> =>
  until('it has stopped', async () => (await stateOf(host, runtime)).status === 'stopped');

const untilRunning = (host: Host, runtime: Runtime): Promise<void> =>
  until('it runs', async () => (await stateOf(host, runtime)).status === 'running');

/** Kills the process that a `noting` hook wrote down. */
async function killRuntime(host: Host): Promise<void> {
  await until('the hook runs', async () => host.list('/mnt').includes('runtime') && host.read('/mnt/runtime') !== '');
  await host.must('sh', ['-c', 'kill -9 $(cat /mnt/runtime) && rm /mnt/runtime']);
}

const untilNoHookRuns = (host: Host): Promise<void> =>
  until('no hook runs', async () => (await host.run('pgrep', ['-f', 'createRuntime'])).exitCode !== 0);

/** A reboot, or somebody's rm. */
const forgetByRuntime = (host: Host, runtime: Runtime): Promise<string> => host.must('rm', ['-rf', `/run/${runtime}`]);

const list = (hooks: readonly object[] | undefined): readonly object[] => hooks ?? [];
