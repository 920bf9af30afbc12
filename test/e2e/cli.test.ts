// The command line as a whole: help, mistakes, terminals, hostile surroundings. What the commands answer is in
// cli-commands.test.ts.
import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {classic} from '../fixtures/networks.ts';
import {createHost, executable, type Host} from '../host.ts';

/** Every command with its arguments and flags. It is what scripts rely on: to change a line is to break somebody. */
const commands = `
add NETWORK TARGET: --alias --cap-args --cni-args --conf-dir --container-id --dry-run --hostname --ifname -i --ip --json --mac --no-dns --plugin-dir --publish -p --root --runtime --state-dir --timeout
check NETWORK TARGET: --conf-dir --container-id --ifname -i --json --plugin-dir --root --runtime --state-dir --timeout
completion SHELL: --conf-dir --json --plugin-dir --state-dir
del NETWORK TARGET: --cap-args --cni-args --conf-dir --container-id --dry-run --force --ifname -i --json --plugin-dir --root --runtime --state-dir --timeout
doctor: --conf-dir --json --plugin-dir --state-dir
gc [NETWORK]: --conf-dir --dry-run --json --networks --plugin-dir --state-dir
graph: --conf-dir --format --json --plugin-dir --state-dir
hooks ACTION: --allow --conf-dir --dir --json --plugin-dir --state-dir
inspect ID: --conf-dir --json --plugin-dir --state-dir
logs [ID]: --conf-dir --follow -f --json --log-level --plugin-dir --state-dir
ls: --conf-dir --json --plugin-dir --state-dir
metrics: --conf-dir --json --output -o --plugin-dir --state-dir
networks: --conf-dir --json --plugin-dir --state-dir
plugins: --conf-dir --json --plugin-dir --state-dir
repair [NETWORK]: --conf-dir --dry-run --json --plugin-dir --state-dir
status NETWORK: --conf-dir --json --plugin-dir --state-dir
unwire BUNDLE: --conf-dir --dry-run --json --plugin-dir --state-dir
validate [NETWORK]: --conf-dir --json --plugin-dir --state-dir
wire BUNDLE: --alias --conf-dir --default-route --dry-run --hook --hostname --ip --json --keep-ip --mac --network --plugin-dir --publish -p --runtime-path --spec --state-dir
`;

let host: Host;
const cli = (...args: readonly string[]) => host.run(executable, args);
/** In a terminal of that width, with what a terminal is told in place of text: "^[" for escape. */
const inTerminal = async (width: number, command: string, env: Readonly<Record<string, string>> = {}) => {
  const {stdout} = await host.run('script', ['-qc', `stty cols ${width}; ${executable} ${command}`, '/dev/null'], {
    env: {TERM: 'xterm', ...env},
  });
  return stdout.replaceAll('\r', '').replaceAll('\u001b', '^[');
};

beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
});
afterAll(() => host.close());

test('an argument that is missing is not taken from stdin', async () => {
  const asked = (...args: readonly string[]) => host.run(executable, args, {input: 'nowhere\n'});
  expect(await asked('logs', '--state-dir', '/run/empty')).toMatchObject({
    exitCode: 0,
    stderr: 'the log holds nothing',
  });
  expect(await asked('inspect')).toMatchObject({exitCode: 2, stderr: expect.stringContaining('ID is missing')});
  expect(await asked('validate', '--conf-dir', '/run/empty')).toMatchObject({
    exitCode: 1,
    stderr: 'cni-hook validate: there is no network in /run/empty',
  });
});

describe('help', () => {
  test('names every command, and that of a command its arguments and flags', async () => {
    const ids = entriesOf((await cli('--help')).stdout, 'COMMANDS');
    const lines = [];
    for (const id of ids) {
      const {stdout} = await cli('help', id);
      const usage = /^ {2}\$ cni-hook (.*) \[FLAGS\]$/m.exec(stdout)?.[1];
      lines.push(`${usage}: ${flagsIn(stdout).join(' ')}`);
    }
    expect(`\n${lines.join('\n')}\n`).toBe(commands);
  });

  test('names the hooks, which are run without the command line, and their flags', async () => {
    const {stdout} = await cli('--help');
    for (const name of entriesOf(stdout, 'HOOKS')) {
      const {stderr} = await host.hook(name, {id: 'c1'}, ['--nonsense']);
      const known = stderr.split('the flags are ')[1]?.trim().split(', ') ?? [];
      expect(known).toContain('--network');
      for (const flag of known) expect(sectionOf(stdout, 'HOOK FLAGS')).toContain(flag);
    }
  });

  test('is what comes without a command, and on stdout', async () => {
    const help = await cli('--help');
    expect(help).toMatchObject({exitCode: 0, stderr: ''});
    for (const args of [[], ['-h'], ['help']]) expect(await cli(...args)).toEqual(help);
    // With the hooks, which stand there too, and without waiting for a state.
    for (const args of [
      ['createRuntime', '--help'],
      ['poststop', '-h'],
      ['help', 'prestart'],
    ])
      expect(await cli(...args)).toEqual(help);
  });

  test('of a command comes by "help" before it or a flag behind it', async () => {
    const help = await cli('help', 'logs');
    expect(help).toMatchObject({exitCode: 0, stderr: ''});
    expect(await cli('logs', '--help')).toEqual(help);
    expect(await cli('logs', 'c1', '-h')).toEqual(help);
    expect(await cli('--help', 'logs')).toEqual(help);
  });

  test('fits into 80 columns', async () => {
    const root = (await cli('--help')).stdout;
    for (const args of [[], ...entriesOf(root, 'COMMANDS').map(id => [id])]) {
      const {stdout} = await cli('help', ...args);
      expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
    }
  });

  test('--version is that of package.json', async () => {
    const {version} = JSON.parse(readFileSync('package.json', 'utf8')) as {version: string};
    expect(await cli('--version')).toEqual({exitCode: 0, stdout: `cni-hook ${version}`, stderr: ''});
  });
});

describe('a mistake in the call is one line, with a hint, and exit code 2', () => {
  test.each<readonly [args: readonly string[], line: string]>([
    [['lss'], 'cni-hook: there is no command "lss": did you mean "ls"?'],
    [['createruntime'], 'cni-hook: there is no command "createruntime": did you mean "createRuntime"?'],
    [['frobnicate'], 'cni-hook: there is no command "frobnicate": run "cni-hook --help" for what there is'],
    [['help', 'network'], 'cni-hook: there is no command "network": did you mean "networks"?'],
    [
      ['--state-dir', '/run', 'ls'],
      'cni-hook: the command must come before "--state-dir": run "cni-hook --help" for what there is',
    ],
    [['ls', '--jsn'], 'cni-hook ls: there is no flag "--jsn": did you mean "--json"?'],
    [['gc', '--dryrun'], 'cni-hook gc: there is no flag "--dryrun": did you mean "--dry-run"?'],
    [['gc', '--force'], 'cni-hook gc: there is no flag "--force": run "cni-hook gc --help" for how it is called'],
    [
      ['ls', '--state-dir'],
      'cni-hook ls: Flag --state-dir expects a value: run "cni-hook ls --help" for how it is called',
    ],
    [['ls', 'c1'], 'cni-hook ls: "c1" is one argument too many: run "cni-hook ls --help" for how it is called'],
    [['inspect'], 'cni-hook inspect: ID is missing: run "cni-hook inspect --help" for how it is called'],
  ])('%p', async (args, line) => {
    expect(await cli(...args)).toEqual({exitCode: 2, stdout: '', stderr: line});
  });

  test('and with --json one object on stdout', async () => {
    const {exitCode, stdout, stderr} = await cli('ls', '--nonsense', '--json');
    expect({exitCode, stderr}).toEqual({exitCode: 2, stderr: ''});
    expect(JSON.parse(stdout)).toEqual({
      cniVersion: '1.1.0',
      code: 4,
      msg: 'there is no flag "--nonsense": run "cni-hook ls --help" for how it is called',
    });
    expect(JSON.parse((await cli('lss', '--json')).stdout)).toMatchObject({
      code: 4,
      msg: expect.stringContaining('lss'),
    });
  });
});

describe('a failure', () => {
  test('is one line and exit code 1', async () => {
    expect(await cli('inspect', '../../etc')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^cni-hook inspect: container id "\.\.\/\.\.\/etc" is not allowed: [^\n]*$/),
    });
  });

  test('is CNI error JSON on stdout with --json', async () => {
    const {exitCode, stdout, stderr} = await cli('inspect', 'nobody', '--json');
    expect({exitCode, stderr}).toEqual({exitCode: 1, stderr: ''});
    expect(JSON.parse(stdout)).toEqual({
      cniVersion: '1.1.0',
      code: 3,
      msg: expect.stringContaining('nothing is known of container "nobody"'),
    });
  });

  test('shows a stack trace only where CNI_HOOK_DEBUG is set', async () => {
    const {stderr} = await host.run(executable, ['inspect', 'nobody'], {env: {CNI_HOOK_DEBUG: '1'}});
    expect(stderr).toMatch(/\n +at /);
  });

  test('of the settings file is said by every command that reads it', async () => {
    host.write('/etc/cni-hook/config.json', '{"stateDir": 7}');
    for (const args of [['ls'], ['networks'], ['logs'], ['gc'], ['inspect', 'c1'], ['repair']]) {
      const {exitCode, stderr} = await cli(...args);
      expect(exitCode).toBe(1);
      expect(stderr).toBe(`cni-hook ${args[0]}: /etc/cni-hook/config.json: "stateDir" must be a string, got 7`);
    }
    await host.must('rm', ['/etc/cni-hook/config.json']);
  });
});

describe('output', () => {
  test('ends quietly when its reader does', async () => {
    const entry = {time: '2026-01-01T00:00:00.000Z', level: 'info', event: 'poststop', id: 'c1', msg: 'x'.repeat(200)};
    host.write('/run/cni-hook/log.jsonl', `${JSON.stringify(entry)}\n`.repeat(5000));
    const script = `${executable} logs | head -1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    expect(await host.run('bash', ['-c', script])).toEqual({exitCode: 0, stdout: '0', stderr: ''});
    const {stdout} = await host.run('bash', ['-c', `${executable} logs | wc -l`]);
    expect(stdout.trim()).toBe('5000');
    await host.must('rm', ['/run/cni-hook/log.jsonl']);
  });

  test('that can not be written is a failure', async () => {
    for (const args of ['networks', '--version', '--help']) {
      const {exitCode, stderr} = await host.run('sh', ['-c', `${executable} ${args} >/dev/full`]);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/^cni-hook: cannot write to stdout: ENOSPC[^\n]*$/);
    }
  });

  test('is in colour on a terminal, and never with NO_COLOR or elsewhere', async () => {
    expect(await inTerminal(100, 'ls --help')).toContain('^[[');
    expect(await inTerminal(100, 'ls --help', {NO_COLOR: '1'})).not.toContain('^[');
    expect((await host.run(executable, ['ls', '--help'], {env: {FORCE_COLOR: '1'}})).stdout).not.toContain('\u001b');
  });

  test('fits the terminal, and is whole elsewhere', async () => {
    const name = `10-${'n'.repeat(100)}.conf`;
    host.write(`/run/long/${name}`, {name: 'long', type: 'loopback', cniVersion: '1.0.0'});
    const table = await inTerminal(60, 'networks --conf-dir /run/long', {NO_COLOR: '1'});
    expect(Math.max(...table.split('\n').map(line => line.length))).toBeLessThanOrEqual(60);
    expect(table).toContain('10-nnnn');
    expect((await cli('networks', '--conf-dir', '/run/long')).stdout).toContain(name);
  });
});

test('nothing is loaded from where the operator stands, nor from home', async () => {
  const evil = 'process.stdout.write("EVIL"); module.exports = {};';
  const link = {name: 'evil', type: 'link', root: '/run/evil'};
  const files = {
    '.env': 'NETCONFPATH=/run/evil\nNODE_ENV=development\n',
    'bunfig.toml': 'preload = ["./evil.js"]\n',
    'evil.js': evil,
    'index.js': evil,
    'tsconfig.json': '{"compilerOptions": {"paths": {"*": ["./evil.js"]}}}',
    'package.json': {
      name: 'evil',
      version: '6.6.6',
      oclif: {commands: './commands', hooks: {init: './evil.js'}, plugins: ['evil']},
    },
    'oclif.manifest.json': {version: '6.6.6', commands: {ls: {id: 'ls', isESM: false, relativePath: ['evil.js']}}},
    'commands/ls.js': evil,
    '.local/share/cni-hook/package.json': {name: 'user', oclif: {plugins: [link]}},
    ...Object.fromEntries(
      ['picomatch', 'evil', 'fdir', '@oclif/core'].map(name => [`node_modules/${name}/index.js`, evil]),
    ),
  };
  for (const [path, content] of Object.entries(files)) host.write(`/run/evil/${path}`, content);
  for (const args of [['networks'], ['--help'], ['help', 'ls'], ['--version'], ['lss'], ['ls', '--nonsense']]) {
    const elsewhere = await host.run(executable, args, {cwd: '/run/evil', env: {HOME: '/run/evil'}});
    expect(elsewhere).toEqual(await cli(...args));
  }
});

test('nothing is looked for on the machine that the executable was built on', async () => {
  const {exitCode, stderr} = await host.run('strace', ['-f', '-e', 'trace=%file', executable, 'networks']);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('/etc/cni/net.d/10-mynet.conflist');
  expect(stderr).not.toContain('node_modules');
});

/** The lines of a section of the help. */
function sectionOf(help: string, title: string): string {
  return help.split(/^(?=[A-Z][A-Z ]+$)/m).find(section => section.startsWith(`${title}\n`)) ?? '';
}

/** The first words in a section of the help. */
function entriesOf(help: string, title: string): readonly string[] {
  const entries = Array.from(sectionOf(help, title).matchAll(/^ {2}(\S+) {2}/gm), match => String(match[1]));
  expect(entries).not.toEqual([]);
  return entries;
}

function flagsIn(help: string): readonly string[] {
  const flags = Array.from(help.matchAll(/^ {2,}(?:(-\w), )?(--[a-z-]+)/gm), ([, short, long]) => [long, short]);
  return flags
    .sort()
    .flat()
    .filter(flag => flag !== undefined);
}
