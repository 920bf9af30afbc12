// The operator's command line: from arguments to a command of oclif's, or to help. oclif looks for commands, plugins and its
// own configuration in files; here it is given all of it, so that nothing is read from wherever the operator stands.
// Its parts are imported one by one: the package as a whole looks for its package.json on the machine that built us.
// home.ts comes first: it prepares for what loads oclif.
import './home.ts';
import packageJson from '../../package.json' with {type: 'json'};
import {loadCommands} from './commands.ts';
import {report, UsageError} from './failure.ts';
import {CommandLineHelp} from './help.ts';
import {hooks} from './hooks.ts';
import {asSuggestion, nearest} from './suggest.ts';

const helpFlags = ['--help', '-h'];

/** Runs one command and sets the exit code: 0, 1 for a failure, 2 for a call that can't be understood. */
export async function runCommand(args: readonly string[]): Promise<void> {
  endQuietlyWithTheReader();
  const [id = 'help', ...rest] = args;
  try {
    if (id === '--version') process.stdout.write(`cni-hook ${packageJson.version}\n`);
    else if (id === 'help' || helpFlags.includes(id)) await showHelp(rest);
    else if (asksForHelp(rest)) await showHelp([id]);
    else await run(id, rest);
  } catch (error) {
    report(undefined, error, args.includes('--json'));
  }
}

async function run(id: string, args: readonly string[]): Promise<void> {
  const config = await loadCommands(packageJson.version);
  if (!config.findCommand(id)) throw unknownCommand(id, config.commandIDs);
  await config.runCommand(id, [...args]);
}

async function showHelp([id]: readonly string[]): Promise<void> {
  const config = await loadCommands(packageJson.version);
  const help = new CommandLineHelp(config);
  const command = id === undefined ? undefined : config.findCommand(id);
  if (id !== undefined && !command) throw unknownCommand(id, config.commandIDs);
  await (command ? help.showCommandHelp(command) : help.showRootHelp());
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

/** As in `cni-hook ls | head -1`: whoever reads has seen enough. */
function endQuietlyWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    report(undefined, new Error(`cannot write to stdout: ${error.message}`), false);
    process.exit(1);
  });
}
