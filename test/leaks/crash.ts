// Kills the executable at each of its system calls that changes something. strace kills at the entry of a call, before it is
// done; the calls by which it waits for what it has asked for are on the list for the death after the deed.
import {executable, type Host, type Outcome} from '../host.ts';

const opening = ['open', 'openat', 'openat2'];
const waiting = ['recvfrom', 'recvmsg', 'epoll_pwait2', 'wait4'];
/** The rest of what may change files, namespaces, the kernel's network or processes. */
const changing = [
  'creat write writev pwrite64 ftruncate truncate fallocate flock fsync fdatasync',
  'rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir mknod mknodat',
  'chmod fchmod fchmodat chown fchown fchownat utimensat mount umount2 setns unshare',
  'sendto sendmsg sendmmsg vfork fork kill pidfd_send_signal',
].flatMap(line => line.split(' '));

/** Runs the executable, with an object as JSON on its stdin; it may be killed on the way. */
export type Run = (args: readonly string[], input?: object) => Promise<Outcome>;
type Round = (run: Run) => Promise<void>;

export interface Kills {
  readonly call: string;
  readonly times: number;
}

export const totalOf = (kills: readonly Kills[]): number => kills.reduce((sum, {times}) => sum + times, 0);

/** "killed 12 times: write 10, unlink 2" */
export const describeKills = (kills: readonly Kills[]): string =>
  `killed ${totalOf(kills)} times: ${kills.map(({call, times}) => `${call} ${times}`).join(', ')}`;

export interface Killing {
  /** What it ends with by itself. */
  readonly exitCode?: number;
  /** Leaves out where a file is opened: what is done to one that it has made is a call of its own. */
  readonly exceptOpening?: boolean;
}

/**
 * Runs `round` again and again with an executable that is killed at its first call of one kind, its second, and so on
 * until it ends by itself, for each kind of call that it makes. `round` must leave the host as it found it.
 */
export async function killAtEveryCall(
  host: Host,
  round: Round,
  {exitCode = 0, exceptOpening = false}: Killing = {},
): Promise<readonly Kills[]> {
  const kills: Kills[] = [];
  for (const calls of await watch(host, round)) {
    if (exceptOpening && opening.includes(calls.call)) continue;
    kills.push(await killAtEvery(host, calls, round, exitCode));
  }
  return kills;
}

interface Calls {
  readonly call: string;
  /** How many there are before the first that changes something: the start of the executable. */
  readonly harmless: number;
}

async function watch(host: Host, round: Round): Promise<readonly Calls[]> {
  const under = strace([...opening, ...waiting, ...changing], ['-o', '/mnt/trace']);
  // The first round may be longer than the others: it makes directories that stay.
  for (const _ of ['once', 'again']) await round(runner(host, under));
  const lines = host.read('/mnt/trace').split('\n');
  const calls = lines.flatMap(line => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []);
  const start = calls.findIndex(call => changing.includes(call));
  return [...new Set(calls.slice(start))].map(call => ({
    call,
    harmless: calls.slice(0, start).filter(other => other === call).length,
  }));
}

async function killAtEvery(host: Host, {call, harmless}: Calls, round: Round, exitCode: number): Promise<Kills> {
  for (let when = harmless + 1; ; when++) {
    const inject = ['-o', '/dev/null', '-e', `inject=${call}:signal=KILL:when=${when}`];
    let ended: Outcome | undefined;
    try {
      await round(async (args, input) => {
        ended = await runner(host, strace([call], inject))(args, input);
        return ended;
      });
    } catch (error) {
      throw new Error(`killed at ${call} number ${when}: ${error instanceof Error ? error.message : error}`);
    }
    if (ended?.exitCode !== exitCode) continue;
    const times = when - 1 - harmless;
    // How often it waits may differ from run to run, but not whether.
    if (times === 0) throw new Error(`it was not killed at ${call}, which it calls`);
    return {call, times};
  }
}

const runner =
  (host: Host, [command = '', ...under]: readonly string[]): Run =>
  (args, input) =>
    host.run(command, [...under, executable, ...args], input === undefined ? {} : {input: JSON.stringify(input)});

function strace(calls: readonly string[], more: readonly string[]): readonly string[] {
  return ['strace', '-f', '-qq', '-e', `trace=${calls.map(call => `?${call}`).join(',')}`, ...more];
}
