// The way into the operator's command line. What it is made of is loaded from here on, and not before: oclif asks for a home
// directory and a shell while it loads, and fails for a user id without a name.
import os from 'node:os';
import packageJson from '../../package.json' with {type: 'json'};

/** Runs one command and sets the exit code: 0, 1 for a failure, 2 for a call that can't be understood. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const {version} = packageJson;
  endQuietlyWithTheReader();
  if (args[0] === '--version') {
    process.stdout.write(`cni-hook ${version}\n`);
    return;
  }
  giveHome();
  const {dispatch} = await import('./dispatch.ts');
  await dispatch(args, version);
}

/** As in `cni-hook ls | head -1`: whoever reads has seen enough. */
function endQuietlyWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`cni-hook: cannot write to stdout: ${error.message}\n`);
    process.exit(1);
  });
}

/** Nothing of ours is looked for in either; what is written to process.env alone comes too late for HOME. */
function giveHome(): void {
  process.env.SHELL ??= '';
  if (process.env.HOME) return;
  process.env.HOME = '/';
  Object.assign(os, {homedir: () => '/'});
}
