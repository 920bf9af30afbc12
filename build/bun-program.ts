// The program that Bun runs: everything, of which a person's commands are what it is there for.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';

/** The executable that Bun makes of src/main.ts. */
export async function bunProgram(): Promise<Uint8Array> {
  const directory = mkdtempSync(`${tmpdir()}/cni-hook-build-`);
  try {
    const built = await Bun.build({
      entrypoints: ['src/main.ts'],
      target: 'bun',
      format: 'esm',
      minify: true,
      bytecode: true,
      splitting: true,
      // It runs as root in a directory that somebody else wrote, so nothing may be loaded from there.
      compile: {
        outfile: `${directory}/cni-hook`,
        autoloadDotenv: false,
        autoloadBunfig: false,
        autoloadTsconfig: false,
        autoloadPackageJson: false,
      },
    });
    for (const message of built.logs) console.error(message);
    return readFileSync(`${directory}/cni-hook`);
  } finally {
    rmSync(directory, {recursive: true});
  }
}
