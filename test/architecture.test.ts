// Who may import whom, and who may touch the world: the picture in docs/architecture.md as a table that is checked.
// A test that fails here says what to do. To change the table is a decision: write it down in docs/decisions/.
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {closureOf, filesBelow, type Import, importsOf} from './imports.ts';

const sources = filesBelow('src');
const imports = sources.filter(file => file.endsWith('.ts')).flatMap(file => importsOf(file));

/** Every room with the rooms that it may import from, besides itself. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  spec: [],
  kernel: ['spec'],
  plugins: ['spec', 'kernel'],
  runtime: ['spec', 'kernel', 'plugins'],
  hook: ['spec', 'kernel', 'runtime'],
  cli: ['spec', 'kernel', 'plugins', 'runtime'],
  library: ['spec', 'runtime'],
  index: ['spec', 'runtime', 'library'],
  'plugin-mode': ['spec', 'kernel', 'plugins', 'runtime'],
  main: ['hook', 'plugin-mode', 'cli'],
  // What QuickJS has in place of Node's and Bun's modules, and the program that it runs: nobody imports it by name.
  engine: ['hook', 'plugin-mode'],
};

/** The files of kernel/ that change and read nothing: all that a plugin may know of it, so that its plan is a value. */
const pureKernel = [
  'describe',
  'facts',
  'firewall/render',
  'firewall/rules',
  'names',
  'netlink/nf-elements',
  'netlink/nfnetlink',
  'netlink/rtnetlink',
  'netlink/shaping',
  'netlink/wire',
  'nft-script',
  'op',
  'ports/elements',
  'ports/port',
  'ports/rules',
  'ports/tables',
  'render',
  'render-shape',
  'shell',
  'undo',
].map(name => `src/kernel/${name}.ts`);

/** The packages that become part of the executable and of the library. */
const builtIn: readonly string[] = ['@oclif/core', 'execa', 'ip-cidr', 'proper-lockfile'];

/** Everything that reaches out of the program, with the only files, or folders, that may import it. */
const gates: Readonly<Record<string, readonly string[]>> = {
  'bun:ffi': ['src/kernel/libc.ts', 'src/kernel/reader.ts', 'src/kernel/mount-calls.ts'],
  'node:child_process': ['src/library/executable.ts', 'src/cli/'],
  'node:fs': [
    'src/hook.ts',
    'src/plugin-mode.ts',
    'src/cli/',
    'src/library/',
    'src/kernel/apply.ts',
    'src/kernel/firewall/filter-tables.ts',
    'src/kernel/firewall/firewalld.ts',
    'src/kernel/flock.ts',
    'src/kernel/mount-calls.ts',
    'src/kernel/mount-target.ts',
    'src/kernel/netns.ts',
    'src/kernel/pin.ts',
    'src/kernel/ports/listening.ts',
    'src/kernel/tool.ts',
    'src/kernel/trace.ts',
    'src/plugins/host-local/owner-index.ts',
    'src/plugins/host-local/store.ts',
    'src/runtime/call/flannel-verbs.ts',
    'src/runtime/container-dir.ts',
    'src/runtime/container-lock.ts',
    'src/runtime/delegates.ts',
    'src/runtime/durable-file.ts',
    'src/runtime/foreign.ts',
    'src/runtime/garbage/files.ts',
    'src/runtime/garbage/leases.ts',
    'src/runtime/garbage/results.ts',
    'src/runtime/inspect.ts',
    'src/runtime/kept.ts',
    'src/runtime/libcni/known-attachment.ts',
    'src/runtime/libcni/result-cache.ts',
    'src/runtime/load.ts',
    'src/runtime/log.ts',
    'src/runtime/names/container-files.ts',
    'src/runtime/names/hosts-files.ts',
    'src/runtime/names/hosts-lock.ts',
    'src/runtime/names/identity.ts',
    'src/runtime/names/introduce.ts',
    'src/runtime/names/mount-points.ts',
    'src/runtime/names/readable-file.ts',
    'src/runtime/ports.ts',
    'src/runtime/record.ts',
    'src/runtime/settings.ts',
    'src/runtime/signs.ts',
    'src/runtime/sweep.ts',
  ],
  '@oclif/core': ['src/cli/'],
  execa: ['src/cli/'],
  'ip-cidr': ['src/cli/', 'src/spec/'],
  'proper-lockfile': ['src/cli/'],
};

describe('imports', () => {
  test('go from room to room only as the table allows', () => {
    expectNone(imports.flatMap(one => wrongRoom(one)));
  });

  test('of a plugin reach only the pure files of kernel/', () => {
    expectNone(imports.flatMap(one => impure(one)));
  });

  test('of what reaches out of the program stand only in the files that may', () => {
    expectNone(imports.flatMap(one => wrongGate(one)));
  });

  test('have no way round by a global', () => {
    const wayRound = /\bBun\.|\brequire\(|\bprocess\.(binding|dlopen|getBuiltinModule)\b/;
    // Bun's own way to start a process is there without loading anything; node:child_process is not.
    const allowed = ['src/kernel/tool.ts', 'src/engine/globals.ts'];
    const found = sources.filter(
      file => !allowed.includes(file) && wayRound.test(withoutComments(readFileSync(file, 'utf8'))),
    );
    expectNone(found.map(file => `${file} uses a global where an import would show it: import it from node:`));
  });

  test('of packages are of those that are built into the executable, so that who installs it needs none', () => {
    const {dependencies, devDependencies} = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly dependencies?: object;
      readonly devDependencies: object;
    };
    expect(dependencies).toBeUndefined();
    expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining([...builtIn]));
    const foreign = imports.filter(({to}) => !/^(src\/|node:|bun:ffi$)|\.json$/.test(to));
    const unknown = foreign.filter(({to}) => !builtIn.includes(to));
    expectNone(unknown.map(({from, to}) => `${from} imports ${to}: is it to be built in? Add it to the table`));
  });

  test('of a file are of files that are there', () => {
    const missing = imports.filter(({to}) => to.startsWith('src/') && !sources.includes(to));
    expectNone(missing.map(({from, to}) => `${from} imports ${to}, which does not exist`));
  });
});

describe('what is on the way of every container that starts', () => {
  test.each(['src/hook.ts', 'src/plugin-mode.ts'])('%s loads nothing but what is built in', entry => {
    const loaded = [...closureOf(entry, imports)];
    expect(loaded).toContain('src/kernel/libc.ts');
    const foreign = loaded.filter(name => !/^(src\/|node:|bun:ffi$)/.test(name) || name.startsWith('src/cli/'));
    const way = (name: string) => imports.find(({from, to}) => to === name && loaded.includes(from))?.from;
    expectNone(
      foreign.map(name => `${entry} loads ${name}, by way of ${way(name)}: import it where only cli/ comes by`),
    );
  });

  test('src/engine/main.ts runs the same, and finds there whatever is not ours', () => {
    const loaded = [...closureOf('src/engine/main.ts', imports)];
    expect(loaded).toEqual(expect.arrayContaining(['src/hook.ts', 'src/plugin-mode.ts']));
    const standIns = sources.filter(file => file.startsWith('src/engine/'));
    const foreign = loaded.filter(name => !name.startsWith('src/'));
    const missing = foreign.filter(name => !standIns.includes(`src/engine/${name.replace(/^(node|bun):/, '')}.ts`));
    expectNone(missing.map(name => `${name} has no stand-in in src/engine/, so QuickJS can't load what imports it`));
  });

  test('uses no global that QuickJS does not have', () => {
    const absent =
      /\b(setTimeout|setInterval|queueMicrotask|structuredClone|URL|console|Intl|crypto|fetch|BigInt\.as\w+)\b[.(]/;
    const code = [...closureOf('src/engine/main.ts', imports)].filter(name => name.startsWith('src/'));
    const found = code.filter(file => absent.test(withoutComments(readFileSync(file, 'utf8'))));
    expectNone(found.map(file => `${file} uses a global that src/engine/globals.ts does not have`));
  });

  test('src/main.ts loads one part and not the others', () => {
    const loaded = imports.filter(
      ({from, to, kind}) => from === 'src/main.ts' && kind === 'static' && !to.startsWith('node:'),
    );
    expectNone(loaded.map(({to}) => `main.ts loads ${to} for every part: use "await import()"`));
  });
});

describe('the pure files of kernel/', () => {
  test.each(pureKernel)('%s loads nothing that has an effect', file => {
    const loaded = [...closureOf(file, imports)].filter(
      name => !name.startsWith('src/spec/') && name !== 'node:crypto',
    );
    expectNone(
      loaded.filter(name => !pureKernel.includes(name)).map(name => `${file} loads ${name}: hand it the value instead`),
    );
  });
});

describe('files', () => {
  const ours = [...sources, ...filesBelow('test'), ...filesBelow('bench'), ...filesBelow('build')];
  const code = ours.filter(file => file.endsWith('.ts'));

  test('are named in kebab-case', () => {
    const wrong = ours.filter(file => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(basename(file)));
    expectNone(wrong.filter(file => !file.includes('/results/')).map(file => `${file}: rename it in kebab-case`));
  });

  test('have 300 lines at the most', () => {
    const lines = code.map(file => ({file, count: readFileSync(file, 'utf8').split('\n').length - 1}));
    const long = lines.filter(({count}) => count > 300);
    expectNone(long.map(({file, count}) => `${file} has ${count} lines: split it by ideas, 200 is the aim`));
  });

  test('say on top what they are', () => {
    const silent = code.filter(file => !readFileSync(file, 'utf8').startsWith('// '));
    expectNone(silent.map(file => `${file}: begin it with two to five lines: what it is, what is easily got wrong`));
  });

  test('that a table above names are there', () => {
    const named = [...pureKernel, ...Object.values(gates).flat()];
    const gone = named.filter(
      name => !sources.some(file => file === name || (name.endsWith('/') && file.startsWith(name))),
    );
    expectNone(gone.map(name => `${name} is in a table of test/architecture.test.ts and is no more: take it out`));
  });

  test('that may touch node:fs do so', () => {
    const idle = (gates['node:fs'] ?? []).filter(
      name => !name.endsWith('/') && !imports.some(({from, to}) => from === name && to === 'node:fs'),
    );
    expectNone(idle.map(name => `${name} needs node:fs no more: take it off the list in test/architecture.test.ts`));
  });
});

describe('this test', () => {
  const from = (file: string, to: string): Import => ({from: `src/${file}`, to, kind: 'static'});

  test.each([
    [from('spec/x.ts', 'src/kernel/op.ts'), wrongRoom],
    [from('kernel/x.ts', 'src/plugins/plugin.ts'), wrongRoom],
    [from('runtime/x.ts', 'src/hook.ts'), wrongRoom],
    [from('hook.ts', 'src/cli/run.ts'), wrongRoom],
    [from('cli/x.ts', 'src/hook-options.ts'), wrongRoom],
    [from('plugins/x.ts', 'src/kernel/apply.ts'), impure],
    [from('runtime/x.ts', 'execa'), wrongGate],
    [from('kernel/netns.ts', 'bun:ffi'), wrongGate],
    [from('spec/x.ts', 'node:fs'), wrongGate],
  ])('would notice %j', (one, check) => {
    expect(check(one)).toHaveLength(1);
  });

  test('finds every form of import', () => {
    expect(imports).toContainEqual({from: 'src/hook.ts', to: 'node:fs', kind: 'static'});
    expect(imports).toContainEqual({from: 'src/kernel/op.ts', to: 'src/spec/result.ts', kind: 'type'});
    expect(imports).toContainEqual({from: 'src/main.ts', to: 'src/hook.ts', kind: 'dynamic'});
    expect(imports.some(({from, to}) => from.startsWith('src/cli/') && to === '@oclif/core')).toBe(true);
  });
});

function wrongRoom({from, to}: Import): readonly string[] {
  const [room, other] = [roomOf(from), roomOf(to)];
  if (!to.startsWith('src/') || room === other || rooms[room]?.includes(other)) return [];
  const allowed = rooms[room]?.join(', ') || 'nothing';
  return [`${from} imports ${to}: ${room} may import ${allowed}. Move what both need to a room that both may import`];
}

function impure({from, to}: Import): readonly string[] {
  if (roomOf(from) !== 'plugins' || roomOf(to) !== 'kernel' || pureKernel.includes(to)) return [];
  return [`${from} imports ${to}, which has effects: plan operations, or let a port in plugins/plugin.ts be handed in`];
}

function wrongGate({from, to}: Import): readonly string[] {
  const gate = gates[to];
  if (!gate || gate.some(place => from === place || (place.endsWith('/') && from.startsWith(place)))) return [];
  const places = gate.length > 3 ? 'what is listed in test/architecture.test.ts' : gate.join(', ');
  return [`${from} imports ${to}: only ${places} may. Go through one of these, or be handed what it reads`];
}

/** "src/kernel/netlink/wire.ts" is in kernel, "src/hook.ts" and "src/hook-options.ts" are the hook. */
function roomOf(file: string): string {
  const [, first = ''] = file.split('/');
  const name = first.replace(/\.ts$/, '');
  return Object.keys(rooms).find(room => name === room || name.startsWith(`${room}-`)) ?? name;
}

const withoutComments = (text: string): string => text.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '');

function expectNone(complaints: readonly string[]): void {
  expect(complaints.join('\n')).toBe('');
}
