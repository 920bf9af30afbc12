// What becomes of names and mount points when a hook is killed, fails, or nobody comes for what is left.
import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {rootfs} from '../fixtures/bundle.ts';
import {start} from '../fixtures/container.ts';
import {classic} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(60_000);

let host: Host;
beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  host.write('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
});
afterAll(() => host.close());

const hosts = '/run/cni-hook/names/mynet/hosts';
const names = (): readonly string[] => host.list('/run/cni-hook/names').filter(name => name !== ':locks');
const collect = async (
  ...flags: readonly string[]
): Promise<readonly {readonly kind: string; readonly what: string}[]> =>
  JSON.parse(await host.must(executable, ['gc', '--json', ...flags]));
const listing = (): Promise<string> => host.must('find', [rootfs, '-printf', '%i %M %s %p\n']);

test('a process without mounts of its own is called nothing, unless it says a name', async () => {
  const plain = await host.netns();
  await host.hook('createRuntime', creating('plain', plain.pid));
  expect(names()).toEqual([]);
  const called = await host.netns();
  await host.hook('createRuntime', creating('called', called.pid, {'io.cni-hook.hostname': 'shop'}));
  expect(host.read(hosts)).toMatch(/^172\.19\.1\.\d+ shop called # called\/mynet:eth0$/m);
  expect(host.list('/run/cni-hook/containers/called')).toEqual(['lock', 'mynet:eth0.json']);
  for (const container of [plain, called]) await container.end();
  for (const id of ['plain', 'called']) await host.hook('poststop', stopped(id));
  expect(names()).toEqual([]);
});

test('a createRuntime that fails at its last step leaves neither names nor mount points', async () => {
  const before = await listing();
  const neighbour = await start(host, 'runc', 'n1');
  const busy = host.run('flock', ['/run/cni-hook/mount-points.lock', 'sleep', '3']);
  const failing = start(host, 'runc', 'c1', {flags: ['--timeout', '1']});
  await expect(failing).rejects.toThrow(/cannot lock .*mount-points.lock/);
  expect(host.read(hosts)).not.toContain('c1');
  expect(host.list('/run/cni-hook/containers')).toEqual(['n1']);
  await busy;
  await neighbour.remove();
  expect(names()).toEqual([]);
  expect(await listing()).toBe(before);
});

test('what a container leaves whose poststop never comes is taken back by gc', async () => {
  const before = await listing();
  const container = await start(host, 'runc', 'c1');
  expect(await listing()).not.toBe(before);
  await host.must('kill', ['-9', String(container.pid)]);
  await host.must('rm', ['-rf', '/run/runc/c1']);
  while (names().length > 0) await collect();
  expect(names()).toEqual([]);
  expect(await listing()).toBe(before);
});

test('names that no record knows, and half a line, are found and taken back', async () => {
  const container = await start(host, 'runc', 'c1');
  const whole = host.read(hosts);
  host.write(hosts, `${whole}10.0.0.1 ghost # ghost/mynet:eth0\n10.0.0.2 half # ha`);
  expect(await collect('--dry-run')).toMatchObject([
    {kind: 'names', what: 'names of container "ghost" on "mynet" as "eth0", which nobody knows any more'},
    {kind: 'names', what: 'what is left of the names of containers on "mynet"'},
  ]);
  await collect();
  expect(
    host
      .read(hosts)
      .replaceAll(/^ *\n?$/gm, '')
      .trimEnd(),
  ).toBe(whole.trimEnd());
  expect(host.list('/run/cni-hook/containers')).toEqual(['c1']);
  expect(await collect('--dry-run')).toEqual([]);
  await container.remove();
  expect(names()).toEqual([]);
});

describe('a thread that the engine makes at the wrong moment', () => {
  /** The hook under strace with that fault in it. */
  const hooks = (...fault: readonly string[]): Readonly<Record<string, readonly object[]>> => ({
    createRuntime: [
      {
        path: '/usr/bin/strace',
        args: ['strace', '-o', '/mnt/trace', '-e', 'trace=setns', ...fault, executable, 'createRuntime'],
      },
    ],
    poststop: [{path: executable, args: ['cni-hook', 'poststop']}],
  });

  test('keeps the hook neither out of the mount namespace nor in it', async () => {
    const plain = await start(host, 'runc', 'c1', {hooks: hooks()});
    await plain.remove();
    const calls = host
      .read('/mnt/trace')
      .split('\n')
      .filter(line => line.startsWith('setns('));
    const places = calls.flatMap((line, i) => (line.includes('CLONE_NEWNS') ? [i + 1] : []));
    expect(places).toHaveLength(2);
    for (const place of places) {
      const fault = ['-e', `inject=setns:error=EINVAL:when=${place}`];
      const container = await start(host, 'runc', 'c1', {hooks: hooks(...fault)});
      expect(host.read('/mnt/trace')).toContain('EINVAL (Invalid argument) (INJECTED)');
      expect(await container.exec('cat', ['/etc/hostname', '/etc/resolv.conf'])).toBe('c1\nnameserver 192.0.2.53');
      await container.remove();
    }
  });
});

describe('a kernel that refuses', () => {
  test.each(['open_tree', 'mount_setattr', 'move_mount', 'openat2'])(
    '%s: the container starts without its files, and the log says why',
    async call => {
      const before = await listing();
      const trace = ['strace', '-o', '/mnt/trace', '-e', `inject=${call}:error=ENOSYS`];
      const hook = {path: '/usr/bin/strace', args: [...trace, executable, 'createRuntime']};
      const end = {path: executable, args: ['cni-hook', 'poststop']};
      host.write('/run/cni-hook/log.jsonl', '');
      const container = await start(host, 'runc', 'c1', {hooks: {createRuntime: [hook], poststop: [end]}});
      expect(host.read('/run/cni-hook/log.jsonl')).toContain(
        `${call}: Function not implemented: this needs Linux 5.12`,
      );
      expect(host.read(hosts)).toContain(' c1 # ');
      await container.remove();
      expect(await listing()).toBe(before);
    },
  );
});

test.each([
  ['makes /etc', 'mkdirat', false, ['-P', 'etc']],
  ['has made a mount point', 'openat2:when=12', false, []],
  ['writes into a hosts file', 'pwrite64', true, []],
  ['clones a mount', 'open_tree', true, []],
  ['mounts the second file', 'move_mount:when=2', true, []],
])('a hook that is killed when it %s leaves nothing that gc does not take', async (_, call, beside, only) => {
  const before = await listing();
  const neighbour = beside ? await start(host, 'runc', 'n1') : undefined;
  const trace = ['strace', '-f', '-o', '/mnt/trace', ...only, '-e', `inject=${call}:signal=KILL`];
  const hook = {path: '/usr/bin/strace', args: [...trace, executable, 'createRuntime']};
  await expect(start(host, 'runc', 'c1', {hooks: {createRuntime: [hook]}})).rejects.toThrow('signal: killed');
  expect(host.read('/mnt/trace')).toContain('killed by SIGKILL');
  expect(host.list('/run/cni-hook/containers')).toContain('c1');
  while (host.list('/run/cni-hook/containers').includes('c1')) await collect();
  if (neighbour) {
    expect(await neighbour.exec('cat', ['/etc/hostname'])).toBe('n1');
    expect(await neighbour.exec('cat', ['/etc/hosts'])).not.toContain('c1');
    await neighbour.remove();
  }
  expect(names()).toEqual([]);
  expect(await listing()).toBe(before);
  expect(host.list('/run/cni-hook/mount-points')).toEqual([]);
});
