// Runs one process and says how long it took, from its spawn to its exit. Nothing is subtracted; what the same costs for
// /bin/true is printed beside. The environment is what is given here: NODE_EXTRA_CA_CERTS, which slows a start, is never in it.
import {readFileSync, rmSync} from 'node:fs';

export interface Command {
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface Ran {
  readonly milliseconds: number;
  readonly stdout: string;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const optionsFor = ({env = {}, stdin = ''}: Command) =>
  ({env: {PATH: path, ...env}, stdin: Buffer.from(stdin), stdout: 'pipe', stderr: 'pipe', cwd: '/'}) as const;

/** Throws if it fails. */
export function run(command: Command): Ran {
  const options = optionsFor(command);
  const start = Bun.nanoseconds();
  const {exitCode, stdout, stderr} = Bun.spawnSync([...command.command], options);
  const milliseconds = (Bun.nanoseconds() - start) / 1e6;
  const out = stdout.toString();
  if (exitCode !== 0) throw new Error(`${command.command.join(' ')}: exit ${exitCode}: ${out}${stderr.toString()}`);
  return {milliseconds, stdout: out};
}

/** All at the same time: milliseconds from the first start to the last exit, and how many of them failed. */
export async function runAll(commands: readonly Command[]): Promise<{milliseconds: number; failures: number}> {
  const ready = commands.map(command => ({argv: [...command.command], options: optionsFor(command)}));
  const start = Bun.nanoseconds();
  const codes = await Promise.all(
    ready.map(({argv, options}) => Bun.spawn(argv, {...options, stdout: 'ignore', stderr: 'ignore'}).exited),
  );
  return {milliseconds: (Bun.nanoseconds() - start) / 1e6, failures: codes.filter(code => code !== 0).length};
}

/**
 * The most memory that it held, in MB, or the largest of the processes that it waited for. By time(1), since a process
 * that we start ourselves begins with our own peak in its account.
 */
export function peakMemory({command, ...rest}: Command): number {
  const file = '/run/peak-memory';
  run({command: ['/usr/bin/time', '--format', '%M', '--output', file, ...command], ...rest});
  const kilobytes = Number(readFileSync(file, 'utf8'));
  rmSync(file);
  return kilobytes / 1024;
}
