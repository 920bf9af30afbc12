// Kills a hook at each of its system calls that changes something. strace kills at the entry of a call, before it is
// done; the calls by which the hook waits for what it has asked for are on the list for the death after the deed.
import type {Host, Outcome} from '../host.ts';

const opening = ['open', 'openat', 'openat2'];
const waiting = ['recvfrom', 'recvmsg', 'epoll_pwait2', 'wait4'];
/** The rest of what may change files, namespaces, the kernel's network or processes. */
const changing = [
  'creat write writev pwrite64 ftruncate truncate fallocate flock fsync fdatasync',
  'rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir mknod mknodat',
  'chmod fchmod fchmodat chown fchown fchownat utimensat mount umount2 setns unshare',
  'sendto sendmsg sendmmsg vfork fork kill pidfd_send_signal',
].flatMap(line => line.split(' '));

/** Runs a hook, which may be killed on the way. */
export type RunHook = (name: string, state: object) => Promise<Outcome>;
type Round = (hook: RunHook) => Promise<void>;

export interface Kills {
  readonly call: string;
  readonly times: number;
}

/**
 * Runs `round` again and again with a hook that is killed at its first call of one kind, its second, and so on until it
 * ends by itself, for each kind of call that it makes. `round` must leave the host as it found it.
 */
export async function killAtEveryCall(host: Host, round: Round): Promise<readonly Kills[]> {
  const kills: Kills[] = [];
  for (const calls of await watch(host, round)) kills.push(await killAtEvery(host, calls, round));
  return kills;
}

interface Calls {
  readonly call: string;
  /** How many there are before the first that changes something: the start of the executable. */
  readonly harmless: number;
  /** How many there are after that, by the hook or by a program that it runs. */
  readonly later: number;
}

async function watch(host: Host, round: Round): Promise<readonly Calls[]> {
  const under = strace([...opening, ...waiting, ...changing], ['-o', '/mnt/trace']);
  // The first round may be longer than the others: it makes directories that stay.
  for (const _ of ['once', 'again']) await round((name, state) => host.hook(name, state, [], {under}));
  const lines = host.read('/mnt/trace').split('\n');
  const calls = lines.flatMap(line => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []);
  const start = calls.findIndex(call => changing.includes(call));
  return [...new Set(calls.slice(start))].map(call => ({
    call,
    harmless: count(calls.slice(0, start), call),
    later: count(calls.slice(start), call),
  }));
}

const count = (calls: readonly string[], call: string): number => calls.filter(other => other === call).length;

async function killAtEvery(host: Host, {call, harmless, later}: Calls, round: Round): Promise<Kills> {
  for (let when = harmless + 1; ; when++) {
    const inject = ['-o', '/dev/null', '-e', `inject=${call}:signal=KILL:when=${when}`];
    let ended: Outcome | undefined;
    try {
      await round(async (name, state) => {
        ended = await host.hook(name, state, [], {under: strace([call], inject)});
        return ended;
      });
    } catch (error) {
      throw new Error(`killed at ${call} number ${when}: ${error instanceof Error ? error.message : error}`);
    }
    if (ended?.exitCode !== 0) continue;
    const times = when - 1 - harmless;
    // How often it waits may differ from run to run, but not whether.
    if (times === 0) throw new Error(`the hook was not killed at ${call}, which it calls ${later} times`);
    return {call, times};
  }
}

function strace(calls: readonly string[], more: readonly string[]): readonly string[] {
  return ['strace', '-f', '-qq', '-e', `trace=${calls.map(call => `?${call}`).join(',')}`, ...more];
}
