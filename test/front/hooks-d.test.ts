// `hooks install|remove|status`, and its rules for files of others beside those of the real podman.
import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {hookFileText} from '../../src/cli/hook-file.ts';
import {classic} from '../fixtures/networks.ts';
import {createHost, executable, type Host} from '../host.ts';
import {describeWithPodman, hooksDir, openPodman, type Podman} from './podman.ts';

jest.setTimeout(60_000);

const starts = 'cni-hook-create-runtime.json';
const ends = 'cni-hook-poststop.json';

interface Status {
  readonly file: string;
  readonly state: string;
  readonly reason?: string;
}

let host: Host;
const hooks = (...args: readonly string[]) => host.run(executable, ['hooks', ...args, '--dir', hooksDir]);
const statusOf = async (name: string): Promise<Status | undefined> => {
  const {files} = JSON.parse((await hooks('status', '--json')).stdout) as {readonly files: readonly Status[]};
  return files.find(({file}) => file === `${hooksDir}/${name}`);
};

beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
});
beforeEach(() => host.must('rm', ['-rf', hooksDir]));
afterAll(() => host.close());

describe('our two files', () => {
  test('are installed, told, and removed, and nothing else is touched', async () => {
    host.write(`${hooksDir}/other.json`, {});
    expect(await hooks('install')).toMatchObject({
      exitCode: 0,
      stdout: `installed ${hooksDir}/${ends}\ninstalled ${hooksDir}/${starts}`,
    });
    expect(host.list(hooksDir)).toEqual([starts, ends, 'other.json']);
    expect(JSON.parse(host.read(`${hooksDir}/${starts}`))).toMatchObject({hook: {path: executable, timeout: 30}});
    expect(await hooks('remove')).toMatchObject({exitCode: 0});
    expect(host.list(hooksDir)).toEqual(['other.json']);
    expect(await hooks('remove')).toMatchObject({exitCode: 0, stdout: `there is nothing of ours in ${hooksDir}`});
  });

  test('are the same after a second time', async () => {
    await hooks('install');
    const first = host.read(`${hooksDir}/${starts}`);
    await hooks('install');
    expect(host.read(`${hooksDir}/${starts}`)).toBe(first);
    expect(await hooks('status')).toMatchObject({exitCode: 0, stderr: ''});
  });

  test('are those in hooks/, for an executable in its usual place', () => {
    const shown = (name: string) => JSON.parse(readFileSync(`hooks/hooks.d/${name}`, 'utf8')) as object;
    const text = (stage: 'createRuntime' | 'poststop') => JSON.parse(hookFileText(stage, '/usr/local/bin/cni-hook'));
    expect([shown(starts), shown(ends)]).toEqual([text('createRuntime'), text('poststop')]);
    const entries = [text('createRuntime').hook, text('poststop').hook];
    const config = JSON.parse(readFileSync('hooks/config.json', 'utf8'));
    expect(config).toEqual({hooks: {createRuntime: [entries[0]], poststop: [entries[1]]}});
  });

  test('that are missing are told by status, with exit code 1', async () => {
    const {exitCode, stdout, stderr} = await hooks('status');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('missing');
    expect(stderr).toContain('run "cni-hook hooks install"');
  });

  test('that call what is gone are told too', async () => {
    await host.must('sh', [
      '-c',
      `cp ${executable} /mnt/moved && /mnt/moved hooks install --dir ${hooksDir} && rm /mnt/moved`,
    ]);
    const {exitCode, stderr} = await hooks('status');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${hooksDir}/${ends}: there is no "/mnt/moved": podman passes this hook over`);
  });

  test('go into no file, and into no directory without a name', async () => {
    host.write('/mnt/in-the-way', '');
    const install = (dir: string) => host.run(executable, ['hooks', 'install', '--dir', dir]);
    expect(await install('/mnt/in-the-way/hooks.d')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^cni-hook hooks: cannot install the hooks in "[^"]+": ENOTDIR/),
    });
    expect(await install('')).toMatchObject({exitCode: 1, stderr: 'cni-hook hooks: --dir is empty'});
  });

  test('that can not be written leave no start without its end, and nothing beside them', async () => {
    await host.must('mkdir', ['-p', `${hooksDir}/${starts}/in-the-way`]);
    const {exitCode, stderr} = await hooks('install');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^cni-hook hooks: cannot install the hooks in "\/run\/hooks\.d": /);
    expect((await host.must('ls', ['-A', hooksDir])).split('\n')).toEqual([starts, ends]);
  });
});

const hook = {path: '/bin/true', args: ['true']};
const good = {version: '1.0.0', hook, when: {always: true}, stages: ['createRuntime']};

/** What somebody may have put there, and what we say of it. */
const files: readonly (readonly [what: string, state: string, content: object | string])[] = [
  ['a good one', 'ok', good],
  ['keys in capitals', 'ok', {Version: '1.0.0', HOOK: hook, When: {Always: true}, Stages: ['poststop']}],
  ['a stage of podman alone', 'ok', {...good, when: {annotations: {nobody: 'has'}}, stages: ['precreate']}],
  ['a pattern that only Go knows', 'ok', {...good, when: {annotations: {'(?i)a': '\\pL'}}}],
  ['an executable that is gone', 'gone', {...good, hook: {path: '/no/such'}}],
  ['no condition', 'idle', {...good, when: {}}],
  ['no "when" at all', 'idle', {...good, when: undefined}],
  ['a condition that is never met', 'idle', {...good, when: {always: false, commands: ['.*']}}],
  ['no stage', 'idle', {...good, stages: []}],
  ['empty lists of conditions', 'idle', {...good, when: {annotations: {}, commands: []}}],
  ['nulls for strings', 'ok', {...good, hook: {...hook, env: [null]}, when: {always: true, annotations: {'.*': null}}}],
  ['a repeated beginning', 'ok', {...good, when: {annotations: {'^*a': '\\b*'}}}],
  ['a class that begins with its end', 'ok', {...good, when: {annotations: {'[]a]': '[^]a]'}}}],
  ['the form of before', 'ok', {hook: '/bin/true', stage: ['prestart'], cmd: ['.*']}],
  ['the form of before, without a condition', 'idle', {version: '0.1.0', hook: '/bin/true', stages: ['prestart']}],
  ['the form of before, with a wrong stage', 'broken', {hook: '/bin/true', stages: ['x'], cmds: ['.*']}],
  ['the form of before, without stages', 'broken', {hook: '/bin/true', cmds: ['.*']}],
  ['the form of before, with a list twice', 'broken', {hook: '/bin/true', stages: ['prestart'], stage: ['prestart']}],
  ['the form of before, with a pattern that is none', 'broken', {hook: '/bin/true', stages: ['prestart'], cmds: ['[']}],
  ['the form of before, without a path', 'broken', {version: '0.1.0', stages: ['prestart'], cmds: ['.*']}],
  ['an executable that is none', 'broken', {...good, hook: {path: '/etc/passwd'}}],
  ['a directory for an executable', 'broken', {...good, hook: {path: '/etc'}}],
  ['a pattern that looks ahead', 'broken', {...good, when: {annotations: {'a(?=b)': 'x'}}}],
  ['a pattern that looks back', 'broken', {...good, when: {annotations: {'(a)\\1': 'x'}}}],
  ['a pattern with an escape that Go has not', 'broken', {...good, when: {annotations: {'\\u0041': 'x'}}}],
  ['a pattern that Go knows in part', 'broken', {...good, when: {annotations: {'(\\z': 'x'}}}],
  ['a pattern with too many repeats', 'broken', {...good, when: {annotations: {'a{1001}': 'x'}}}],
  ['a pattern with a class without end', 'broken', {...good, when: {annotations: {'[]': 'x'}}}],
  ['no JSON', 'broken', '{'],
  ['nothing', 'broken', ''],
  ['a list', 'broken', '[]'],
  ['a stage in small letters', 'broken', {...good, stages: ['createruntime']}],
  ['no stages', 'broken', {...good, stages: undefined}],
  ['version 2', 'broken', {...good, version: '2.0.0'}],
  ['no version', 'broken', {...good, version: undefined}],
  ['no path', 'broken', {...good, hook: {args: []}}],
  ['a pattern that is none', 'broken', {...good, when: {annotations: {'(': 'x'}}}],
  ['a value that is no pattern', 'broken', {...good, when: {annotations: {x: '['}}}],
  ['a command that is no pattern', 'broken', {...good, when: {commands: ['*x']}}],
  ['an argument that is a number', 'broken', {...good, hook: {path: '/bin/true', args: [1]}}],
  ['a timeout in words', 'broken', {...good, hook: {...hook, timeout: '30'}}],
];

describe('a file of somebody else', () => {
  test.each(files)('with %s is %s', async (_what, state, content) => {
    host.write(`${hooksDir}/other.json`, content);
    expect(await statusOf('other.json')).toMatchObject({state});
  });

  test('that is a link to nowhere is gone, and no reason for podman to stop', async () => {
    await host.must('mkdir', ['-p', hooksDir]);
    await host.must('ln', ['-s', '/no/such', `${hooksDir}/other.json`]);
    expect(await statusOf('other.json')).toMatchObject({state: 'gone', reason: expect.stringContaining('nowhere')});
  });

  test('whose name does not end in .json is none', async () => {
    host.write(`${hooksDir}/other.json.bak`, '{');
    expect(await statusOf('other.json.bak')).toBeUndefined();
  });
});

describeWithPodman('podman is of the same mind', () => {
  let podman: Podman;
  beforeAll(async () => {
    podman = await openPodman(host, 'runc');
  });
  afterAll(() => podman.close());

  test.each(files)('about %s, which is %s', async (_what, state, content) => {
    host.write(`${hooksDir}/other.json`, content);
    const {exitCode} = await podman.run(undefined, ['--rm'], 'true');
    expect(exitCode === 0).toBe(state !== 'broken');
  });

  test('about ours, beside which a bad one keeps everything from starting', async () => {
    await hooks('install');
    expect((await podman.run('mynet', ['--rm'], 'true')).exitCode).toBe(0);
    host.write(`${hooksDir}/bad.json`, '{');
    expect((await podman.run('mynet', ['--rm'], 'true')).exitCode).not.toBe(0);
    expect((await hooks('install')).stderr).toContain(`${hooksDir}/bad.json: podman starts no container: `);
  });
});
