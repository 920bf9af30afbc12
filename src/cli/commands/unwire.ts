// `unwire BUNDLE`: takes out of a bundle's config.json what `wire` has put there.
import {resolve} from 'node:path';
import {string} from '@oclif/core/args';
import {boolean} from '@oclif/core/flags';
import {CniError} from '../../spec/error.ts';
import {BaseCommand} from '../base.ts';
import {configOf} from '../bundle-file.ts';
import {type Changed, changeConfig} from '../change-config.ts';
import {unwire} from '../wiring.ts';

export default class Unwire extends BaseCommand {
  static override readonly description =
    'The file is then as it was before, byte for byte, but for what others have changed in it since. Hooks that were written by hand stay.';

  static override readonly args = {
    bundle: string({description: 'The directory with the config.json.', required: true}),
  };

  static override readonly flags = {
    'dry-run': boolean({summary: 'Show the change as a diff, and write nothing.'}),
  };

  async run(): Promise<Changed> {
    const {args, flags} = await this.parse(Unwire);
    const file = configOf(resolve(args.bundle));
    const change = (before: string | undefined) => {
      if (before === undefined) throw new CniError('ioFailure', `there is no "${file}"`);
      return unwire(before, file);
    };
    const {stateDir} = this.settingsFrom(flags);
    const say = (line: string) => this.note(line);
    const unwired = await changeConfig(file, change, {stateDir, dryRun: flags['dry-run'], say});
    if (flags['dry-run']) this.print(unwired.diff);
    else this.print([unwired.changed ? `unwired ${file}` : `${file} holds nothing that "wire" has put there`]);
    return unwired;
  }
}
