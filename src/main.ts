// Which part is meant: by the name that we were called by, or by the first argument. Each part loads without the others.
import {basename} from 'node:path';

const [first, second = ''] = process.argv.slice(2);

const isHook = first === 'createRuntime' || first === 'prestart' || first === 'poststop';
if (isHook && second !== '--help' && second !== '-h') {
  const {runHook} = await import('./hook.ts');
  process.exit(runHook(first, process.argv.slice(3)));
}

const called = basename(process.argv0);
if (first === 'plugin' || called !== 'cni-hook') {
  const {isPlugin, runPlugin} = await import('./plugin-mode.ts');
  const type = first === 'plugin' ? second : called;
  if (isPlugin(type)) process.exit(runPlugin(type, process.env));
}

const words = process.argv.slice(2);
const {runCommand} = await import('./cli/run.ts');
await runCommand(called === 'cnitool' ? (await import('./cli/cnitool.ts')).asCommand(words) : words);
