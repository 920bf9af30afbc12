// Roots that lack the files that we mount on: what is made in them for that goes again, to the times of its directory, and
// nothing else does; whatever the container does to it, however it ends, and whoever else has the same root.
import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {rootfs} from '../fixtures/bundle.ts';
import {type Container, type Runtime, start} from '../fixtures/container.ts';
import {classic, dualStack} from '../fixtures/networks.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(60_000);

const runtimes: readonly Runtime[] = ['runc', 'crun'];
const files = ['hostname', 'hosts', 'resolv.conf'];

let host: Host;
beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  host.write('/etc/cni/net.d/20-dual.conflist', dualStack);
  host.write('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
});
afterAll(() => host.close());

interface Root {
  readonly path: string;
  readonly readonly: boolean;
}

/** A root with busybox, and whatever `script`, run in it, makes. */
async function makeRoot(name: string, script: string): Promise<Root> {
  const path = `/mnt/roots/${name}`;
  await host.must('sh', ['-ec', `mkdir -p ${path}; cp -a ${rootfs}/. ${path}; cd ${path}; rm -rf etc; ${script}`]);
  return {path, readonly: false};
}

const listing = ({path}: Root): Promise<string> => host.must('find', [path, '-printf', '%i %M %U %s %T@ %p %l\n']);
const etcOf = ({path}: Root): readonly string[] => host.list(`${path}/etc`);
const hosts = (container: Container): Promise<string> => container.exec('cat', ['/etc/hosts']);

/** Its first process is killed, and nobody calls its poststop. */
async function killAndForget(runtime: Runtime, container: Container): Promise<void> {
  await host.must('kill', ['-9', String(container.pid)]);
  await host.must('rm', ['-rf', `/run/${runtime}/${container.id}`]);
}

/** Nothing of any container is kept. */
function expectNothing(): void {
  expect(host.list('/run/cni-hook/containers')).toEqual([]);
  expect(host.list('/run/cni-hook/mount-points')).toEqual([]);
  expect(host.list('/run/cni-hook/names')).toEqual([':locks']);
}

describe.each(runtimes)('%s', runtime => {
  test('what is made goes again, and its directory has the times that it had', async () => {
    for (const script of [':', 'mkdir etc', 'mkdir -p usr/etc; ln -s usr/etc etc', 'mkdir etc; echo > etc/hosts']) {
      const root = await makeRoot(`${runtime}-times`, script);
      const before = await listing(root);
      const container = await start(host, runtime, 'c1', {root});
      expect(await hosts(container)).toContain(' c1 # ');
      await container.remove();
      expect(await listing(root)).toBe(before);
      expectNothing();
      await host.must('rm', ['-rf', root.path]);
    }
  });

  test.each([
    ['a link to itself', 'mv /etc /was; ln -s etc /etc'],
    ['a file', 'mv /etc /was; echo > /etc'],
  ])('a container that puts %s in the place of /etc keeps nothing from going', async (_, script) => {
    const root = await makeRoot(`${runtime}-moved`, 'mkdir etc');
    const container = await start(host, runtime, 'c1', {root});
    await container.exec('sh', ['-ec', script]);
    await container.remove();
    expectNothing();
    expect(host.read('/run/cni-hook/log.jsonl')).toContain(`made in \\"${root.path}\\" to mount a file on, is left`);
    await host.must('rm', ['-rf', root.path]);
  });

  test('what a container puts in the place of /etc is not taken for what was made', async () => {
    const root = await makeRoot(`${runtime}-taken`, 'mkdir etc data');
    for (const name of files) host.write(`/mnt/lent-${runtime}/${name}`, '');
    await host.must('mount', ['--bind', `/mnt/lent-${runtime}`, `${root.path}/data`]);
    const container = await start(host, runtime, 'c1', {root});
    await container.exec('sh', ['-ec', 'mv /etc /was; ln -s data /etc']);
    await container.remove();
    expect(host.list(`/mnt/lent-${runtime}`)).toEqual(files);
    expectNothing();
    await host.must('umount', [`${root.path}/data`]);
  });

  test('what an earlier container with the id has left in another root goes with the next one', async () => {
    const [first, second] = [await makeRoot(`${runtime}-a`, 'mkdir etc'), await makeRoot(`${runtime}-b`, 'mkdir etc')];
    await killAndForget(runtime, await start(host, runtime, 'c1', {root: first}));
    expect(etcOf(first)).toEqual(files);
    const container = await start(host, runtime, 'c1', {root: second});
    expect(etcOf(first)).toEqual([]);
    await container.remove();
    expect(etcOf(second)).toEqual([]);
    expectNothing();
  });

  test('a new root in the place of an old one keeps its empty files', async () => {
    const old = await makeRoot(`${runtime}-new`, 'mkdir etc');
    await killAndForget(runtime, await start(host, runtime, 'c1', {root: old}));
    await host.must('rm', ['-rf', old.path]);
    const root = await makeRoot(`${runtime}-new`, `mkdir etc; cd etc; touch ${files.join(' ')}`);
    const before = await listing(root);
    await (await start(host, runtime, 'c1', {root})).remove();
    expect(await listing(root)).toBe(before);
    expectNothing();
  });

  test('one network of two that goes takes no note of the other files along', async () => {
    const root = await makeRoot(`${runtime}-two`, 'mkdir etc');
    const annotations = {'io.cni-hook.networks': 'mynet,dual-stack'};
    const container = await start(host, runtime, 'c1', {root, annotations});
    await host.must(executable, ['del', 'dual-stack', 'c1', '--ifname', 'eth1', '--runtime', runtime]);
    expect(await hosts(container)).toContain('c1/mynet:eth0');
    await container.remove();
    expect(etcOf(root)).toEqual([]);
    expectNothing();
  });

  test("empty files of the root's own below a mount of the bundle's stay", async () => {
    const root = await makeRoot(`${runtime}-below`, `mkdir etc; cd etc; touch ${files.join(' ')}`);
    const before = await listing(root);
    const mounts = [{destination: '/etc', type: 'tmpfs', source: 'tmpfs'}];
    await (await start(host, runtime, 'c1', {root, mounts})).remove();
    expect(await listing(root)).toBe(before);
    expectNothing();
  });

  test("a file stays as long as another container's bundle has mounted on it", async () => {
    const root = await makeRoot(`${runtime}-used`, 'mkdir etc');
    host.write('/mnt/own/hosts', 'own\n');
    const mounts = files.map(name => ({
      destination: `/etc/${name}`,
      type: 'bind',
      source: '/mnt/own/hosts',
      options: ['bind'],
    }));
    const maker = await start(host, runtime, 'maker', {root});
    const other = await start(host, runtime, 'other', {root, mounts});
    await maker.remove();
    expect(await hosts(other)).toBe('own');
    await other.remove();
    expect(etcOf(root)).toEqual([]);
    expectNothing();
  });

  test('nothing is made where it can not be taken away', async () => {
    const root = await makeRoot(`${runtime}-fixed`, ':');
    await host.must('sh', ['-ec', `cd ${root.path}; mount --bind . .; mount -o remount,bind,ro ${root.path}`]);
    const before = await listing(root);
    const container = await start(host, runtime, 'c1', {root});
    expect(await listing(root)).toBe(before);
    await container.remove();
    expectNothing();
    await host.must('umount', [root.path]);
  });

  test('a directory that is made is open to everybody, whatever the umask of the hook is', async () => {
    const root = await makeRoot(`${runtime}-umask`, ':');
    const hook = {path: '/bin/sh', args: ['sh', '-c', `umask 077; exec ${executable} createRuntime`]};
    const end = {path: executable, args: ['cni-hook', 'poststop']};
    const container = await start(host, runtime, 'c1', {root, hooks: {createRuntime: [hook], poststop: [end]}});
    expect(await container.exec('stat', ['-c', '%a', '/etc'])).toBe('755');
    await container.remove();
  });

  test.each(['/etc/./hosts', '/etc/../etc/hosts', '//etc//hosts'])(
    'a mount of the bundle on %s is no reason for a warning',
    async destination => {
      const root = await makeRoot(`${runtime}-spelled`, 'mkdir etc; touch etc/hosts');
      host.write('/mnt/own/hosts', 'own\n');
      host.write('/run/cni-hook/log.jsonl', '');
      const mounts = [{destination, type: 'bind', source: '/mnt/own/hosts', options: ['bind']}];
      const container = await start(host, runtime, 'c1', {root, mounts});
      expect(await hosts(container)).toBe('own');
      await container.remove();
      expect(host.read('/run/cni-hook/log.jsonl')).not.toContain('"warning"');
    },
  );
});
