// The hook forms, for the help only: they are run by src/hook.ts, which loads none of this.

export const hooks = [
  {name: 'createRuntime', summary: 'Attach a container to its networks.'},
  {name: 'prestart', summary: 'The deprecated name of createRuntime.'},
  {name: 'poststop', summary: 'Take back all that a container has had.'},
] as const;

/** Flags that hooks take in their "args"; src/hook-options.ts is where they are read. */
export const hookFlags = [
  [
    '--network NAME',
    'A network, as NAME or NAME:INTERFACE; may be given again. Without it the container\'s annotation "io.cni-hook.networks" decides, else the first network of the conf dir.',
  ],
  ['--strict', 'Fail for a container that has no network namespace of its own.'],
  ['--no-dns', "Leave the container's resolv.conf, hosts and hostname as they are."],
  ['--log-level LEVEL', 'Log only what is at least that grave: info, warning, error.'],
  ['--timeout SECONDS', 'Give up, and take everything back, after that long: 25 by default.'],
  ['--dry-run', 'Print the commands that would be run, and touch nothing.'],
  ['--conf-dir, --plugin-dir, --state-dir', 'As for the commands.'],
] as const;
