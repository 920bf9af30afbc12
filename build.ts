// Makes dist/cni-hook: one executable that needs nothing on the host but the kernel, glibc and nft. And dist/index.js with
// its types: the library, for Node and Bun.
import {rmSync} from 'node:fs';
import type {BunPlugin} from 'bun';

const root = import.meta.dir;
const commandLineDir = `${root}/dist/command-line`;

/** What the engine has of its own for files and paths takes a hook long to load: src/engine/ stands in, but not for src/cli/. */
const lightEngine: BunPlugin = {
  name: 'light engine',
  setup(build) {
    build.onResolve({filter: /^node:(fs|path)$/}, ({path, importer}) => {
      const isOurs = /\/src\/(kernel|plugins|runtime)\/|\/src\/[^/]+$/.test(importer);
      return isOurs ? {path: `${root}/src/engine/${path === 'node:fs' ? 'files' : 'paths'}.ts`} : undefined;
    });
  },
};

/** For a hook the command line is one file that it does not load; what the two share would else be one file more for both. */
const commandLineApart: BunPlugin = {
  name: 'command line apart',
  setup(build) {
    build.onResolve({filter: /\/cli\/run\.ts$/}, () => ({path: `${commandLineDir}/run.js`}));
  },
};

const commandLine = await Bun.build({
  plugins: [lightEngine],
  entrypoints: ['src/cli/run.ts'],
  target: 'bun',
  format: 'esm',
  splitting: true,
  outdir: commandLineDir,
});

const executable = await Bun.build({
  plugins: [lightEngine, commandLineApart],
  entrypoints: ['src/main.ts'],
  target: 'bun',
  format: 'esm',
  minify: true,
  bytecode: true,
  splitting: true,
  // The hook runs as root in a directory that somebody else wrote, so nothing may be loaded from there.
  compile: {
    outfile: 'dist/cni-hook',
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
});
rmSync(commandLineDir, {recursive: true});

const library = await Bun.build({entrypoints: ['src/index.ts'], target: 'node', format: 'esm', outdir: 'dist'});
for (const message of [...commandLine.logs, ...executable.logs, ...library.logs]) console.error(message);

const types = Bun.spawnSync(['node_modules/.bin/tsc', '-p', 'tsconfig.library.json'], {
  stdout: 'inherit',
  stderr: 'inherit',
});
process.exit(types.exitCode);
