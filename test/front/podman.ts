// podman in a private host: storage, run-time files and hooks.d directory of its own, containers from the root file system
// that all bundles share. Where it is missing, as without `npm test`, which installs it, its tests say so and do not run.
import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {describe} from '@jest/globals';
import {rootfs} from '../fixtures/bundle.ts';
import {removeCgroups} from '../fixtures/cgroups.ts';
import type {Runtime} from '../fixtures/container.ts';
import type {Host, Outcome} from '../host.ts';

export const hooksDir = '/run/hooks.d';

const isThere = hasPodman();
if (!isThere) process.stderr.write('skipped: the tests with podman, which is not installed: apt-get install podman\n');
export const describeWithPodman = isThere ? describe : describe.skip;

export interface Podman {
  /** The cgroup that everything of it is below. */
  readonly cgroup: string;
  /** Any command of podman. It never throws. */
  readonly call: (...args: readonly string[]) => Promise<Outcome>;
  /** `podman run` with that annotation, and no network of podman's own. */
  readonly run: (
    networks: string | undefined,
    flags: readonly string[],
    ...command: readonly string[]
  ) => Promise<Outcome>;
  /** Takes all containers away, and what they left in the machine's cgroups. */
  readonly close: () => Promise<void>;
}

export async function openPodman(host: Host, runtime: Runtime): Promise<Podman> {
  const cgroup = `cni-hook-podman-${randomBytes(4).toString('hex')}`;
  const place = `/run/podman-${runtime}`;
  const global = ['--root', `${place}/store`, '--runroot', `${place}/run`, '--tmpdir', `${place}/tmp`];
  const choices = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'];
  const always = [...global, ...choices, '--hooks-dir', hooksDir, '--runtime', runtime];
  // crun refuses a host that has cgroups of both versions.
  await host.run('umount', ['/sys/fs/cgroup/unified']);
  let outputs = 0;
  // What goes on in the background keeps the pipes of whoever started it: it gets files.
  const call: Podman['call'] = async (...args) => {
    const output = `${place}-output/${outputs++}`;
    host.write(`${output}.out`, '');
    const script = 'out=$1; shift; exec podman "$@" >"$out.out" 2>"$out.err"';
    const {exitCode} = await host.run('sh', ['-c', script, 'sh', output, ...always, ...args]);
    return {exitCode, stdout: host.read(`${output}.out`).trimEnd(), stderr: host.read(`${output}.err`).trimEnd()};
  };
  return {
    call,
    cgroup: `/${cgroup}`,
    run: (networks, flags, ...command) => {
      const annotation = networks === undefined ? [] : ['--annotation', `io.cni-hook.networks=${networks}`];
      const network = flags.includes('--network') ? [] : ['--network', 'none'];
      const own = [...network, '--cap-add', 'NET_RAW', '--cgroups', 'no-conmon', '--cgroup-parent', `/${cgroup}`];
      return call('run', ...own, ...annotation, ...flags, '--rootfs', rootfs, ...command);
    },
    close: async () => {
      await call('rm', '--all', '--force', '--time', '0');
      await removeCgroups(cgroup);
    },
  };
}

function hasPodman(): boolean {
  try {
    execFileSync('podman', ['--version'], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
}
