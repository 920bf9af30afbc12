// Runs a program of the host. Its path comes from a fixed list and its environment is ours: a hook's own PATH may be
// empty (podman's poststop) or somebody else's.
import {closeSync, existsSync, fstatSync, readSync, writeSync} from 'node:fs';
import {CniError, reasonOf} from '../spec/error.ts';
import {timeLeft} from './deadline.ts';
import {memoryFile} from './libc.ts';

const directories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
const millisecondsToWait = 10_000;

/** Where the program is, or undefined. */
export const findTool = (name: string): string | undefined =>
  directories.map(directory => `${directory}/${name}`).find(path => existsSync(path));

/** Where the program is. Throws `toolFailed` if it is not installed. */
export function requireTool(name: string): string {
  const path = findTool(name);
  if (!path) throw new CniError('toolFailed', `"${name}" is not installed: apt-get install ${packageOf(name)}`);
  return path;
}

/** Runs it with `input` on stdin and returns its stdout. Throws `toolFailed` with the first line it wrote on stderr, or two, as iptables names itself in one. */
export function runTool(name: string, args: readonly string[], input = ''): string {
  const {status, stdout, stderr, reason} = tryTool(name, args, input);
  if (status === 0) return stdout;
  const [first, second = ''] = stderr.trim().split(/\s*\n\s*/);
  const words = (first?.endsWith(':') ? `${first} ${second}` : first) || reason;
  throw new CniError('toolFailed', `${name} ${args.join(' ')}: ${words}`, {details: stderr});
}

/** Runs it and returns how it ended. Throws `toolFailed` if it is not installed. */
export function tryTool(name: string, args: readonly string[], input = ''): Ended {
  const environment = {PATH: directories.join(':'), LC_ALL: 'C'};
  return runProgram(requireTool(name), args, {input, environment, milliseconds: millisecondsToWait});
}

export interface Ended {
  /** Undefined if it did not start, or was killed. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it has no status 0: "ended with exit status 1", "took longer than 10 s". */
  readonly reason: string;
  /** The error's code where it did not start: "EACCES", "ETXTBSY". */
  readonly code: string | undefined;
}

// Bytes.
const mostOutput = 16 * 1024 * 1024;

/**
 * Runs a file. It is killed after so many milliseconds, or when our own time is up. Its streams are files and not pipes, so
 * that a child of its own which keeps them open makes nobody wait. Of what it writes the first 16 MiB count.
 */
export function runProgram(
  path: string,
  args: readonly string[],
  options: {readonly input: string; readonly environment: NodeJS.ProcessEnv; readonly milliseconds: number},
): Ended {
  const files = ['stdin', 'stdout', 'stderr'].map(name => memoryFile(`cni-hook-${name}`));
  const [input = -1, output = -1, errors = -1] = files;
  try {
    writeSync(input, options.input, 0);
    const timeout = Math.ceil(Math.max(1, timeLeft(options.milliseconds)));
    const {exitCode, signalCode, exitedDueToTimeout} = Bun.spawnSync([path, ...args], {
      stdin: input,
      stdout: output,
      stderr: errors,
      env: options.environment,
      timeout,
      killSignal: 'SIGKILL',
    });
    const late = `took longer than ${(timeout / 1000).toFixed(1)} s and was killed`;
    const ending = signalCode ? `was killed by ${signalCode}` : `ended with exit status ${exitCode}`;
    const status = signalCode ? undefined : exitCode;
    const reason = exitedDueToTimeout ? late : ending;
    return {status, stdout: readFrom(output), stderr: readFrom(errors), reason, code: undefined};
  } catch (error) {
    // It did not start.
    const {code} = error as NodeJS.ErrnoException;
    return {status: undefined, stdout: '', stderr: '', reason: reasonOf(error), code};
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

function readFrom(fd: number): string {
  const bytes = new Uint8Array(Math.min(fstatSync(fd).size, mostOutput));
  return new TextDecoder().decode(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)));
}

const packages: Readonly<Record<string, string>> = {nft: 'nftables', 'firewall-cmd': 'firewalld'};
const packageOf = (name: string): string => packages[name] ?? (/^ip6?tables/.test(name) ? 'iptables' : name);
