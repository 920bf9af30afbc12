// The table of commands, in the form that oclif wants: as a plugin that is there already. A new command is a file in
// commands/ and a line here. Each file is loaded when its command runs, so that `ls` does not wait for what `gc` needs.
import type {Command} from '@oclif/core/command';
import {Config} from '@oclif/core/config';
import type {Plugin} from '@oclif/core/interfaces';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{readonly default: unknown}>;
}

const table: Readonly<Record<string, Entry>> = {
  add: {summary: 'Put a container that runs, or a netns, into a network.', load: () => import('./commands/add.ts')},
  check: {summary: 'Say what is missing of an attachment.', load: () => import('./commands/check.ts')},
  completion: {
    summary: 'Print a script that lets a shell complete commands and flags.',
    load: () => import('./commands/completion.ts'),
  },
  del: {summary: 'Take a container out of a network.', load: () => import('./commands/del.ts')},
  doctor: {summary: 'Say what is wrong on this host, and what mends it.', load: () => import('./commands/doctor.ts')},
  gc: {
    summary: 'Take back what containers have left behind.',
    load: () => import('./commands/gc.ts'),
  },
  graph: {summary: 'Draw what hangs on what.', load: () => import('./commands/graph.ts')},
  hooks: {
    summary: 'Install, remove or check the hooks.d files of podman and CRI-O.',
    load: () => import('./commands/hooks.ts'),
  },
  inspect: {
    summary: 'Show all that is known of one container.',
    load: () => import('./commands/inspect.ts'),
  },
  logs: {summary: 'Show what was done for containers, and what failed.', load: () => import('./commands/logs.ts')},
  ls: {summary: 'List the containers that are attached.', load: () => import('./commands/ls.ts')},
  metrics: {summary: 'Print numbers for Prometheus.', load: () => import('./commands/metrics.ts')},
  networks: {
    summary: 'List the networks that there are, and their addresses.',
    load: () => import('./commands/networks.ts'),
  },
  plugins: {summary: 'List the CNI plugins that this executable is.', load: () => import('./commands/plugins.ts')},
  repair: {
    summary: 'Put back what was flushed or deleted under living containers.',
    load: () => import('./commands/repair.ts'),
  },
  status: {summary: 'Say whether a network could take another container.', load: () => import('./commands/status.ts')},
  unwire: {summary: 'Take the hooks out of a bundle again.', load: () => import('./commands/unwire.ts')},
  validate: {
    summary: 'Say what is wrong with the networks, before anyone depends on them.',
    load: () => import('./commands/validate.ts'),
  },
  wire: {summary: 'Put the hooks into the config.json of a bundle.', load: () => import('./commands/wire.ts')},
};

/** oclif's view of the table: it looks for nothing in the file system but a person's theme. */
export async function loadCommands(version: string): Promise<Config> {
  const plugin = asPlugin(version);
  const config = new Config({root: plugin.root, plugins: new Map([[plugin.name, plugin]])});
  await config.load();
  return config;
}

function asPlugin(version: string): Plugin {
  const name = 'cni-hook';
  const root = '/';
  const plugin: Plugin = {
    _base: '',
    alias: name,
    commandIDs: Object.keys(table),
    commands: [],
    commandsDir: undefined,
    findCommand: async () => {
      throw new Error('commands are found in the table');
    },
    hasManifest: false,
    hooks: {},
    isRoot: true,
    load: async () => undefined,
    moduleType: 'module',
    name,
    options: {root},
    pjson: {name, version, oclif: {bin: name, topicSeparator: ' '}},
    root,
    topics: [],
    type: 'core',
    valid: true,
    version,
  };
  plugin.commands = Object.entries(table).map(([id, {summary, load}]) => ({
    id,
    summary,
    aliases: [],
    hiddenAliases: [],
    args: {},
    flags: {},
    hidden: false,
    load: async () => Object.assign(deafToStdin((await load()).default as Command.Class), {id, summary}),
  }));
  return plugin;
}

/** oclif would take what stands on stdin for an argument that is missing: `gc` in a loop over a file, for one network of that name. */
function deafToStdin(command: Command.Class): Command.Class {
  for (const arg of Object.values(command.args)) arg.ignoreStdin = true;
  return command;
}
