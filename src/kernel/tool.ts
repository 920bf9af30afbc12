// Runs a program of the host. Its path comes from a fixed list and its environment is ours: a hook's own PATH may be
// empty (podman's poststop) or somebody else's.
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {CniError} from '../spec/error.ts';
import {timeLeft} from './deadline.ts';

const directories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
const millisecondsToWait = 10_000;

/** Where the program is, or undefined. */
export const findTool = (name: string): string | undefined =>
  directories.map(directory => `${directory}/${name}`).find(path => existsSync(path));

/** Runs it with `input` on stdin and returns its stdout. Throws `toolFailed` with the first line it wrote on stderr. */
export function runTool(name: string, args: readonly string[], input = ''): string {
  const path = findTool(name);
  if (!path) throw new CniError('toolFailed', `"${name}" is not installed: apt-get install ${packages[name] ?? name}`);
  const environment = {PATH: directories.join(':'), LC_ALL: 'C'};
  const {status, stdout, stderr, reason} = runProgram(path, args, {
    input,
    environment,
    milliseconds: millisecondsToWait,
  });
  if (status === 0) return stdout;
  const words = stderr.trim().split('\n')[0] || reason;
  throw new CniError('toolFailed', `${name} ${args.join(' ')}: ${words}`, {details: stderr});
}

export interface Ended {
  /** Undefined if it did not start, or was killed. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it has no status 0: "ended with exit status 1", "took longer than 10 s". */
  readonly reason: string;
}

const mostOutput = 16 * 1024 * 1024;

/** Runs a file. It is killed after so many milliseconds, or when our own time is up, or if it writes more than 16 MiB. */
export function runProgram(
  path: string,
  args: readonly string[],
  options: {readonly input: string; readonly environment: NodeJS.ProcessEnv; readonly milliseconds: number},
): Ended {
  const timeout = Math.max(1, timeLeft(options.milliseconds));
  const {status, signal, stdout, stderr, error} = spawnSync(path, args, {
    input: options.input,
    env: options.environment,
    encoding: 'utf8',
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: mostOutput,
  });
  const isLate = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  const ending = signal ? `was killed by ${signal}` : `ended with exit status ${status}`;
  const reason = isLate ? `took longer than ${(timeout / 1000).toFixed(1)} s` : (error?.message ?? ending);
  return {status: status ?? undefined, stdout: stdout ?? '', stderr: stderr ?? '', reason};
}

const packages: Readonly<Record<string, string>> = {nft: 'nftables'};
