// Which of the two programs in dist/cni-hook begins (src/engine/start.c), seen by what the kernel is asked for: Bun's needs
// ld.so and its libraries, QuickJS's no file that is a library.
import {readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from '@jest/globals';
import {execa} from 'execa';
import {executable} from '../host.ts';
import {scratchDirectory} from '../scratch.ts';

const directory = scratchDirectory();
const plugins = [
  'bridge',
  'ptp',
  'macvlan',
  'loopback',
  'portmap',
  'firewall',
  'tuning',
  'bandwidth',
  'host-local',
  'static',
  'flannel',
];

interface Started {
  readonly program: 'Bun' | 'QuickJS';
  /** What it opened. */
  readonly opened: readonly string[];
}

let runs = 0;

/** Runs it as `name`, the first of its arguments, with `words` behind that. Undefined is for no arguments at all, not even a name. */
async function start(
  name: string | undefined,
  words: readonly string[],
  env = {},
  file = executable,
): Promise<Started> {
  const trace = `${directory}/trace-${runs++}`;
  const caller = await callerWithAnyName();
  const args = [caller, file, ...(name === undefined ? [] : [name, ...words])];
  const {exitCode} = await execa('strace', ['-f', '-qq', '-e', 'trace=openat,open', '-o', trace, ...args], {
    input: '',
    cwd: directory,
    env: {PATH: '/usr/bin:/bin', ...env},
    extendEnv: false,
    reject: false,
    cleanup: false,
  });
  if (exitCode === 99) throw new Error(`it did not start: ${file}`);
  // The caller is static and opens nothing.
  const opened = [...readFileSync(trace, 'utf8').matchAll(/open(?:at)?\(.*?"([^"]*)"/g)].map(([, path = '']) => path);
  return {program: opened.some(path => /\/ld-[^/]*\.so/.test(path)) ? 'Bun' : 'QuickJS', opened};
}

let made: Promise<string> | undefined;

/** A program that runs another with exactly the arguments that it was given. */
function callerWithAnyName(): Promise<string> {
  const path = `${directory}/caller`;
  const source = '#include <unistd.h>\nint main(int argc, char **argv) { execv(argv[1], argv + 2); return 99; }\n';
  const make = async (): Promise<string> => {
    writeFileSync(`${path}.c`, source);
    await execa('cc', ['-static', '-O1', '-o', path, `${path}.c`], {cleanup: false});
    return path;
  };
  made ??= make();
  return made;
}

const title = 'runs %j %j';

describe('QuickJS', () => {
  test.each<[string, readonly string[]]>([
    ['cni-hook', ['createRuntime']],
    ['cni-hook', ['prestart']],
    ['cni-hook', ['poststop']],
    ['/usr/local/bin/cni-hook', ['createRuntime', '--conf-dir', '/none']],
    ['cni-hook', ['poststop', '--helpless']],
    ['cni-hook', ['createRuntime', '--conf-dir', '--help']],
    ['', ['createRuntime']],
    ['anything', ['poststop']],
    ['cnitool', ['poststop']],
    ['bridge', ['createRuntime']],
    ['/opt/cni/bin/bridge', []],
    ['/bridge', []],
    ['./bridge', []],
    ['bridge', ['--help']],
    ['cnitool', ['plugin', 'bridge']],
    ...plugins.map((type): [string, readonly string[]] => [type, []]),
    ...plugins.map((type): [string, readonly string[]] => ['cni-hook', ['plugin', type]]),
  ])(title, async (name, words) => {
    expect((await start(name, words)).program).toBe('QuickJS');
  });

  test.each(['createRuntime', 'prestart', 'poststop'])('opens no library for %s', async hook => {
    const {opened} = await start('cni-hook', [hook]);
    expect(opened.filter(path => /\.so\b|\/lib/.test(path))).toEqual([]);
  });

  test('is what a plugin’s link is', async () => {
    symlinkSync(executable, `${directory}/macvlan`);
    const {program, opened} = await start(`${directory}/macvlan`, [], {CNI_COMMAND: 'VERSION'}, `${directory}/macvlan`);
    expect({program, opened}).toEqual({program: 'QuickJS', opened: []});
  });
});

describe('Bun', () => {
  test.each<[string | undefined, readonly string[]]>([
    ['cni-hook', []],
    ['cni-hook', ['--help']],
    ['cni-hook', ['--version']],
    ['cni-hook', ['createRuntime', '--help']],
    ['cni-hook', ['createRuntime', '-h']],
    ['cni-hook', ['poststop', '--help', '--strict']],
    ['cni-hook', ['plugin']],
    ['cni-hook', ['plugin', 'none']],
    ['cni-hook', ['plugin', 'bridge2']],
    ['cni-hook', ['plugin', '--help']],
    ['cni-hook', ['', 'createRuntime']],
    ['cni-hook', ['createRuntimes']],
    ['cni-hook', ['create']],
    ['cni-hook', ['--help', 'createRuntime']],
    ['cnitool', ['--help']],
    ['bridges', ['--help']],
    ['bridge.exe', ['--help']],
    ['my-bridge', ['--help']],
    ['/opt/bridge/cni-hook', ['--help']],
    ['', ['--help']],
    ['/', ['--help']],
    [undefined, []],
  ])(title, async (name, words) => {
    expect((await start(name, words)).program).toBe('Bun');
  });

  test('does all of it if it is asked to', async () => {
    const env = {CNI_HOOK_ENGINE: 'bun'};
    expect((await start('cni-hook', ['poststop'], env)).program).toBe('Bun');
    expect((await start('bridge', [], {...env, CNI_COMMAND: 'VERSION'})).program).toBe('Bun');
  });

  test.each(['quickjs', '', 'bunny', 'Bun'])('does not do it for any other word: %j', async word => {
    expect((await start('cni-hook', ['poststop'], {CNI_HOOK_ENGINE: word})).program).toBe('QuickJS');
  });
});

test.each([
  ['--version', /^cni-hook \d/],
  ['poststop', /^$/],
])('%s runs in a directory that somebody has removed', async (word, said) => {
  const script = 'mkdir gone; cd gone; rmdir ../gone; exec "$0" "$@"';
  const input = '{"ociVersion": "1.0.2", "id": "nobody-knows-it", "status": "stopped"}';
  const {exitCode, stdout} = await execa('sh', ['-c', script, executable, word], {
    cwd: directory,
    input,
    reject: false,
    cleanup: false,
  });
  expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: expect.stringMatching(said)});
});
