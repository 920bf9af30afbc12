// `logs [ID] [-f]`: what was done for a container, or for all.
import {string} from '@oclif/core/args';
import {boolean} from '@oclif/core/flags';
import {checkReadable} from '../../runtime/inspect.ts';
import {type LogEntry, readLog} from '../../runtime/log.ts';
import {checkContainerId} from '../../spec/names.ts';
import {BaseCommand} from '../base.ts';
import {followLog, formatEntry} from '../log-lines.ts';

export default class Logs extends BaseCommand {
  static override readonly description = 'With --follow and --json, one entry a line.';

  static override readonly args = {id: string({description: 'The container; without it all of them.'})};

  static override readonly flags = {follow: boolean({char: 'f', summary: 'Go on as the log grows.'})};

  async run(): Promise<readonly LogEntry[]> {
    const {args, flags} = await this.parse(Logs);
    const {stateDir} = this.settingsFrom(flags);
    const id = args.id === undefined ? undefined : checkContainerId(args.id);
    checkReadable(stateDir);
    if (flags.follow) return this.follow(stateDir, id);
    const entries = readLog(stateDir, id);
    if (entries.length === 0) this.note(`the log holds nothing${id === undefined ? '' : ` of container "${id}"`}`);
    this.print(entries.flatMap(entry => formatEntry(entry)));
    return entries;
  }

  private async follow(stateDir: string, id: string | undefined): Promise<never> {
    const format = this.jsonEnabled() ? (entry: LogEntry) => [JSON.stringify(entry)] : formatEntry;
    for await (const entries of followLog(stateDir, id)) {
      process.stdout.write(`${entries.flatMap(entry => format(entry)).join('\n')}\n`);
    }
    throw new Error('the log does not end');
  }
}
