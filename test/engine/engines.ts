// The same script on both engines: on Bun as it is, and as a program of QuickJS with the stand-ins of src/engine/. Each run
// gets a directory of its own; the names of both are equally long, so that what is counted counts the same.
import {mkdtempSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from '@jest/globals';
import {execa} from 'execa';

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const bun = `${project}/node_modules/.bin/bun`;

/** What a case printed: `name`, and `value` or `error`. */
export interface Line {
  readonly name: string;
  readonly value?: unknown;
  readonly error?: Readonly<Record<string, unknown>>;
}

export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly lines: readonly Line[];
}

export interface RunOptions {
  /** Arguments after the run's own directory. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** A command that runs the program, such as test/private-host. */
  readonly under?: readonly string[];
}

export interface Engines {
  readonly bun: (options?: RunOptions) => Promise<Ran>;
  readonly quickjs: (options?: RunOptions) => Promise<Ran>;
  /**
   * Runs it on both and expects that they print the same, but for the cases that differ on purpose, by their names with the
   * reason: those have to differ. Returns QuickJS's lines.
   */
  readonly compare: (options?: RunOptions, onPurpose?: Readonly<Record<string, string>>) => Promise<readonly Line[]>;
}

/** Of a script in scripts/. What is made for it is put into `directory`. */
export async function enginesFor(script: string, directory: string): Promise<Engines> {
  const path = `${project}/test/engine/scripts/${script}.ts`;
  const entry = `${directory}/${script}.ts`;
  const program = `${directory}/${script}.quickjs`;
  writeFileSync(entry, `import '${project}/src/engine/globals.ts';\nimport '${path}';\n`);
  await execa(bun, ['run', 'build/script.ts', entry, program], {cwd: project, ...quietly, reject: true});

  const run = async (command: readonly string[], name: string, options: RunOptions = {}): Promise<Ran> => {
    const {args = [], env = {}, input = '', cwd = directory, under = []} = options;
    const own = mkdtempSync(`${directory}/${name}-`);
    const [first = '', ...rest] = [...under, ...command, own, ...args];
    const {exitCode, stdout, stderr} = await execa(first, rest, {
      ...quietly,
      input,
      cwd,
      env: {PATH: process.env.PATH ?? '', LC_ALL: 'C', ...env},
      extendEnv: false,
      stripFinalNewline: false,
    });
    const lines = stdout.split('\n').filter(line => line.startsWith('{"name":'));
    return {exitCode, stdout, stderr, lines: lines.map(line => JSON.parse(line) as Line)};
  };

  const onBun: Engines['bun'] = options => run([bun, path], 'bun', options);
  const onQuickjs: Engines['quickjs'] = options => run([program], 'qjs', options);
  return {
    bun: onBun,
    quickjs: onQuickjs,
    compare: async (options, onPurpose = {}) => {
      const wanted = await onBun(options);
      const found = await onQuickjs(options);
      expect(wanted.lines.length).toBeGreaterThan(0);
      expect(found.stderr).toBe(wanted.stderr);
      expect(found.lines.map(({name}) => name)).toEqual(wanted.lines.map(({name}) => name));
      const differences = found.lines.flatMap((quickjs, i) => {
        const bun = wanted.lines[i];
        return JSON.stringify(quickjs) === JSON.stringify(bun) ? [] : [{bun, quickjs}];
      });
      expect(differences.filter(({quickjs}) => !(quickjs.name in onPurpose))).toEqual([]);
      expect(differences.map(({quickjs}) => quickjs.name).sort()).toEqual(Object.keys(onPurpose).sort());
      expect(found.exitCode).toBe(wanted.exitCode);
      return found.lines;
    },
  };
}

/** A failure is a result; and no clean-up by execa at exit, which Jest's own clean-up of globals turns into a crash. */
const quietly = {reject: false, cleanup: false} as const;

/** Hands values to a script: the path of a file with their JSON. */
export function handOver(directory: string, values: unknown): string {
  const path = `${directory}/values.json`;
  writeFileSync(path, JSON.stringify(values));
  return path;
}
