// Programs that QuickJS runs: one file that needs nothing, of TypeScript which finds in src/engine/ what it imports from Node
// and Bun, and of the C beside that.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {flannelType} from '../src/plugins/flannel/flannel.ts';
import {interfacePlugins, ipamPlugins} from '../src/plugins/index.ts';
import {type Elf, readElf} from './elf.ts';
import {quickjs, run} from './quickjs.ts';

// Far from Bun's program, which begins at 2 MB.
const address = '0x40000000';

/** Hook and plugins, linked to addresses that leave room for `bun`: it begins by choosing between itself and that. */
export function hookProgram(bun: Uint8Array): Promise<Uint8Array> {
  const plugins = [...interfacePlugins, ...ipamPlugins].map(({type}) => type).concat(flannelType);
  const names = plugins.map(type => `"${type}"`).join(',');
  // Before a C library is set up nothing of it may be called, so no compiler may put such a call there.
  const bare = ['-ffreestanding', '-fno-stack-protector', '-fno-tree-loop-distribute-patterns', `-DPLUGINS=${names}`];
  const symbols = Object.entries(symbolsOf(readElf(bun))).map(([name, value]) => `-Wl,--defsym=${name}=${value}`);
  return programOf('src/engine/main.ts', {
    sources: [{file: 'src/engine/start.c', flags: bare}],
    link: [`-Wl,-Ttext-segment=${address}`, '-Wl,-e,start_either', ...symbols],
  });
}

interface Extra {
  readonly sources: readonly {readonly file: string; readonly flags: readonly string[]}[];
  /** Flags for the linker. */
  readonly link: readonly string[];
}

/** A static executable of what `entry` and its imports say. Throws an Error if there is no QuickJS, or no compiler. */
export async function programOf(entry: string, extra: Extra = {sources: [], link: []}): Promise<Uint8Array> {
  const {include, objects, compiler} = await quickjs();
  const directory = mkdtempSync(`${tmpdir()}/cni-hook-build-`);
  const at = (name: string) => `${directory}/${name}`;
  try {
    await bundle(entry, at('bundle.js'));
    // Without names of variables, lines and sources.
    run([compiler, '-s', '-c', '-m', '-N', 'bundle', '-o', at('bundle.c'), at('bundle.js')]);
    const files = [at('bundle.c'), ...['host', 'memory', 'text'].map(name => `src/engine/${name}.c`)];
    const sources = [...files.map(file => ({file, flags: []})), ...extra.sources];
    const made = sources.map(({file, flags}, i) => {
      run(['cc', ...cFlags, `-I${include}`, ...flags, '-c', '-o', at(`${i}.o`), file]);
      return at(`${i}.o`);
    });
    const link = ['-static', '-no-pie', '-s', ...extra.link];
    run(['cc', ...link, '-o', at('program'), ...made, ...objects, '-lm', '-lpthread']);
    return readFileSync(at('program'));
  } finally {
    rmSync(directory, {recursive: true});
  }
}

const cFlags = ['-O2', '-Wall', '-Wextra', '-Wno-unused-parameter', '-fno-pic'];

/** One file of JavaScript that imports nothing. */
async function bundle(entry: string, path: string): Promise<void> {
  const standIns = {
    name: 'stand-ins',
    setup(builder: Bun.PluginBuilder) {
      builder.onResolve({filter: /^(node|bun):/}, ({path}) => ({
        path: `${process.cwd()}/src/engine/${path.slice(path.indexOf(':') + 1)}.ts`,
      }));
    },
  };
  const built = await Bun.build({
    entrypoints: [entry],
    target: 'browser',
    format: 'esm',
    minify: true,
    plugins: [standIns],
  });
  await Bun.write(path, built.outputs[0] ?? '');
}

/** What src/engine/start.c has to know of Bun's program. */
function symbolsOf({entry, headersAt, headers}: Elf) {
  const first = headers.find(({type}) => type === 'load');
  const interpreter = headers.find(({type}) => type === 'interpreter');
  if (!first || !interpreter) throw new Error('what Bun has made is no executable that is linked dynamically');
  return {
    bun_entry: entry,
    bun_headers: first.address - first.offset + headersAt,
    bun_header_count: headers.length,
    bun_interpreter: interpreter.address,
  };
}
