// Where QuickJS's program begins: the hook and the plugins, which are on the way of every container's start. That it is one of
// the two has been seen before (start.c); what Bun runs begins in src/main.ts.
import './globals.ts';
import {basename} from 'node:path';
import {runHook} from '../hook.ts';
import {runPlugin} from '../plugin-mode.ts';

const [called = '', first = '', second = ''] = process.argv.slice(1);

if (first === 'createRuntime' || first === 'prestart' || first === 'poststop') {
  process.exit(runHook(first, process.argv.slice(3)));
}
process.exit(runPlugin(first === 'plugin' ? second : basename(called), process.env));
