// Makes an executable of one script, with QuickJS in it, to see what src/engine/ does:
//   bun run build/script.ts SCRIPT.ts EXECUTABLE
import {writeFileSync} from 'node:fs';
import {programOf} from './quickjs-program.ts';

const [script = '', executable = ''] = process.argv.slice(2);
writeFileSync(executable, await programOf(script), {mode: 0o755});
