// Bundles that mount in unusual ways: what the host shares or lends stays as it is, and the container has its files where
// that is possible.
import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {bundleDir, rootfs} from '../fixtures/bundle.ts';
import {type Runtime, start} from '../fixtures/container.ts';
import {classic} from '../fixtures/networks.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(60_000);

const runtimes: readonly Runtime[] = ['runc', 'crun'];

let host: Host;
beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  host.write('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
  host.write('/mnt/lent/passwd', 'lent\n');
  host.write('/mnt/lent/hosts', 'lent\n');
});
afterAll(() => host.close());
afterEach(() => host.write('/run/cni-hook/log.jsonl', ''));

const mountinfo = (): Promise<string> => host.must('cat', ['/proc/self/mountinfo']);
const log = (): string => host.read('/run/cni-hook/log.jsonl');

async function ownRoot(name: string): Promise<string> {
  const root = `/mnt/roots/${name}`;
  await host.must('sh', ['-c', `mkdir -p ${root}; cp -a ${rootfs}/. ${root}; mkdir -p ${root}/etc`]);
  return root;
}

/** Starts it after `change` has had its way with the config.json. */
async function startChanged(
  runtime: Runtime,
  id: string,
  root: string,
  change: string,
): Promise<() => Promise<string>> {
  const bundle = host.bundle(id, {root: {path: root, readonly: false}});
  const file = `${bundleDir(id)}/config.json`;
  host.write(file, await host.must('jq', [change, file]));
  const {exitCode, stderr} = await host[runtime]('run', '--detach', '--bundle', bundle, id);
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
  return async () => {
    const {stdout} = await host[runtime]('exec', id, 'sh', '-c', 'cat /etc/hosts; ls /etc');
    await host[runtime]('delete', '--force', id);
    return stdout;
  };
}

describe.each(runtimes)('%s', runtime => {
  test('a directory of the host in the place of /etc gets no new file', async () => {
    const root = await ownRoot(`lent-${runtime}`);
    const mounts = [{destination: '/etc', type: 'bind', source: '/mnt/lent', options: ['rbind', 'rw']}];
    const before = await mountinfo();
    const container = await start(host, runtime, 'c1', {root: {path: root, readonly: false}, mounts});
    expect(host.list('/mnt/lent')).toEqual(['hosts', 'passwd']);
    // What is there is covered, in the container only.
    expect(await container.exec('cat', ['/etc/hosts'])).toContain(' c1 # ');
    expect(host.read('/mnt/lent/hosts')).toBe('lent\n');
    expect(log()).toContain('/etc/resolv.conf of the container is left as it is: it is not there');
    expect(await mountinfo()).toBe(before);
    await container.remove();
    expect(host.list('/mnt/lent')).toEqual(['hosts', 'passwd']);
    expect(host.read('/mnt/lent/hosts')).toBe('lent\n');
  });

  test('an empty /etc of memory stays empty', async () => {
    const root = await ownRoot(`memory-${runtime}`);
    const mounts = [{destination: '/etc', type: 'tmpfs', source: 'tmpfs'}];
    const container = await start(host, runtime, 'c1', {root: {path: root, readonly: false}, mounts});
    expect(await container.exec('ls', ['/etc'])).toBe('');
    await container.remove();
    expect(host.list(`${root}/etc`)).toEqual([]);
  });

  test('a directory in which others might see what is mounted gets nothing', async () => {
    const root = await ownRoot(`shared-${runtime}`);
    const lent = `/mnt/shared-${runtime}`;
    for (const name of ['hosts', 'resolv.conf', 'hostname']) host.write(`${lent}/${name}`, 'lent\n');
    await host.must('sh', ['-ec', `mount --bind ${lent} ${lent}; mount --make-shared ${lent}`]);
    const mounts = [{destination: '/etc', type: 'bind', source: lent, options: ['rbind', 'rshared']}];
    const before = await mountinfo();
    const container = await start(host, runtime, 'c1', {root: {path: root, readonly: false}, mounts});
    expect(await mountinfo()).toBe(before);
    expect(await container.exec('cat', ['/etc/hosts', '/etc/resolv.conf', '/etc/hostname'])).toBe('lent\nlent\nlent');
    expect(log()).toContain('/etc/hosts of the container is left as it is: its mount is shared');
    await container.remove();
    expect(await mountinfo()).toBe(before);
  });

  test('a container with users of its own can read its files', async () => {
    const root = await ownRoot(`users-${runtime}`);
    await host.must('chown', ['-R', '100000:100000', root]);
    const maps = '[{"containerID": 0, "hostID": 100000, "size": 65536}]';
    const change = `.linux.uidMappings = ${maps} | .linux.gidMappings = ${maps} | .linux.namespaces += [{"type": "user"}]`;
    const end = await startChanged(runtime, 'c1', root, change);
    expect(await end()).toContain(' c1 # ');
    expect(log()).not.toContain('"warning"');
    expect(host.list(`${root}/etc`)).toEqual([]);
  });

  test('a hook that is called twice mounts once', async () => {
    const root = {path: await ownRoot(`twice-${runtime}`), readonly: true};
    const hook = {path: executable, args: ['cni-hook', 'createRuntime']};
    const end = {path: executable, args: ['cni-hook', 'poststop']};
    const hooks = {prestart: [hook], createRuntime: [hook], poststop: [end]};
    const container = await start(host, runtime, 'c1', {root, hooks});
    const mounts = (await container.exec('cat', ['/proc/self/mountinfo'])).split('\n');
    expect(mounts.filter(line => line.includes(' /etc/'))).toHaveLength(3);
    expect(log()).not.toContain('"warning"');
    await container.remove();
    expect(host.list('/run/cni-hook/names')).toEqual([':locks']);
  });

  test('in a mount namespace of somebody else nothing is mounted, for it would stay', async () => {
    const root = await ownRoot(`joined-${runtime}`);
    host.write(`${root}/etc/hosts`, 'found\n');
    const file = `/mnt/joined-${runtime}`;
    const script = `echo $$ >${file}.new; mv ${file}.new ${file}; exec sleep infinity`;
    const other = host.run('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script]);
    while (!host.list('/mnt').includes(`joined-${runtime}`)) await pause(10);
    const pid = host.read(file).trim();
    const change = `.linux.namespaces |= map(if .type == "mount" then .path = "/proc/${pid}/ns/mnt" else . end)`;
    const end = await startChanged(runtime, 'c1', root, change);
    expect(await end()).toBe('found\nhosts');
    expect(host.read(`/proc/${pid}/mountinfo`)).not.toContain('/cni-hook/');
    await host.must('kill', [pid]);
    await other;
  });

  test('a runtime that tells another bundle than the one that it is in is understood', async () => {
    const root = {path: await ownRoot(`elsewhere-${runtime}`), readonly: true};
    const script = `sed 's|"bundle": *"[^"]*"|"bundle":"/"|' | ${executable} createRuntime`;
    const hook = {path: '/bin/sh', args: ['sh', '-c', script]};
    const end = {path: executable, args: ['cni-hook', 'poststop']};
    const container = await start(host, runtime, 'c1', {root, hooks: {createRuntime: [hook], poststop: [end]}});
    expect(await container.exec('cat', ['/etc/hosts'])).toContain(' c1 # ');
    await container.remove();
    expect(host.list(`${root.path}/etc`)).toEqual([]);
  });

  test("a hostname that is nobody's names nobody, and an id that means the machine itself not either", async () => {
    const root = await ownRoot(`nobody-${runtime}`);
    const end = await startChanged(runtime, 'localhost', root, '.hostname = "runc"');
    const lines = (await end()).split('\n').filter(line => line.includes(' # '));
    expect(lines.map(line => line.replace(/^\S+ /, ''))).toEqual(['id-localhost # localhost/mynet:eth0']);
  });

  test('everybody in the container can read its files, whatever the umask of the hook is', async () => {
    const root = {path: await ownRoot(`umask-${runtime}`), readonly: true};
    const script = `umask 077; exec ${executable} createRuntime`;
    const hook = {path: '/bin/sh', args: ['sh', '-c', script]};
    const end = {path: executable, args: ['cni-hook', 'poststop']};
    const container = await start(host, runtime, 'c1', {root, hooks: {createRuntime: [hook], poststop: [end]}});
    const rights = await container.exec('stat', ['-c', '%a', '/etc/hosts', '/etc/resolv.conf', '/etc/hostname']);
    expect(rights).toBe('644\n644\n644');
    await container.remove();
  });
});
