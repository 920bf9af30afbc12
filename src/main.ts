// Which part is meant: by the name that we were called by, or by the first argument. Hook and plugin are nearly the same code
// and are loaded at once; the command line is ten times as much, and is loaded only if it is meant.
import {basename} from 'node:path';
import {runHook} from './hook.ts';
import {isPlugin, runPlugin} from './plugin-mode.ts';

const words = process.argv.slice(2);
const [first, second = ''] = words;

if (first === 'createRuntime' || first === 'prestart' || first === 'poststop') {
  process.exit(runHook(first, words.slice(1)));
}

const called = basename(process.argv0);
if (first === 'plugin' || called !== 'cni-hook') {
  const type = first === 'plugin' ? second : called;
  if (isPlugin(type)) process.exit(runPlugin(type, process.env));
}

const {runCommand} = await import('./cli/run.ts');
await runCommand(called, words);
