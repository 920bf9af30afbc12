// What a figure is worth nothing without: kernel, processors, load and versions.
import {existsSync, readFileSync} from 'node:fs';
import {cpus, loadavg, release, totalmem} from 'node:os';
import {version as quickjs} from '../build/quickjs.ts';
import {executable} from './sides.ts';

export interface Machine {
  readonly kernel: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly load: readonly number[];
  /** The commit, with a "+" if the checkout differs from it. */
  readonly source: string;
  readonly executable: string;
  readonly bun: string;
  readonly quickjs: string;
  /** Debian packages. */
  readonly packages: Readonly<Record<string, string>>;
}

const packages = ['containernetworking-plugins', 'netavark', 'runc', 'iptables', 'nftables'];

export function describeMachine(project: string): Machine {
  const git = (...args: readonly string[]): string =>
    Bun.spawnSync(['git', '-C', project, ...args], {stderr: 'ignore'})
      .stdout.toString()
      .trim();
  return {
    kernel: release(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    load: loadavg().map(value => Math.round(value * 100) / 100),
    source: `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src') === '' ? '' : '+'}`,
    executable,
    bun: Bun.version,
    quickjs,
    packages: Object.fromEntries(packages.map(name => [name, versionOf(name) || 'not installed'])),
  };
}

/** Those of the packages that are not installed, as far as a system with dpkg can tell. */
export const missingPackages = (names: readonly string[]): readonly string[] =>
  existsSync('/var/lib/dpkg/status') ? names.filter(name => versionOf(name) === '') : [];

function versionOf(name: string): string {
  const paragraph = new RegExp(`^Package: ${name}\\nStatus: install ok installed\\n(?:.+\\n)*?Version: (.+)$`, 'm');
  return paragraph.exec(dpkgStatus())?.[1] ?? '';
}

let status: string | undefined;

function dpkgStatus(): string {
  status ??= readFileSync('/var/lib/dpkg/status', 'utf8');
  return status;
}
