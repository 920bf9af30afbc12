// What all commands have in common: the flags for directories, --json, how they print and how they fail. A command parses,
// calls the runtime, prints, and returns what --json shows.
import {Command} from '@oclif/core/command';
import {boolean, string} from '@oclif/core/flags';
import {type LogEntry, readLog, setLogLevel} from '../runtime/log.ts';
import {loadSettings, type Settings, splitPath} from '../runtime/settings.ts';
import {reasonOf} from '../spec/error.ts';
import {report} from './failure.ts';

interface Directories {
  readonly 'conf-dir'?: string | undefined;
  readonly 'plugin-dir'?: string | undefined;
  readonly 'state-dir'?: string | undefined;
}

export abstract class BaseCommand extends Command {
  static override readonly enableJsonFlag = true;

  static override readonly baseFlags = {
    'conf-dir': string({summary: 'Where networks are described.', helpValue: 'DIR', helpGroup: 'COMMON'}),
    'plugin-dir': string({
      summary: 'Where foreign plugins are, colon-separated.',
      helpValue: 'DIR',
      helpGroup: 'COMMON',
    }),
    'state-dir': string({summary: 'Where records, locks and the log are.', helpValue: 'DIR', helpGroup: 'COMMON'}),
    json: boolean({summary: 'Print the answer as JSON.', helpGroup: 'COMMON'}),
  };

  /** A flag wins over the environment, that over the settings file. */
  protected settingsFrom(flags: Directories): Settings {
    const directories = {
      confDir: flags['conf-dir'] || undefined,
      pluginDirs: splitPath(flags['plugin-dir']),
      stateDir: flags['state-dir'] || undefined,
    };
    const settings = loadSettings(directories, process.env);
    setLogLevel(settings.logLevel);
    return settings;
  }

  /** Lines on stdout, unless JSON is asked for. */
  protected print(lines: readonly string[]): void {
    if (!this.jsonEnabled() && lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  }

  /** A remark beside the answer. */
  protected note(line: string): void {
    if (!this.jsonEnabled()) process.stderr.write(`${line}\n`);
  }

  /** The log, for a command that has more to tell: one that can't be read takes nothing else down. */
  protected logOrNothing(stateDir: string, id?: string): readonly LogEntry[] {
    try {
      return readLog(stateDir, id);
    } catch (error) {
      this.note(reasonOf(error));
      return [];
    }
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  /** oclif would print all of its configuration here. */
  protected override async catch(error: Error): Promise<void> {
    const {baseFlags, flags} = this.ctor;
    const known = Object.keys({...baseFlags, ...flags}).map(flag => `--${flag}`);
    report(this.id, error, this.jsonEnabled(), known);
    // Or oclif warns that nothing was parsed.
    this.parsed = true;
  }
}
