// `wire BUNDLE`: the two hooks into a bundle's config.json. Wiring again takes the earlier wiring out first, so that it
// says afterwards what was asked for last.
import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import {string} from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {nameInterfaces} from '../../runtime/select.ts';
import {placeWishes} from '../../runtime/wishes/placement.ts';
import {type Annotations, annotation} from '../../spec/annotations.ts';
import {CniError} from '../../spec/error.ts';
import {BaseCommand} from '../base.ts';
import {askForSpec, configOf, readConfig} from '../bundle-file.ts';
import {type Changed, changeConfig} from '../change-config.ts';
import {isExecutable} from '../hooks-d.ts';
import {wire} from '../wiring.ts';
import {addressFlags, annotationsFrom, nameFlags, networksFlags, wishesFrom} from '../wish-flags.ts';

export default class Wire extends BaseCommand {
  static override readonly description =
    'What is missing is added: the hooks, annotations, a network namespace of its own. All else stays as it is, byte for byte, and "unwire" takes it back. The next container that is made from the bundle has its network.';

  static override readonly args = {
    bundle: string({description: 'The directory with the config.json.', required: true}),
  };

  static override readonly flags = {
    network: Flags.string({
      summary: 'A network, as NAME or NAME:INTERFACE; may be given again. Without it the first of the conf dir.',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...addressFlags,
    ...nameFlags,
    ...networksFlags,
    hook: Flags.string({summary: 'The executable that the hooks call, if not this one.', helpValue: 'PATH'}),
    spec: Flags.boolean({summary: 'Where there is no config.json, begin with that of "runc spec".'}),
    'runtime-path': Flags.string({summary: 'The runtime to ask with --spec.', helpValue: 'PATH', default: 'runc'}),
    'dry-run': Flags.boolean({summary: 'Show the change as a diff, and write nothing.'}),
  };

  async run(): Promise<Changed> {
    const {args, flags} = await this.parse(Wire);
    const file = configOf(resolve(args.bundle));
    const wishes = {executable: executableOf(flags.hook), annotations: annotationsOf(flags.network, flags)};
    const fresh = flags.spec && readConfig(file) === undefined ? await askForSpec(flags['runtime-path']) : undefined;
    const change = (before: string | undefined) => {
      const start = before ?? fresh;
      if (start === undefined) throw noConfig(file);
      return wire(start, wishes, file);
    };
    const {stateDir} = this.settingsFrom(flags);
    const say = (line: string) => this.note(line);
    const wired = await changeConfig(file, change, {stateDir, dryRun: flags['dry-run'], say});
    if (flags['dry-run']) this.print(wired.diff);
    else this.print([wired.changed ? `wired ${file}` : `${file} is wired already`]);
    return wired;
  }
}

function noConfig(file: string): CniError {
  const hint = existsSync(resolve(file, '..')) ? '--spec begins with one of "runc spec"' : 'there is no such directory';
  return new CniError('ioFailure', `there is no "${file}": ${hint}`);
}

function executableOf(path: string | undefined): string {
  if (path === undefined) return process.execPath;
  if (!existsSync(path)) throw new CniError('invalidEnvironment', `--hook: there is no "${path}"`);
  if (!isExecutable(path)) throw new CniError('invalidEnvironment', `--hook: "${path}" can not be executed`);
  return resolve(path);
}

function annotationsOf(networks: readonly string[] = [], flags: Parameters<typeof annotationsFrom>[0]): Annotations {
  const annotations = annotationsFrom(flags);
  if (networks.length === 0) return annotations;
  // Which network of the conf dir is the first, nobody knows yet: only what is named can be held against each other.
  const named = nameInterfaces(networks).map(({network: name, ifName}) => ({network: {name}, ifName}));
  placeWishes(named, wishesFrom(annotations));
  return {[annotation.networks]: networks.join(','), ...annotations};
}
