// Containers that find each other by name: real runtimes, a real resolver, files that change while they are mounted.
import {afterAll, afterEach, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {rootfs} from '../fixtures/bundle.ts';
import {type Container, type Runtime, start as startContainer} from '../fixtures/container.ts';
import {classic, dualStack} from '../fixtures/networks.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(60_000);

const runtimes: readonly Runtime[] = ['runc', 'crun'];
const networks = 'io.cni-hook.networks';

let host: Host;
beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-dual.conflist', dualStack);
  host.write('/etc/cni/net.d/20-mynet.conflist', classic);
  host.write('/etc/resolv.conf', 'nameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch example.org\noptions ndots:2\n');
});
afterAll(() => host.close());

const running = new Set<Container>();
const start = async (...args: Parameters<typeof startContainer>): Promise<Container> => {
  const container = await startContainer(...args);
  running.add(container);
  return {
    ...container,
    remove: () => {
      running.delete(container);
      return container.remove();
    },
  };
};
afterEach(async () => {
  for (const container of running) await container.remove();
  running.clear();
});

const web = ['httpd', '-f', '-p', '80', '-h', '/etc'];
const ask = (container: Container, name: string): Promise<string> =>
  container.exec('timeout', ['3', 'wget', '-q', '-O', '-', `http://${name}:80/hostname`]);
const cat = (container: Container, path: string): Promise<string> => container.exec('cat', [path]);
/** The lines of others and its own, as `ADDRESS NAMES`. */
const known = async (container: Container): Promise<readonly string[]> =>
  (await cat(container, '/etc/hosts')).split('\n').flatMap(line => /^(\S+ .*) # /.exec(line)?.[1] ?? []);
/** A root of its own for a container, with an empty /etc. */
async function ownRoot(name: string): Promise<string> {
  const root = `/mnt/roots/${name}`;
  await host.must('sh', ['-c', `mkdir -p ${root}; cp -a ${rootfs}/. ${root}; mkdir -p ${root}/etc ${root}/run`]);
  return root;
}

const names = (path = ''): readonly string[] => host.list(`/run/cni-hook/names${path}`);
const warnings = async (id: string): Promise<readonly string[]> => {
  const lines = host.read('/run/cni-hook/log.jsonl').trimEnd().split('\n');
  const entries = lines.map(
    line => JSON.parse(line) as {readonly level: string; readonly id: string; readonly msg: string},
  );
  return entries.filter(entry => entry.level === 'warning' && entry.id === id).map(({msg}) => msg);
};

/** What a root holds, with inodes, rights, sizes and links' targets. */
const listing = (root: string): Promise<string> => host.must('find', [root, '-printf', '%i %M %u %s %p %l\n']);

describe.each(runtimes)('%s', runtime => {
  test('a container is found by id, hostname and alias', async () => {
    const annotations = {'io.cni-hook.hostname': 'shop', 'io.cni-hook.aliases': 'www,api.example'};
    const server = await start(host, runtime, 'web', {command: web, annotations});
    const client = await start(host, runtime, 'client');
    const [v4, v6] = (await server.addresses()).map(address => address.split('/')[0] ?? '');
    for (const name of ['web', 'shop', 'www', 'api.example', 'WWW']) expect(await ask(client, name)).toBe('shop');
    expect(await client.exec('ping', ['-6', '-c', '1', '-W', '1', 'web'])).toContain(v6);
    expect(await client.exec('ping', ['-4', '-c', '1', '-W', '1', 'web'])).toContain(v4);
    expect(await server.exec('ping', ['-c', '1', '-W', '1', 'client'])).toContain('1 packets received');
    await server.remove();
    await client.remove();
  });

  test('who runs sees others come and go at once, in the same file', async () => {
    const annotations = {'io.cni-hook.networks': 'mynet'};
    const watcher = await start(host, runtime, 'watcher', {annotations});
    const inode = await watcher.exec('stat', ['-c', '%i', '/etc/hosts']);
    const first = await start(host, runtime, 'first', {annotations});
    const second = await start(host, runtime, 'second', {annotations});
    expect((await known(watcher)).map(line => line.split(' ')[1])).toEqual(['watcher', 'first', 'second']);
    await first.remove();
    expect((await known(watcher)).map(line => line.split(' ')[1])).toEqual(['watcher', 'second']);
    const third = await start(host, runtime, 'third', {annotations});
    // In the place of the one that went.
    expect((await known(watcher)).map(line => line.split(' ')[1])).toEqual(['watcher', 'third', 'second']);
    expect(await watcher.exec('stat', ['-c', '%i', '/etc/hosts'])).toBe(inode);
    for (const container of [second, third, watcher]) await container.remove();
  });

  test("resolv.conf is the host's without loopback name servers, and none of the files is the container's to write", async () => {
    const container = await start(host, runtime, 'c1', {root: {path: rootfs, readonly: false}});
    expect(await cat(container, '/etc/resolv.conf')).toBe('nameserver 192.0.2.53\nsearch example.org\noptions ndots:2');
    expect(await cat(container, '/etc/hostname')).toBe('c1');
    for (const name of ['resolv.conf', 'hosts', 'hostname']) {
      await expect(container.exec('sh', ['-c', `echo x >> /etc/${name}`])).rejects.toThrow('Read-only file system');
    }
    await container.remove();
  });

  test("the network's own name servers come before the host's, and the annotation's before both", async () => {
    host.write('/etc/cni/net.d/30-named.conflist', {
      cniVersion: '1.0.0',
      name: 'named',
      plugins: [
        {
          type: 'bridge',
          bridge: 'named0',
          ipam: {type: 'host-local', subnet: '10.67.0.0/24'},
          dns: {nameservers: ['10.67.0.1'], domain: 'named.example', search: ['more.example']},
        },
      ],
    });
    const annotations = {[networks]: 'named'};
    const byNetwork = await start(host, runtime, 'c1', {annotations});
    const wish = {'io.cni-hook.dns': '10.0.0.53,fd00::53', 'io.cni-hook.dns-options': 'ndots:3'};
    const byWish = await start(host, runtime, 'c2', {annotations: {...annotations, ...wish}});
    expect(await cat(byNetwork, '/etc/resolv.conf')).toBe('nameserver 10.67.0.1\nsearch named.example more.example');
    expect(await cat(byWish, '/etc/resolv.conf')).toBe(
      'nameserver 10.0.0.53\nnameserver fd00::53\nsearch named.example more.example\noptions ndots:3',
    );
    await byNetwork.remove();
    await byWish.remove();
  });

  test.each([
    ['the flag --no-dns', {flags: ['--no-dns']}],
    ['the annotation', {annotations: {'io.cni-hook.dns': 'off'}}],
  ])('%s leaves the files alone, but not the names', async (_, options) => {
    const before = await listing(rootfs);
    const silent = await start(host, runtime, 'silent', options);
    expect(await listing(rootfs)).toBe(before);
    await expect(cat(silent, '/etc/hosts')).rejects.toThrow('No such file');
    const other = await start(host, runtime, 'other');
    expect(await other.exec('ping', ['-c', '1', '-W', '1', 'silent'])).toContain('1 packets received');
    await silent.remove();
    await other.remove();
  });

  test('what the bundle mounts itself is left alone', async () => {
    host.write('/mnt/own/resolv.conf', 'nameserver 198.51.100.1\n');
    const mounts = [
      {destination: '/etc/resolv.conf', type: 'bind', source: '/mnt/own/resolv.conf', options: ['bind', 'ro']},
    ];
    // The runtime makes the places that the bundle's mounts need, and leaves them.
    const root = {path: await ownRoot(`mounting-${runtime}`), readonly: false};
    const container = await start(host, runtime, 'c1', {mounts, root});
    expect(await cat(container, '/etc/resolv.conf')).toBe('nameserver 198.51.100.1');
    expect(await cat(container, '/etc/hostname')).toBe('c1');
    await container.remove();
  });

  test('a link to where systemd keeps its file is covered, and stays', async () => {
    const root = await ownRoot(`linked-${runtime}`);
    await host.must('ln', ['-s', '../run/systemd/resolve/stub-resolv.conf', `${root}/etc/resolv.conf`]);
    await host.must('sh', ['-c', `echo mine > ${root}/etc/hosts; echo 127.0.0.1 localhost >> ${root}/etc/hosts`]);
    const before = await listing(root);
    const container = await start(host, runtime, 'c1', {root: {path: root, readonly: true}});
    expect(await cat(container, '/etc/resolv.conf')).toContain('nameserver 192.0.2.53');
    expect(await cat(container, '/etc/hosts')).toContain(' c1 # ');
    await container.remove();
    expect(await listing(root)).toBe(before);
  });

  test('the root is left as it was found, also one that several have at once', async () => {
    const before = await listing(rootfs);
    const first = await start(host, runtime, 'c1');
    const second = await start(host, runtime, 'c2');
    await first.remove();
    expect(await cat(second, '/etc/hosts')).toContain(' c2 # ');
    expect(await cat(second, '/etc/hostname')).toBe('c2');
    await second.remove();
    expect(await listing(rootfs)).toBe(before);
    expect(names()).toEqual([':locks']);
    expect(host.list('/run/cni-hook/mount-points')).toEqual([]);
    expect(host.list('/run/cni-hook/containers')).toEqual([]);
  });

  test('in two networks it knows both, and each knows it by the address that it has there', async () => {
    const inMynet = await start(host, runtime, 'm', {annotations: {[networks]: 'mynet'}});
    const both = await start(host, runtime, 'both', {annotations: {[networks]: 'mynet,dual-stack'}});
    const inDual = await start(host, runtime, 'd', {annotations: {[networks]: 'dual-stack'}});
    const second = (lines: readonly string[]) => lines.map(line => line.split(' ')[1]).sort();
    expect(second(await known(both))).toEqual(['both', 'both', 'both', 'd', 'd', 'm']);
    expect(second(await known(inMynet))).toEqual(['both', 'm']);
    expect(second(await known(inDual))).toEqual(['both', 'both', 'd', 'd']);
    await inDual.remove();
    expect(second(await known(both))).toEqual(['both', 'both', 'both', 'm']);
    await both.remove();
    expect(names('/mynet')).toEqual(['hosts', 'sets']);
    expect(names('/mynet/sets')).toEqual([]);
    await inMynet.remove();
    expect(names()).toEqual([':locks']);
  });

  test('a network that gives no address is one of its networks all the same, as others come and go', async () => {
    host.write('/etc/cni/net.d/40-bare.conflist', {
      cniVersion: '1.0.0',
      name: 'bare',
      plugins: [{type: 'bridge', bridge: 'bare0'}],
    });
    const both = await start(host, runtime, 'both', {annotations: {[networks]: 'mynet,bare'}});
    const first = await start(host, runtime, 'first', {annotations: {[networks]: 'mynet'}});
    const bare = await start(host, runtime, 'bare', {annotations: {[networks]: 'bare'}});
    await first.remove();
    await bare.remove();
    const later = await start(host, runtime, 'later', {annotations: {[networks]: 'mynet'}});
    expect((await known(both)).map(line => line.split(' ')[1]).sort()).toEqual(['both', 'both', 'later']);
    await later.remove();
    await both.remove();
    expect(names()).toEqual([':locks']);
  });

  test("a name that somebody has already is told, and is the older one's for whoever looks it up", async () => {
    const annotations = {'io.cni-hook.aliases': 'db', [networks]: 'mynet'};
    const older = await start(host, runtime, 'older', {annotations});
    const younger = await start(host, runtime, 'younger', {annotations});
    expect(await warnings('younger')).toContain('name "db" is that of container "older" on network "mynet" already');
    expect(await younger.exec('ping', ['-c', '1', '-W', '1', 'db'])).toContain(
      (await older.addresses())[0]?.split('/')[0],
    );
    await older.remove();
    expect(await younger.exec('ping', ['-c', '1', '-W', '1', 'db'])).toContain(
      (await younger.addresses())[0]?.split('/')[0],
    );
    await younger.remove();
  });
});

test('a network that a running container gets and loses again is in its files as long', async () => {
  const container = await start(host, 'runc', 'c1', {
    annotations: {[networks]: 'mynet', 'io.cni-hook.dns': '10.0.0.53'},
  });
  const neighbour = await start(host, 'runc', 'n1', {annotations: {[networks]: 'dual-stack'}});
  const before = await cat(container, '/etc/hosts');
  await host.must(executable, ['add', 'dual-stack', 'c1', '--ifname', 'eth1', '--runtime', 'runc']);
  expect(await cat(container, '/etc/hosts')).toContain(' n1 # ');
  expect(await cat(neighbour, '/etc/hosts')).toContain(' c1 # ');
  expect(await cat(container, '/etc/resolv.conf')).toContain('nameserver 10.0.0.53');
  await host.must(executable, ['del', 'dual-stack', 'c1', '--ifname', 'eth1', '--runtime', 'runc']);
  expect(await cat(container, '/etc/hosts')).toBe(before);
  expect(await cat(neighbour, '/etc/hosts')).not.toContain(' c1 # ');
  await host.must(executable, ['del', 'mynet', 'c1', '--runtime', 'runc']);
  // The neighbour has the same root, and something mounted there.
  expect(await cat(container, '/etc/hosts')).toBe('');
  await container.remove();
  await neighbour.remove();
});

test('hosts files that somebody has removed keep no container in a network, nor out of one', async () => {
  host.write('/etc/cni/net.d/50-third.conflist', {
    cniVersion: '1.0.0',
    name: 'third',
    plugins: [{type: 'bridge', bridge: 'third0', ipam: {type: 'host-local', subnet: '10.68.0.0/24'}}],
  });
  const container = await start(host, 'runc', 'c1', {annotations: {[networks]: 'mynet,dual-stack,third'}});
  await host.must('rm', ['-r', '/run/cni-hook/names']);
  const args = ['dual-stack', 'c1', '--ifname', 'eth1', '--runtime', 'runc'];
  await host.must(executable, ['del', ...args]);
  await host.must(executable, ['add', ...args]);
  expect(await known(container)).toContainEqual(expect.stringMatching(/ c1$/));
  await container.remove();
  expect(names()).toEqual([':locks']);
});

test('many come and go at once, and nobody who asks meanwhile misses who stays', async () => {
  const annotations = {[networks]: 'mynet'};
  const asker = await start(host, 'runc', 'asker', {annotations});
  const standing = await start(host, 'runc', 'standing', {annotations});
  const file = '/run/cni-hook/names/mynet/hosts';
  // Reads as a resolver does, again and again, and counts how often somebody was not there.
  const loop = `i=0; while [ ! -e /mnt/enough ]; do i=$((i+1)); dd if=${file} bs=512 2>/dev/null | grep -q " standing #" || echo missed; done; echo $i`;
  const reading = host.run('sh', ['-c', loop]);
  const ids = Array.from({length: 12}, (_, i) => `${'long-'.repeat(i % 4)}n${i}`);
  for (let round = 0; round < 2; round++) {
    const others = await Promise.all(ids.map(id => start(host, 'runc', id, {annotations})));
    expect((await known(asker)).map(line => line.split(' ')[1]).sort()).toEqual([...ids, 'asker', 'standing'].sort());
    await Promise.all(others.map(other => other.remove()));
    expect((await known(asker)).map(line => line.split(' ')[1])).toEqual(['asker', 'standing']);
  }
  host.write('/mnt/enough', '');
  const {stdout} = await reading;
  expect(stdout).toMatch(/^\d+$/);
  expect(Number(stdout)).toBeGreaterThan(10);
  await asker.remove();
  await standing.remove();
  expect(names()).toEqual([':locks']);
});
