// Makes dist/cni-hook: one executable that needs nothing on the host but the kernel, glibc and nft; what it prints to
// complete its commands; and dist/index.js with its types: the library, for Node and Bun.
import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';

const place = 'dist/cni-hook';

const executable = await Bun.build({
  entrypoints: ['src/main.ts'],
  target: 'bun',
  format: 'esm',
  minify: true,
  bytecode: true,
  splitting: true,
  // The hook runs as root in a directory that somebody else wrote, so nothing may be loaded from there.
  compile: {
    outfile: place,
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
});

// Bun writes it in small pieces, and the kernel keeps it so: every start then maps and unmaps 25 MB page by page. Written at
// once it lies in memory in pieces of up to 2 MB, and a hook takes a quarter less (docs/performance.md).
writeFileSync(`${place}.new`, readFileSync(place), {mode: 0o755});
renameSync(`${place}.new`, place);

mkdirSync('dist/completions', {recursive: true});
for (const [shell, name] of Object.entries({bash: 'cni-hook.bash', zsh: '_cni-hook', fish: 'cni-hook.fish'})) {
  writeFileSync(`dist/completions/${name}`, Bun.spawnSync([place, 'completion', shell]).stdout);
}

const library = await Bun.build({entrypoints: ['src/index.ts'], target: 'node', format: 'esm', outdir: 'dist'});
for (const message of [...executable.logs, ...library.logs]) console.error(message);

const types = Bun.spawnSync(['node_modules/.bin/tsc', '-p', 'tsconfig.library.json'], {
  stdout: 'inherit',
  stderr: 'inherit',
});
process.exit(types.exitCode);
