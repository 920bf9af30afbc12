// The help: oclif's, with the hook forms beside the commands, and with a command's flags read from the command itself.
import type {Command} from '@oclif/core/command';
import type {Config} from '@oclif/core/config';
import {Help} from '@oclif/core/help';
import {examples} from './examples.ts';
import {hookFlags, hooks} from './hooks.ts';
import {usesColour} from './terminal.ts';

export class CommandLineHelp extends Help {
  constructor(config: Config) {
    super(config, {stripAnsi: !usesColour(), hideCommandSummaryInDescription: true});
  }

  override formatRoot(): string {
    return [
      'Gives containers below Docker their network, and takes it back.',
      this.section('USAGE', '$ cni-hook COMMAND [FLAGS]\n$ cni-hook HOOK [FLAGS] < STATE'),
      this.section('HOOKS', this.list(hooks.map(({name, summary}) => [name, summary]))),
      "Hooks are called by the container's runtime, with its state on stdin.",
      this.section('HOOK FLAGS', this.list(hookFlags.map(([name, summary]) => [name, summary]))),
    ].join('\n\n');
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    const {args, flags, baseFlags, description} = await command.load();
    const named = Object.entries(args).map(([name, arg]) => [name, {...arg, name}] as const);
    const places = named.map(([name, {required}]) => (required ? name.toUpperCase() : `[${name.toUpperCase()}]`));
    const usage = [command.id, ...places, '[FLAGS]'].join(' ');
    const shown = [(examples[command.id] ?? []).map(example => `$ ${example}`).join('\n')];
    const known = {
      args: Object.fromEntries(named),
      flags: {...baseFlags, ...flags},
      description,
      usage,
      examples: shown,
    };
    await super.showCommandHelp({...command, ...known} as Command.Loadable);
  }

  override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.log('Run "cni-hook COMMAND --help" for the flags of a command.');
  }

  protected override log(...lines: string[]): void {
    process.stdout.write(`${lines.join('\n')}\n`);
  }

  private list(rows: [string, string][]): string {
    return this.renderList(rows, {indentation: 2, spacer: '\n'});
  }
}
