// `npm run build`: makes dist/cni-hook, one executable that needs nothing on the host but the kernel, glibc and nft; what it
// prints to complete its commands; and dist/index.js with its types: the library, for Node and Bun.
import {copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {bunProgram} from './bun-program.ts';
import {joinExecutables} from './join.ts';
import {quickjs} from './quickjs.ts';
import {hookProgram} from './quickjs-program.ts';

const place = 'dist/cni-hook';
const license = 'dist/LICENSE.quickjs';

mkdirSync('dist/completions', {recursive: true});
const bun = await bunProgram();
write(place, await executable(bun));

/** Both programs in one file, or Bun's alone, which does everything too. */
async function executable(bun: Uint8Array): Promise<Uint8Array> {
  // It comes along with what it is about.
  rmSync(license, {force: true});
  try {
    const joined = joinExecutables(bun, await hookProgram(bun));
    copyFileSync((await quickjs()).license, license);
    return joined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`${place} is without QuickJS, its hooks and plugins take two to three times as long: ${reason}`);
    return bun;
  }
}

/**
 * Bun writes in small pieces, and the kernel keeps it so: every start would map and unmap 25 MB page by page. Written at once
 * it lies in memory in pieces of up to 2 MB, and a command takes a quarter less (docs/performance.md).
 */
function write(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes, {mode: 0o755});
  renameSync(`${path}.new`, path);
}

for (const [shell, name] of Object.entries({bash: 'cni-hook.bash', zsh: '_cni-hook', fish: 'cni-hook.fish'})) {
  writeFileSync(`dist/completions/${name}`, Bun.spawnSync([place, 'completion', shell]).stdout);
}

const library = await Bun.build({entrypoints: ['src/index.ts'], target: 'node', format: 'esm', outdir: 'dist'});
for (const message of library.logs) console.error(message);

const types = Bun.spawnSync(['node_modules/.bin/tsc', '-p', 'tsconfig.library.json'], {
  stdout: 'inherit',
  stderr: 'inherit',
});
process.exit(types.exitCode);
