// `doctor`: what keeps containers from their networks on this host, and the commands that mend it.
import {quoted} from '../../kernel/shell.ts';
import {examine} from '../../runtime/doctor/examine.ts';
import type {Finding, Level} from '../../runtime/doctor/finding.ts';
import {checkReadable} from '../../runtime/inspect.ts';
import {CniError} from '../../spec/error.ts';
import {BaseCommand} from '../base.ts';
import {directories} from '../doctor/directories.ts';
import {formatFindings} from '../doctor/format.ts';
import {hookFiles} from '../doctor/hook-files.ts';
import {networks} from '../doctor/networks.ts';
import {permission} from '../doctor/permission.ts';

interface Report {
  /** The gravest of the findings. */
  readonly level: Level;
  readonly findings: readonly Finding[];
}

export default class Doctor extends BaseCommand {
  static override readonly description =
    'Looks at the kernel, firewalls, networks, plugins, hooks.d, directories, records, leases and living containers, and changes nothing. Below each finding stand the commands that mend it. An "error" keeps containers from starting or loses their packets; a "warning" is something left over, or not sure. Exit code 1 if there is either.';

  async run(): Promise<Report> {
    const {flags} = await this.parse(Doctor);
    const settings = this.settingsFrom(flags);
    checkReadable(settings.stateDir);
    if (process.getuid?.() !== 0) {
      throw new CniError('ioFailure', "firewalls and other users' processes can't be looked at: run this as root");
    }
    const ourCommand = (words: string) => [`cni-hook ${words}`, ...directoryFlags(flags)].join(' ');
    const allow = settings.allow ? [permission] : [];
    const findings = [...examine(settings, [directories, networks, hookFiles, ...allow], ourCommand)];
    const level = (['error', 'warning'] as const).find(grave => findings.some(finding => finding.level === grave));
    this.print(formatFindings(findings));
    if (level) process.exitCode = 1;
    return {level: level ?? 'ok', findings};
  }
}

/** The mending commands must look where we have looked. */
const directoryFlags = (flags: object): readonly string[] =>
  Object.entries(flags)
    .filter(([name, value]) => name.endsWith('-dir') && typeof value === 'string' && value !== '')
    .map(([name, value]) => `--${name} ${quoted(String(value))}`);
