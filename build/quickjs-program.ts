// The program that QuickJS runs: hook and plugins, with what src/engine/ has in place of Node's and Bun's modules.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {flannelType} from '../src/plugins/flannel/flannel.ts';
import {interfacePlugins, ipamPlugins} from '../src/plugins/index.ts';
import {type Elf, readElf} from './elf.ts';
import {quickjs, run} from './quickjs.ts';

// Far from Bun's program, which begins at 2 MB.
const address = '0x40000000';

/** A static executable whose addresses leave room for `bun`, and which begins by choosing between itself and that. */
export async function quickjsProgram(bun: Uint8Array): Promise<Uint8Array> {
  const {include, objects, compiler} = await quickjs();
  const directory = mkdtempSync(`${tmpdir()}/cni-hook-build-`);
  const at = (name: string) => `${directory}/${name}`;
  try {
    await bundle('src/engine/main.ts', directory);
    // Without names of variables, lines and sources.
    run([compiler, '-s', '-c', '-m', '-N', 'bundle', '-o', at('bundle.c'), at('main.js')]);
    const compile = ['cc', '-O2', '-Wall', '-Wextra', '-Wno-unused-parameter', '-fno-pic', `-I${include}`, '-c'];
    run([...compile, '-o', at('bundle.o'), at('bundle.c')]);
    run([...compile, '-o', at('host.o'), 'src/engine/host.c']);
    const plugins = [...interfacePlugins, ...ipamPlugins].map(({type}) => type).concat(flannelType);
    const names = plugins.map(type => `"${type}"`).join(',');
    // Before a C library is set up nothing of it may be called, so no compiler may put such a call there.
    const bare = ['-ffreestanding', '-fno-stack-protector', '-fno-tree-loop-distribute-patterns', `-DPLUGINS=${names}`];
    run([...compile, ...bare, '-o', at('start.o'), 'src/engine/start.c']);
    const symbols = Object.entries(symbolsOf(readElf(bun))).map(([name, value]) => `-Wl,--defsym=${name}=${value}`);
    const placed = ['-static', '-no-pie', '-s', `-Wl,-Ttext-segment=${address}`, '-Wl,-e,start_either', ...symbols];
    const parts = ['start.o', 'host.o', 'bundle.o'].map(at);
    run(['cc', ...placed, '-o', at('program'), ...parts, ...objects, '-lm', '-lpthread']);
    return readFileSync(at('program'));
  } finally {
    rmSync(directory, {recursive: true});
  }
}

/** One file of JavaScript that imports nothing. */
async function bundle(entry: string, outdir: string): Promise<void> {
  const standIns = {
    name: 'stand-ins',
    setup(builder: Bun.PluginBuilder) {
      builder.onResolve({filter: /^(node|bun):/}, ({path}) => ({
        path: `${process.cwd()}/src/engine/${path.slice(path.indexOf(':') + 1)}.ts`,
      }));
    },
  };
  await Bun.build({entrypoints: [entry], target: 'browser', format: 'esm', minify: true, outdir, plugins: [standIns]});
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
