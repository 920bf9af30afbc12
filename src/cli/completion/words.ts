// What a shell can complete: the commands, their flags, and the words that an argument is one of. Read from the commands
// themselves, so that a new one is completed without a line here.
import type {Command} from '@oclif/core/command';

export interface CommandWords {
  readonly id: string;
  readonly summary: string;
  readonly flags: readonly FlagWords[];
  /** What its first argument is one of; empty if it may be anything. */
  readonly choices: readonly string[];
}

export interface FlagWords {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  readonly takesValue: boolean;
}

/** The commands in the order of their names, with "help", which is none of oclif's. */
export async function wordsOf(commands: readonly Command.Loadable[]): Promise<readonly CommandWords[]> {
  const all = await Promise.all(commands.map(async command => wordsOfCommand(command, await command.load())));
  const help = {id: 'help', summary: 'Show how a command is called.', flags: [], choices: all.map(({id}) => id).sort()};
  return [...all, help].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function wordsOfCommand({id, summary = ''}: Command.Loadable, {flags, baseFlags, args}: Command.Class): CommandWords {
  const named = Object.entries({...baseFlags, ...flags}).map(([name, flag]) => ({
    name,
    char: flag.char,
    summary: flag.summary ?? '',
    takesValue: flag.type === 'option',
  }));
  const help: FlagWords = {name: 'help', char: 'h', summary: 'Show how it is called.', takesValue: false};
  const [first] = Object.values(args);
  return {
    id,
    summary,
    flags: [...named, help].sort((a, b) => (a.name < b.name ? -1 : 1)),
    choices: first?.options ?? [],
  };
}
