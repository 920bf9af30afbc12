// Bundles that mount in unusual ways: what the host shares or lends stays as it is, and the container has its files where
// that is possible.
import {afterAll, afterEach, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {bundleDir, rootfs} from '../fixtures/bundle.ts';
import {type Runtime, start} from '../fixtures/container.ts';
import {classic} from '../fixtures/networks.ts';
import {createHost, type Host} from '../host.ts';

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

  test('a root whose mounts the host would see gets none', async () => {
    const root = await ownRoot(`shared-${runtime}`);
    await host.must('sh', ['-ec', `mount --bind ${root} ${root}; mount --make-shared ${root}`]);
    const before = await mountinfo();
    const end = await startChanged(runtime, 'c1', root, '.linux.rootfsPropagation = "shared"');
    expect(await mountinfo()).toBe(before);
    const seen = await end();
    expect(await mountinfo()).toBe(before);
    const isShared = log().includes('its mount is shared');
    // Some runtimes part with the host all the same: then the container has its files.
    expect(seen.includes(' c1 # ')).toBe(!isShared);
    await host.must('umount', [root]);
    expect(host.list(`${root}/etc`)).toEqual([]);
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
});
