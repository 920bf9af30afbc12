// `hooks install|remove|status`: the files by which podman and CRI-O learn of the hooks.
import {resolve} from 'node:path';
import {string} from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../base.ts';
import {type Column, formatTable} from '../columns.ts';
import {defaultHooksDir, type FileStatus, hookFilesIn, installHookFiles, removeHookFiles} from '../hooks-d.ts';
import {withLock} from '../lock.ts';

interface Answer {
  readonly directory: string;
  readonly installed?: readonly string[];
  readonly removed?: readonly string[];
  readonly files: readonly FileStatus[];
}

const columns: readonly Column<FileStatus>[] = [
  {title: 'FILE', text: ({file}) => file.slice(file.lastIndexOf('/') + 1)},
  {title: 'STAGES', text: ({stages}) => stages.join(' ')},
  {title: 'STATE', text: ({state}) => state, colour: ({state}) => (state === 'ok' ? 'green' : 'red')},
  {title: 'EXECUTABLE', text: ({path}) => path, isOptional: true},
];

export default class Hooks extends BaseCommand {
  static override readonly description =
    'Containers with the annotation "io.cni-hook.networks" then have their network: podman run --network none --annotation io.cni-hook.networks=NAME. "status" exits with 1 if a file keeps podman from starting containers, or if ours are not there or call what is gone.';

  static override readonly args = {
    action: string({description: 'What to do with them.', required: true, options: ['install', 'remove', 'status']}),
  };

  static override readonly flags = {
    dir: Flags.string({summary: 'The directory of the files.', helpValue: 'DIR', default: defaultHooksDir}),
  };

  async run(): Promise<Answer> {
    const {args, flags} = await this.parse(Hooks);
    const directory = resolve(flags.dir);
    const {stateDir} = this.settingsFrom(flags);
    const answer = await withLock(
      stateDir,
      'hooks',
      () => this.act(args.action, directory),
      line => this.note(line),
    );
    for (const {file, reason, isOurs} of answer.files) {
      if (reason !== undefined && !(args.action === 'remove' && isOurs)) this.note(`${file}: ${reason}`);
    }
    return answer;
  }

  private act(action: string, directory: string): Answer {
    if (action === 'install') {
      const installed = installHookFiles(directory, process.execPath);
      this.print(installed.map(file => `installed ${file}`));
      return {directory, installed, files: hookFilesIn(directory)};
    }
    if (action === 'remove') {
      const removed = removeHookFiles(directory);
      this.print(
        removed.length > 0 ? removed.map(file => `removed ${file}`) : [`there is nothing of ours in ${directory}`],
      );
      return {directory, removed, files: hookFilesIn(directory)};
    }
    const files = hookFilesIn(directory);
    this.print(formatTable(columns, files));
    if (files.some(({state, isOurs}) => state === 'broken' || (isOurs && state !== 'ok'))) process.exitCode = 1;
    return {directory, files};
  }
}
