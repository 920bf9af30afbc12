// Who may ask: `hooks install --allow` writes it, the hook heeds it, `hooks remove` takes it back.
import {afterAll, afterEach, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {type Runtime, start} from '../fixtures/container.ts';
import {bridgeNetwork, classic} from '../fixtures/networks.ts';
import {createHost, executable, type Host} from '../host.ts';
import {describeWithPodman, hooksDir, openPodman} from './podman.ts';

jest.setTimeout(60_000);

const file = '/etc/cni-hook/config.json';

let host: Host;
const hooks = (...args: readonly string[]) => host.run(executable, ['hooks', ...args, '--dir', hooksDir]);
const settings = () => JSON.parse(host.read(file)) as object;
const isThere = async () => (await host.run('test', ['-e', file])).exitCode === 0;

beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  const ipam = {type: 'host-local', subnet: '172.19.9.0/24'};
  host.write('/etc/cni/net.d/20-second.conflist', bridgeNetwork('second', 'cnibr9', {isGateway: true, ipam}));
});
afterEach(() => host.must('rm', ['-rf', '/etc/cni-hook', hooksDir]));
afterAll(() => host.close());

describe('hooks install --allow', () => {
  test('writes what may be asked for into the settings, and remove takes it back', async () => {
    expect(await hooks('install', '--allow', 'networks=mynet,second', '--allow', 'ports=8000-8999')).toMatchObject({
      exitCode: 0,
    });
    expect(settings()).toEqual({
      allow: {networks: ['mynet', 'second'], ports: ['8000-8999']},
      allowedBy: 'cni-hook hooks install',
    });
    expect(await host.must('stat', ['-c', '%a', file])).toBe('644');
    const {exitCode, stdout} = await hooks('status');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^networks +mynet, second$/m);
    expect(stdout).toMatch(/^ports +8000-8999$/m);
    expect(await hooks('remove')).toMatchObject({exitCode: 0, stdout: expect.stringContaining(`from ${file}`)});
    expect(await isThere()).toBe(false);
    expect(host.list(hooksDir)).toEqual([]);
  });

  test('leaves the other settings as they are, byte for byte', async () => {
    const before = '{\n\t"dataDir" : "/run/leases" , "pluginDirs":["/a"]\n}\n\n';
    host.write(file, before);
    await hooks('install', '--allow', 'networks=*');
    expect(settings()).toMatchObject({dataDir: '/run/leases', allow: {networks: ['*']}});
    await hooks('install', '--allow', 'networks=mynet', '--allow', 'ip=10.0.0.0/8');
    expect(settings()).toMatchObject({dataDir: '/run/leases', allow: {networks: ['mynet'], ip: ['10.0.0.0/8']}});
    await hooks('install');
    expect(settings()).toMatchObject({allow: {networks: ['mynet']}});
    await hooks('remove');
    expect(host.read(file)).toBe(before);
    expect(await host.must('ls', ['-A', '/etc/cni-hook'])).toBe('config.json');
  });

  test('does not touch what a person has written', async () => {
    const before = '{"allow": {"networks": ["mynet"]}}';
    host.write(file, before);
    expect(await hooks('install', '--allow', 'networks=*')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('has an "allow" that a person wrote'),
    });
    expect(host.list(hooksDir)).toEqual([]);
    await hooks('install');
    await hooks('remove');
    expect(host.read(file)).toBe(before);
  });

  test.each<readonly [args: readonly string[], reason: string]>([
    [['install', '--allow', 'networks'], '--allow "networks" is not KEY=VALUE'],
    [['install', '--allow', 'network=a'], '--allow: there is no "network" to allow: there are networks, ip,'],
    [['install', '--allow', 'constructor=a'], '--allow: there is no "constructor" to allow'],
    [['install', '--allow', 'networks='], 'and none is allowed'],
    [['install', '--allow', 'networks=a', '--allow', 'ports=0'], '--allow, "ports": "0" is not ports of the host'],
    [
      ['install', '--allow', 'ports=80'],
      '--allow: the hooks are for containers that name a network, and none is allowed',
    ],
    [['remove', '--allow', 'networks=a'], '--allow goes with "install"'],
  ])('%j is refused in one line', async (args, reason) => {
    const {exitCode, stdout, stderr} = await hooks(...args);
    expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
    expect(stderr).toContain(reason);
    expect(stderr.split('\n')).toHaveLength(1);
    expect(await isThere()).toBe(false);
  });

  test('status says so where anything may be asked for, and where what is written can not be read', async () => {
    await hooks('install');
    expect((await hooks('status')).stdout).toContain(
      `Annotations may ask for anything: there is no "allow" in ${file}.`,
    );
    expect(JSON.parse((await hooks('status', '--json')).stdout)).toMatchObject({allow: null});
    host.write(file, {allow: {netwoks: ['a']}});
    expect(await hooks('status')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('there is no "netwoks" to allow'),
    });
  });
});

test('doctor says what is wrong with what may be asked for', async () => {
  const found = async () => {
    const {stdout} = await host.run(executable, ['doctor', '--json']);
    const {findings} = JSON.parse(stdout) as {
      readonly findings: readonly {readonly area: string; readonly what: string}[];
    };
    return findings.filter(({area}) => area === 'allow').map(({what}) => what);
  };
  expect(await found()).toEqual([]);
  host.write(file, {allow: {networks: ['mynet', 'tenant-*']}});
  await host.must('chmod', ['644', file]);
  expect(await found()).toEqual([expect.stringContaining('can be read')]);
  host.write(file, {allow: {networks: ['gone'], ip: ['x']}});
  await host.must('chmod', ['666', file]);
  expect(await found()).toEqual([
    expect.stringContaining('others than root may write'),
    expect.stringContaining('"x" is not an address'),
    expect.stringContaining('lists the network "gone", and there is none'),
  ]);
});

const annotated = (annotations: Readonly<Record<string, string>>) => ({
  annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`io.cni-hook.${key}`, value])),
});

describe.each<Runtime>(['runc', 'crun'])('with %s', runtime => {
  const allow = {networks: ['mynet'], ip: ['172.19.1.128/25'], mac: ['02:42']};

  test('what is allowed is done', async () => {
    host.write(file, {allow});
    const container = await start(
      host,
      runtime,
      'c1',
      annotated({networks: 'mynet', ip: '172.19.1.200', mac: '02:42:00:00:00:01'}),
    );
    expect(await container.addresses()).toEqual(['172.19.1.200/24']);
    await container.remove();
  });

  test('a container that asks for nothing has its network, also where nothing may be asked for', async () => {
    host.write(file, {allow: {}});
    const container = await start(host, runtime, 'c1');
    await container.ping('172.19.1.1');
    await container.remove();
    const flagged = await start(host, runtime, 'c2', {...annotated({networks: 'mynet'}), flags: ['--network=second']});
    await flagged.ping('172.19.9.1');
    await flagged.remove();
  });

  test.each([{hostname: ['web*'], called: ['web-1', 'c1']}, {hostname: ['db*'], called: ['c1']}, {called: ['c1']}])(
    "a bundle's own hostname is a name for others if $hostname may be asked for: $called",
    async ({called, ...allowed}) => {
      host.write(file, {allow: allowed});
      const bundle = host.bundle('c1', {});
      await host.must('sed', ['-i', 's/"hostname": *"c1"/"hostname":"web-1"/', `${bundle}/config.json`]);
      expect(await host[runtime]('run', '--detach', '--bundle', bundle, 'c1')).toMatchObject({exitCode: 0});
      expect(JSON.parse(host.read('/run/cni-hook/containers/c1/mynet:eth0.json'))).toMatchObject({names: {called}});
      await host[runtime]('delete', '--force', 'c1');
    },
  );

  test.each([
    {
      asked: {networks: 'second'},
      reason: `annotation "io.cni-hook.networks": "second" is not allowed: for "networks" ${file}, "allow" lists mynet`,
    },
    {asked: {networks: 'nosuch'}, reason: 'annotation "io.cni-hook.networks": "nosuch" is not allowed'},
    {asked: {ip: '172.19.1.9'}, reason: 'annotation "io.cni-hook.ip": "172.19.1.9" is not allowed'},
    {asked: {mac: '02:43:00:00:00:01'}, reason: 'annotation "io.cni-hook.mac": "02:43:00:00:00:01" is not allowed'},
    {
      asked: {ports: '8080:80'},
      reason: `annotation "io.cni-hook.ports" is not honoured: ${file}, "allow" does not list "ports"`,
    },
    {asked: {hostname: 'bank'}, reason: 'annotation "io.cni-hook.hostname" is not honoured'},
    {asked: {'keep-ip': '7d'}, reason: 'annotation "io.cni-hook.keep-ip" is not honoured'},
  ])('$asked is not, and the reason is told', async ({asked, reason}) => {
    host.write(file, {allow});
    await host.must('mkdir', ['-p', '/run/cni-hook']);
    const before = await host.snapshot();
    const failure = await start(host, runtime, 'c1', annotated(asked)).catch((error: unknown) => String(error));
    if (runtime === 'runc') expect(failure).toContain(`cni-hook createRuntime: ${reason.replaceAll('"', '\\"')}`);
    const {stdout} = await host.run(executable, ['logs', 'c1']);
    expect(stdout).toContain(reason);
    expect(await host.snapshot()).toEqual(before);
  });
});

describeWithPodman('with podman', () => {
  test('a container has what is allowed, and does not start with more', async () => {
    await hooks('install', '--allow', 'networks=mynet', '--allow', 'ip=172.19.1.128/25');
    const podman = await openPodman(host, 'runc');
    try {
      const show = ['ip', '-4', 'address', 'show', 'dev', 'eth0'];
      const allowed = await podman.run('mynet', ['--annotation', 'io.cni-hook.ip=172.19.1.130'], ...show);
      expect(allowed).toMatchObject({exitCode: 0, stdout: expect.stringContaining('172.19.1.130/24')});
      const refused = await podman.run('mynet', ['--annotation', 'io.cni-hook.ip=172.19.1.9'], ...show);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.stderr).toContain('172.19.1.9');
      expect(refused.stderr).toContain('is not allowed');
      expect((await podman.run('second', [], ...show)).stderr).toContain('io.cni-hook.networks');
    } finally {
      await podman.close();
    }
    expect((await host.run(executable, ['gc', '--dry-run'])).stdout).toBe('');
  });
});
