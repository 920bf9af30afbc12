// `hooks install|remove|status`: the files by which podman and CRI-O learn of the hooks.
import {resolve} from 'node:path';
import {string} from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {settingsFile} from '../../runtime/settings.ts';
import {parsePermission} from '../../runtime/wishes/permission.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import type {JsonObject} from '../../spec/fields.ts';
import {parseAllow, removeAllow, writeAllow} from '../allow-section.ts';
import {BaseCommand} from '../base.ts';
import {type Column, formatTable} from '../columns.ts';
import {defaultHooksDir, type FileStatus, hookFilesIn, installHookFiles, removeHookFiles} from '../hooks-d.ts';
import {withLock} from '../lock.ts';

interface Answer {
  readonly directory: string;
  readonly installed?: readonly string[];
  readonly removed?: readonly string[];
  readonly files: readonly FileStatus[];
  /** What annotations may ask for; null if they may ask for anything. */
  readonly allow: JsonObject | null;
}

const columns: readonly Column<FileStatus>[] = [
  {title: 'FILE', text: ({file}) => file.slice(file.lastIndexOf('/') + 1)},
  {title: 'STAGES', text: ({stages}) => stages.join(' ')},
  {title: 'STATE', text: ({state}) => state, colour: ({state}) => (state === 'ok' ? 'green' : 'red')},
  {title: 'EXECUTABLE', text: ({path}) => path, leftOut: 1},
];

const allowColumns: readonly Column<{readonly key: string; readonly values: string}>[] = [
  {title: 'ASKED FOR', text: ({key}) => key},
  {title: 'ALLOWED', text: ({values}) => values},
];

export default class Hooks extends BaseCommand {
  static override readonly description =
    'Containers with the annotation "io.cni-hook.networks" then have their network: podman run --network none --annotation io.cni-hook.networks=NAME. "status" exits with 1 if a file keeps podman from starting containers, or if ours are not there or call what is gone. "install --allow" writes into the settings what annotations may ask for, "remove" takes that away again.';

  static override readonly args = {
    action: string({description: 'What to do with them.', required: true, options: ['install', 'remove', 'status']}),
  };

  static override readonly flags = {
    allow: Flags.string({
      summary:
        'With "install": what annotations may ask for, and nothing else; may be given again. networks=web,db, ports=8000-8999, …',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    dir: Flags.string({summary: 'The directory of the files.', helpValue: 'DIR', default: defaultHooksDir}),
  };

  async run(): Promise<Answer> {
    const {args, flags} = await this.parse(Hooks);
    if (flags.dir === '') throw new CniError('invalidEnvironment', '--dir is empty');
    const directory = resolve(flags.dir);
    const {stateDir} = this.settingsFrom(flags);
    const allow = flags.allow && parseAllow(flags.allow);
    if (allow && args.action !== 'install') {
      throw new CniError('invalidEnvironment', `--allow goes with "install", and not with "${args.action}"`);
    }
    const act = () => this.act(args.action, directory, allow);
    const say = (line: string) => this.note(line);
    const done = args.action === 'status' ? act() : await withLock(stateDir, 'hooks', act, say);
    const answer = {directory, ...done, files: hookFilesIn(directory), allow: this.settingsFrom(flags).allow ?? null};
    if (args.action === 'status') this.show(answer);
    for (const {file, reason, isOurs} of answer.files) {
      if (reason !== undefined && !(args.action === 'remove' && isOurs)) this.note(`${file}: ${reason}`);
    }
    return answer;
  }

  private act(action: string, directory: string, allow: JsonObject | undefined): Pick<Answer, 'installed' | 'removed'> {
    if (action === 'install') {
      const installed = installAllowing(directory, allow);
      this.print(installed.map(file => `installed ${file}`));
      return {installed};
    }
    if (action !== 'remove') return {};
    const removed = removeHookFiles(directory);
    const lines = removed.map(file => `removed ${file}`);
    this.print(lines.length > 0 ? lines : [`there is nothing of ours in ${directory}`]);
    if (removeAllow()) this.print([`removed what was allowed from ${settingsFile}`]);
    return {removed};
  }

  private show({files, allow}: Answer): void {
    this.print(formatTable(columns, files));
    if (files.some(({state, isOurs}) => state === 'broken' || (isOurs && state !== 'ok'))) process.exitCode = 1;
    if (!allow) {
      this.print(['', `Annotations may ask for anything: there is no "allow" in ${settingsFile}.`]);
      return;
    }
    const rules = Object.entries(allow).map(([key, values]) => ({
      key,
      values: Array.isArray(values) ? values.join(', ') : '',
    }));
    this.print(['', ...formatTable(allowColumns, rules)]);
    try {
      parsePermission(allow);
    } catch (error) {
      this.note(`no container starts: ${reasonOf(error)}`);
      process.exitCode = 1;
    }
  }
}

/** What may be asked for comes first: no container may start in between and ask for more. */
function installAllowing(directory: string, allow: JsonObject | undefined): readonly string[] {
  const putBack = allow && writeAllow(allow);
  try {
    return installHookFiles(directory, process.execPath);
  } catch (error) {
    putBack?.();
    throw error;
  }
}
