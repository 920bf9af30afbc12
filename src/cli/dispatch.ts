// From arguments to a command of oclif's, or to help. oclif looks for commands, plugins and its own configuration in files;
// here it is given all of it, so that nothing is read from wherever the operator stands. Its parts are imported one by one:
// the package as a whole looks for its package.json on the machine that built us.
import type {Command} from '@oclif/core/command';
import type {Config} from '@oclif/core/config';
import {asSuggestion, nearest} from '../spec/suggest.ts';
import {loadCommands} from './commands.ts';
import {report, UsageError} from './failure.ts';
import {CommandLineHelp} from './help.ts';
import {hooks} from './hooks.ts';

const helpFlags = ['--help', '-h'];

/** Runs the command that is meant, and reports it if it fails. */
export async function dispatch(args: readonly string[], version: string): Promise<void> {
  const [id = 'help', ...rest] = args;
  try {
    const config = await loadCommands(version);
    if (id === 'help' || helpFlags.includes(id)) await showHelp(config, rest);
    else if (asksForHelp(rest)) await showHelp(config, [id]);
    else await config.runCommand(findCommand(config, id).id, rest);
  } catch (error) {
    report(undefined, error, args.includes('--json'));
  }
}

async function showHelp(config: Config, [id]: readonly string[]): Promise<void> {
  const help = new CommandLineHelp(config);
  // What there is to say of a hook stands with what there is to say of all.
  const isOfAll = id === undefined || hooks.some(({name}) => name === id);
  await (isOfAll ? help.showRootHelp() : help.showCommandHelp(findCommand(config, id)));
}

function findCommand(config: Config, id: string): Command.Loadable {
  const command = config.findCommand(id);
  if (!command) throw unknownCommand(id, config.commandIDs);
  return command;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? undefined : end).some(arg => helpFlags.includes(arg));
}

function unknownCommand(id: string, ids: readonly string[]): UsageError {
  const hint = 'run "cni-hook --help" for what there is';
  if (id.startsWith('-')) return new UsageError(`the command must come before "${id}": ${hint}`);
  const near = nearest(id, [...ids, ...hooks.map(({name}) => name)]);
  return new UsageError(`there is no command "${id}": ${asSuggestion(near) ?? hint}`);
}
