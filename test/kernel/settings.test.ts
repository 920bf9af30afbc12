// What the settings file does to a hook: how much it logs and how long it may take; and that its end needs none.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns, type Outcome} from '../host.ts';

jest.setTimeout(60_000);

const done: Outcome = {exitCode: 0, stdout: '', stderr: ''};
const settingsFile = '/etc/cni-hook/config.json';

let host: Host;
let container: Netns;
beforeEach(async () => {
  host = await createHost();
  container = await host.netns();
  const ipam = {type: 'host-local', subnet: '10.1.0.0/24'};
  host.write('/etc/cni/net.d/10.conflist', bridgeNetwork('mynet', 'cnibr1', {ipam}));
});
afterEach(() => host.close());

const logged = async (): Promise<readonly string[]> => {
  const text = await host.must('sh', ['-c', 'cat /run/cni-hook/log.jsonl 2>/dev/null || true']);
  return text.split('\n').flatMap(line => (line === '' ? [] : (JSON.parse(line) as {level: string}).level));
};

test.each<[string, object, readonly string[], readonly string[]]>([
  ['everything, unless it is told otherwise', {}, [], ['info', 'info', 'error']],
  ['what the settings ask for', {logLevel: 'error'}, [], ['error']],
  ['what a flag asks for', {logLevel: 'info'}, ['--log-level', 'warning'], ['error']],
])('a hook logs %s', async (_what, settings, flags, expected) => {
  host.write(settingsFile, settings);
  const hook = (name: string, state: object, more: readonly string[] = []) =>
    host.hook(name, state, [...flags, ...more]);
  expect(await hook('createRuntime', creating('c1', container.pid))).toEqual(done);
  await container.end();
  expect(await hook('poststop', stopped('c1'))).toEqual(done);
  const other = await host.netns();
  expect(await hook('createRuntime', creating('c2', other.pid), ['--network', 'none'])).toMatchObject({exitCode: 1});
  expect(await logged()).toEqual(expected);
});

test('commands log no more than hooks', async () => {
  host.write(settingsFile, {logLevel: 'warning'});
  const target = `/proc/${container.pid}/ns/net`;
  for (const verb of ['add', 'del']) await host.must(executable, [verb, 'mynet', target]);
  expect(await logged()).toEqual([]);
});

test('an unknown level is told of', async () => {
  const outcome = await host.hook('createRuntime', creating('c1', container.pid), ['--log-level', 'debug']);
  expect(outcome).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('--log-level: there is no log level "debug"'),
  });
});

test('how long it may take stands in the settings too', async () => {
  host.write(settingsFile, {timeout: 1});
  host.write('/opt/cni/bin/slow', '#!/bin/sh\n[ "$CNI_COMMAND" = DEL ] || sleep 20\n');
  await host.must('chmod', ['755', '/opt/cni/bin/slow']);
  host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'slow', plugins: [{type: 'slow'}]});
  const {exitCode, stderr} = await host.hook('createRuntime', creating('c1', container.pid));
  expect({exitCode, stderr}).toEqual({
    exitCode: 1,
    stderr: expect.stringMatching(/took longer than (1\.0|0\.\d) s|not done within 1 s/),
  });
});

test('poststop takes back what was attached, whatever has become of the settings', async () => {
  expect(await host.hook('createRuntime', creating('c1', container.pid))).toEqual(done);
  await container.end();
  await host.must('sh', ['-ec', `mkdir -p /etc/cni-hook; echo '{"confDir": "/etc/cni/net.d",}' > ${settingsFile}`]);
  // Of a container that is not known here the record may be elsewhere.
  expect(await host.hook('poststop', stopped('c2'))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(settingsFile),
  });
  expect(await host.hook('poststop', stopped('c1'))).toEqual(done);
  expect(
    await host.must('sh', ['-c', 'ls /run/cni-hook/containers 2>/dev/null; ls /var/lib/cni/networks/mynet']),
  ).not.toMatch(/c1|10\.1\./);
  expect(await host.must('cat', ['/run/cni-hook/log.jsonl'])).toMatch(/"level":"warning"[^\n]*done without settings/);
});
