// QuickJS as Debian has it, fetched and compiled once: its sources are pinned by checksum, its objects stay in
// node_modules/.cache until version or flags change.
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';

export const version = '2025.04.26';
const sha256 = 'ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe';
const file = `quickjs_${version}.orig.tar.xz`;
const addresses = [
  `http://deb.debian.org/debian/pool/main/q/quickjs/${file}`,
  'https://snapshot.debian.org/file/c09eb782efad2b6b8e7165d7e93d65dd9f946972',
  'https://bellard.org/quickjs/quickjs-2025-04-26.tar.xz',
];
const secondsToFetch = 60;

const flags = ['-O3', '-fwrapv', '-w', '-D_GNU_SOURCE', `-DCONFIG_VERSION="${version}"`];
const engine = ['quickjs', 'dtoa', 'libregexp', 'libunicode', 'cutils'];

export interface Quickjs {
  /** The directory of its headers. */
  readonly include: string;
  /** The engine, to be linked. */
  readonly objects: readonly string[];
  /** What its authors ask whoever hands it on to hand on as well. */
  readonly license: string;
  /** The program that makes bytecode of JavaScript. */
  readonly compiler: string;
}

/** Throws an Error that says what is missing: a C compiler, or the sources. */
export async function quickjs(): Promise<Quickjs> {
  const way = createHash('sha256').update(flags.join(' ')).digest('hex').slice(0, 8);
  const directory = `${process.cwd()}/node_modules/.cache/quickjs-${version}-${way}`;
  const objectsOf = (names: readonly string[]) => names.map(name => `${directory}/${name}.o`);
  const [license, compiler] = [`${directory}/LICENSE`, `${directory}/qjsc`];
  const made = {include: directory, objects: objectsOf(engine), license, compiler};
  if (existsSync(made.compiler)) return made;
  if (!Bun.which('cc')) throw new Error('there is no C compiler: apt-get install gcc libc6-dev');
  // Complete or not there, whether a build is interrupted or two are at it at the same time.
  const beside = `${directory}.${process.pid}`;
  rmSync(beside, {recursive: true, force: true});
  mkdirSync(beside, {recursive: true});
  try {
    writeFileSync(`${beside}/${file}`, await sources());
    run(['tar', '-xJf', `${beside}/${file}`, '-C', beside, '--strip-components=1']);
    const forCompiler = ['quickjs-libc', 'qjsc'];
    await compile(beside, [...engine, ...forCompiler]);
    const objects = [...engine, ...forCompiler].map(name => `${beside}/${name}.o`);
    run(['cc', '-o', `${beside}/qjsc`, ...objects, '-lm', '-ldl', '-lpthread']);
    if (existsSync(made.compiler)) return made;
    rmSync(directory, {recursive: true, force: true});
    renameSync(beside, directory);
  } finally {
    rmSync(beside, {recursive: true, force: true});
  }
  return made;
}

/** One file at a time for each processor. The longest comes first. */
async function compile(directory: string, names: readonly string[]): Promise<void> {
  const waiting = [...names];
  const one = async (): Promise<void> => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const command = ['cc', ...flags, '-c', '-o', `${directory}/${name}.o`, `${directory}/${name}.c`];
      const compiler = Bun.spawn(command, {stderr: 'inherit'});
      if ((await compiler.exited) !== 0) throw new Error(`failed: ${command.join(' ')}`);
    }
  };
  await Promise.all(cpus().map(one));
}

async function sources(): Promise<Uint8Array> {
  const reasons: string[] = [];
  for (const address of [...addresses, ...addresses]) {
    try {
      const answer = await fetch(address, {signal: AbortSignal.timeout(secondsToFetch * 1000)});
      if (!answer.ok) throw new Error(`answers ${answer.status}`);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const found = createHash('sha256').update(bytes).digest('hex');
      if (found !== sha256) throw new Error(`is another file, with the checksum ${found}`);
      return bytes;
    } catch (error) {
      reasons.push(`${address}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`cannot fetch the sources of QuickJS: ${reasons.join('; ')}`);
}

/** Runs a program of the build. Throws an Error with what it said. */
export function run(command: readonly string[]): void {
  const {success, stderr} = Bun.spawnSync([...command]);
  if (!success) throw new Error(`failed: ${command.join(' ')}: ${stderr.toString().trim()}`);
}
