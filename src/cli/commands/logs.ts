// `logs [ID] [-f]`: what was done for a container, or for all.
import {string} from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {checkReadable} from '../../runtime/inspect.ts';
import {isAtLeast, type LogEntry, levels, readLog} from '../../runtime/log.ts';
import {checkContainerId} from '../../spec/names.ts';
import {BaseCommand} from '../base.ts';
import {followLog, formatEntry} from '../log-lines.ts';

export default class Logs extends BaseCommand {
  static override readonly description = 'With --follow and --json, one entry a line.';

  static override readonly args = {id: string({description: 'The container; without it all of them.'})};

  static override readonly flags = {
    follow: Flags.boolean({char: 'f', summary: 'Go on as the log grows.'}),
    'log-level': Flags.option({
      summary: 'Only what is at least that grave.',
      options: levels,
      default: 'info',
    })(),
  };

  async run(): Promise<readonly LogEntry[]> {
    const {args, flags} = await this.parse(Logs);
    const {stateDir} = this.settingsFrom(flags);
    const id = args.id === undefined ? undefined : checkContainerId(args.id);
    const isWanted = (entry: LogEntry) => isAtLeast(flags['log-level'], entry);
    checkReadable(stateDir);
    if (flags.follow) return this.follow(stateDir, id, isWanted);
    const entries = readLog(stateDir, id).filter(isWanted);
    if (entries.length === 0) this.note(`the log holds nothing${id === undefined ? '' : ` of container "${id}"`}`);
    this.print(entries.flatMap(entry => formatEntry(entry)));
    return entries;
  }

  private async follow(
    stateDir: string,
    id: string | undefined,
    isWanted: (entry: LogEntry) => boolean,
  ): Promise<never> {
    const format = this.jsonEnabled() ? (entry: LogEntry) => [JSON.stringify(entry)] : formatEntry;
    for await (const all of followLog(stateDir, id)) {
      const entries = all.filter(isWanted);
      if (entries.length === 0) continue;
      process.stdout.write(`${entries.flatMap(entry => format(entry)).join('\n')}\n`);
    }
    // As wherever else a reader goes away: without a word.
    process.exit(0);
  }
}
