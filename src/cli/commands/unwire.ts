// `unwire BUNDLE`: takes out of a bundle's config.json what `wire` has put there.
import {resolve} from 'node:path';
import {string} from '@oclif/core/args';
import {boolean} from '@oclif/core/flags';
import {CniError} from '../../spec/error.ts';
import {BaseCommand} from '../base.ts';
import {configOf, readConfig, writeConfig} from '../bundle-file.ts';
import {withLock} from '../lock.ts';
import {unifiedDiff} from '../unified-diff.ts';
import {unwire} from '../wiring.ts';

interface Unwired {
  readonly file: string;
  readonly changed: boolean;
  readonly diff: readonly string[];
}

export default class Unwire extends BaseCommand {
  static override readonly description =
    'The file is then as it was before, byte for byte, but for what others have changed in it since. Hooks that were written by hand stay.';

  static override readonly args = {
    bundle: string({description: 'The directory with the config.json.', required: true}),
  };

  static override readonly flags = {
    'dry-run': boolean({summary: 'Show the change as a diff, and write nothing.'}),
  };

  async run(): Promise<Unwired> {
    const {args, flags} = await this.parse(Unwire);
    const file = configOf(resolve(args.bundle));
    const change = () => {
      const before = readConfig(file);
      if (before === undefined) throw new CniError('ioFailure', `there is no "${file}"`);
      const after = unwire(before, file);
      const changed = after !== before;
      if (changed && !flags['dry-run']) writeConfig(file, after);
      return {file, changed, diff: unifiedDiff(before, after, file)};
    };
    const {stateDir} = this.settingsFrom(flags);
    const unwired = await withLock(stateDir, 'wire', change, line => this.note(line));
    if (flags['dry-run']) this.print(unwired.diff);
    else this.print([unwired.changed ? `unwired ${file}` : `${file} holds nothing that "wire" has put there`]);
    return unwired;
  }
}
