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

/** Runs it with `input` on stdin and returns its stdout. Throws `toolFailed` with the last line it wrote on stderr. */
export function runTool(name: string, args: readonly string[], input = ''): string {
  const path = findTool(name);
  if (!path) throw new CniError('toolFailed', `"${name}" is not installed: apt-get install ${packages[name] ?? name}`);
  const env = {PATH: directories.join(':'), LC_ALL: 'C'};
  const {status, signal, stdout, stderr, error} = spawnSync(path, args, {
    input,
    env,
    encoding: 'utf8',
    timeout: Math.max(1, timeLeft(millisecondsToWait)),
  });
  if (status === 0) return stdout;
  const words = stderr?.trim().split('\n')[0] || error?.message || `ended with ${signal ?? `exit status ${status}`}`;
  throw new CniError('toolFailed', `${name} ${args.join(' ')}: ${words}`, {details: stderr});
}

const packages: Readonly<Record<string, string>> = {nft: 'nftables'};
