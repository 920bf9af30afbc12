// `wire` and `unwire` on real bundles, under real runtimes.
import {readFileSync} from 'node:fs';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {bundleDir, forever} from '../fixtures/bundle.ts';
import {addressesOf, type Runtime} from '../fixtures/container.ts';
import {bridgeNetwork, classic, classicLeases, isLease} from '../fixtures/networks.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(60_000);

const bundle = bundleDir('c1');
const file = `${bundle}/config.json`;

let host: Host;
const cli = (...args: readonly string[]) => host.run(executable, args);
const namesIn = (directory: string) => host.must('ls', ['-A', directory]);

beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  const ipam = {type: 'host-local', subnet: '10.67.0.0/24'};
  host.write('/etc/cni/net.d/20-other.conflist', bridgeNetwork('other', 'other0', {isGateway: true, ipam}));
});
/** A bundle without hooks, as a person may have it. */
beforeEach(() => {
  host.bundle('c1', {hooks: {}, netns: 'host', command: forever});
});
afterEach(() => host.must('rm', ['-r', bundle]));
afterAll(() => host.close());

describe.each<Runtime>(['runc', 'crun'])('a wired bundle under %s', runtime => {
  test('has the networks that were asked for, gives them back, and is as before when it is unwired', async () => {
    const before = host.read(file);
    expect(await cli('wire', bundle, '--network', 'mynet', '--network', 'other:net7')).toMatchObject({
      exitCode: 0,
      stdout: `wired ${file}`,
    });
    expect(await host[runtime]('run', '--detach', '--bundle', bundle, 'c1')).toMatchObject({exitCode: 0, stderr: ''});
    const {pid} = JSON.parse((await host[runtime]('state', 'c1')).stdout) as {readonly pid: number};
    expect(await addressesOf(host, pid, 'eth0')).toEqual([expect.stringMatching(/^172\.19\.1\./)]);
    expect(await addressesOf(host, pid, 'net7')).toEqual([expect.stringMatching(/^10\.67\.0\./)]);
    expect(await host[runtime]('exec', 'c1', 'ping', '-c', '1', '-W', '1', '172.19.1.1')).toMatchObject({exitCode: 0});
    await host[runtime]('delete', '--force', 'c1');
    expect(await host.run(executable, ['gc', '--dry-run'])).toMatchObject({stdout: ''});
    expect(host.list(classicLeases).filter(isLease)).toEqual([]);
    expect(await cli('unwire', bundle)).toMatchObject({exitCode: 0, stdout: `unwired ${file}`});
    expect(host.read(file)).toBe(before);
  });

  test('gives all back although the directory is gone that the runtime is called from', async () => {
    await cli('wire', bundle, '--network', 'mynet');
    expect(await host[runtime]('run', '--detach', '--bundle', bundle, 'c1')).toMatchObject({exitCode: 0});
    await host.must('mkdir', ['/run/gone']);
    const {exitCode} = await host.run('sh', ['-c', `cd /run/gone; rmdir /run/gone; ${runtime} delete --force c1`]);
    expect(exitCode).toBe(0);
    expect(await host.run(executable, ['gc', '--dry-run'])).toMatchObject({stdout: ''});
  });

  test('has the addresses and names that were asked for', async () => {
    host.bundle('c1', {hooks: {}, command: forever});
    const before = host.read(file);
    const flags = [
      '--network',
      'mynet',
      '--network',
      'other',
      '--default-route',
      'other',
      '--alias',
      'www',
      '--alias',
      'api',
    ];
    const fixed = [
      '--ip',
      '172.19.1.44',
      '--ip',
      'other=10.67.0.44',
      '--mac',
      '02:11:22:33:44:55',
      '--hostname',
      'web',
    ];
    expect(await cli('wire', bundle, ...flags, ...fixed)).toMatchObject({exitCode: 0});
    expect(JSON.parse(host.read(file))).toMatchObject({
      hostname: 'web',
      annotations: {'io.cni-hook.aliases': 'www,api', 'io.cni-hook.ip': '172.19.1.44,other=10.67.0.44'},
    });
    expect(await host[runtime]('run', '--detach', '--bundle', bundle, 'c1')).toMatchObject({exitCode: 0, stderr: ''});
    const {pid} = JSON.parse((await host[runtime]('state', 'c1')).stdout) as {readonly pid: number};
    expect(await addressesOf(host, pid, 'eth0')).toEqual(['172.19.1.44/24']);
    expect(await addressesOf(host, pid, 'eth1')).toEqual(['10.67.0.44/24']);
    expect((await host[runtime]('exec', 'c1', 'hostname')).stdout).toBe('web');
    await host[runtime]('delete', '--force', 'c1');
    await cli('unwire', bundle);
    expect(host.read(file)).toBe(before);
  });

  test('begins with what the runtime makes, where there was none', async () => {
    await host.must('rm', [file]);
    const wired = await cli('wire', bundle, '--spec', '--runtime-path', runtime);
    expect(wired).toMatchObject({exitCode: 0});
    expect(JSON.parse(host.read(file))).toMatchObject({
      ociVersion: expect.any(String),
      hooks: {createRuntime: [{path: executable}], poststop: [{path: executable}]},
    });
    await cli('unwire', bundle);
    await host.must('mkdir', ['/mnt/spec']);
    await host.must(runtime, ['spec'], {cwd: '/mnt/spec'});
    expect(host.read(file)).toBe(host.read('/mnt/spec/config.json'));
    await host.must('rm', ['-r', '/mnt/spec']);
  });
});

describe('wire', () => {
  test('shows with --dry-run the diff of what it does without, and writes nothing', async () => {
    const before = host.read(file);
    const {stdout} = await cli('wire', bundle, '--dry-run', '--network', 'mynet');
    expect(host.read(file)).toBe(before);
    await cli('wire', bundle, '--network', 'mynet');
    const wired = host.read(file);
    host.write('/mnt/patched', before);
    const diff = ['--- patched', '+++ patched', ...stdout.split('\n').slice(2), ''].join('\n');
    expect(await host.run('git', ['apply', '-'], {cwd: '/mnt', input: diff})).toMatchObject({exitCode: 0});
    expect(host.read('/mnt/patched')).toBe(wired);
  });

  test('again says that it is done, and with other wishes exchanges them', async () => {
    await cli('wire', bundle, '--network', 'mynet');
    const wired = host.read(file);
    expect((await cli('wire', bundle, '--network', 'mynet')).stdout).toBe(`${file} is wired already`);
    expect(host.read(file)).toBe(wired);
    await cli('wire', bundle, '--network', 'other', '--keep-ip', '24h');
    expect(JSON.parse(host.read(file))).toMatchObject({
      annotations: {'io.cni-hook.networks': 'other', 'io.cni-hook.keep-ip': '24h'},
    });
  });

  test('keeps owner, rights and a link, and leaves no other file', async () => {
    await host.must('sh', [
      '-ec',
      `mv ${file} /mnt/real.json; ln -s /mnt/real.json ${file}; chmod 640 ${file}; chown 7:8 ${file}`,
    ]);
    await cli('wire', bundle);
    expect(await host.must('stat', ['-c', '%F', file])).toBe('symbolic link');
    expect(await host.must('stat', ['-c', '%a %u %g', '/mnt/real.json'])).toBe('640 7 8');
    expect(await namesIn(bundle)).toBe('config.json');
  });

  test('works for a person who is not root, on a bundle of their own', async () => {
    await host.must('sh', ['-ec', `mkdir -p -m 700 /run/cni-hook; chown -R 65534 ${bundle}; chmod -R a+rX /mnt`]);
    const anybody = ['--reuid', '65534', '--clear-groups', executable];
    expect(await host.run('setpriv', [...anybody, 'wire', bundle])).toMatchObject({exitCode: 0, stderr: ''});
    expect(JSON.parse(host.read(file)).hooks.poststop).toHaveLength(1);
  });

  test('many at once wire once', async () => {
    await host.must('mkdir', ['-p', '/run/cni-hook']);
    const before = host.read(file);
    await Promise.all(Array.from({length: 6}, () => cli('wire', bundle)));
    expect(JSON.parse(host.read(file)).hooks.createRuntime).toHaveLength(1);
    await cli('unwire', bundle);
    expect(host.read(file)).toBe(before);
    expect(await namesIn(bundle)).toBe('config.json');
  });

  test.each<readonly [what: string, content: string | undefined, args: readonly string[], reason: string]>([
    ['no config.json', undefined, [], `there is no "${file}": --spec begins with one of "runc spec"`],
    ['no JSON', '{"a":', [], `${file}:1:6: not valid JSON`],
    ['no bytes of a text', '\u{fffd}', [], `${file}:1:1: not valid JSON`],
    ['a wrong network', '{}', ['--network', 'a/b'], 'network name "a/b" is not allowed'],
    ['a wrong time', '{}', ['--keep-ip', 'long'], '--keep-ip: "long" is not a time'],
    ['a wrong address', '{}', ['--ip', '10.1.0'], '--ip: "10.1.0" is not an IP address'],
    ['a wrong MAC', '{}', ['--mac', 'mynet=x'], '--mac: "x" is not a MAC address'],
    ['a wrong port', '{}', ['--publish', '0:80'], '--publish: "0:80"'],
    ['a wrong hostname', '{}', ['--hostname', 'a b'], '--hostname: '],
    ['a wrong alias', '{}', ['--alias', 'good', '--alias', 'b d'], '--alias: '],
    ['a wrong place for the default route', '{}', ['--default-route', 'a/b'], '--default-route: '],
    [
      'an address for a network that it is not in',
      '{}',
      ['--network', 'mynet', '--ip', 'other=10.67.0.9'],
      '10.67.0.9 is asked for "other", where the container is not: it is in mynet:eth0',
    ],
    [
      'one interface for two networks',
      '{}',
      ['--network', 'mynet:net0', '--network', 'other:net0'],
      'two networks want the interface name "net0"',
    ],
    ['nothing', '{}', ['--hostname', ''], '--hostname is empty'],
    ['an executable that is not there', '{}', ['--hook', '/no/such'], '--hook: there is no "/no/such"'],
    ['an executable that is none', '{}', ['--hook', '/etc/passwd'], '--hook: "/etc/passwd" can not be executed'],
    [
      'a runtime that is not there',
      undefined,
      ['--spec', '--runtime-path', '/no/such'],
      'cannot get a config.json from',
    ],
  ])('refuses in one line: %s', async (_what, content, args, reason) => {
    if (content === undefined) await host.must('rm', [file]);
    else host.write(file, content);
    const {exitCode, stdout, stderr} = await cli('wire', bundle, ...args);
    expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
    expect(stderr).toContain(`cni-hook wire: ${reason}`);
    expect(stderr.split('\n')).toHaveLength(1);
    if (content !== undefined) expect(host.read(file)).toBe(content);
  });

  test('answers --json', async () => {
    const answer = JSON.parse((await cli('wire', bundle, '--json')).stdout);
    expect(answer).toEqual({file, changed: true, diff: expect.arrayContaining(['+  "hooks": {'])});
  });
});

describe('unwire', () => {
  test('leaves a bundle that a person has wired', async () => {
    host.bundle('c1', {});
    const before = host.read(file);
    expect(await cli('unwire', bundle)).toMatchObject({
      exitCode: 0,
      stdout: `${file} holds nothing that "wire" has put there`,
    });
    expect(host.read(file)).toBe(before);
  });
});

test('the manual names every command', async () => {
  const manual = readFileSync('docs/man/cni-hook.8', 'utf8');
  const {stdout} = await cli('completion', 'bash');
  const commands = /compgen -W '([^']*) --help/.exec(stdout)?.[1]?.split(' ') ?? [];
  expect(commands).toContain('wire');
  expect(commands.filter(command => !new RegExp(`\\b${command}\\b`).test(manual))).toEqual([]);
});
