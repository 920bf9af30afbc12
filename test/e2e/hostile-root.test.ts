// A root file system that somebody hostile has made, and changes while the hook is at work: whatever lies in the place of
// the files that we mount on, nothing outside the root is changed, made or mounted on, and no hook waits.
import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {rootfs} from '../fixtures/bundle.ts';
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
  host.write('/mnt/outside-root/hosts', 'untouched\n');
  host.write('/mnt/outside-root/passwd', 'untouched\n');
});
afterAll(() => host.close());

/** What there is outside the root: the files that a way out may lead to, with inodes and content, and every mount. */
const outside = async (): Promise<string> => {
  const files = ['/etc', '/mnt/outside-root'];
  const found = await host.must('sh', [
    '-c',
    `find ${files.join(' ')} -maxdepth 1 -printf '%i %M %s %T@ %p %l\\n'; cat /etc/passwd /etc/hosts /mnt/outside-root/*`,
  ]);
  return found + (await host.must('cat', ['/proc/self/mountinfo']));
};

const listing = (root: string): Promise<string> => host.must('find', [root, '-printf', '%i %M %u %s %p %l\n']);

/** Makes a root with busybox and whatever `script`, run in it, makes. */
async function makeRoot(name: string, script: string): Promise<string> {
  const root = `/mnt/roots/${name}`;
  await host.must('sh', ['-ec', `mkdir -p ${root}; cp -a ${rootfs}/. ${root}; cd ${root}; rm -rf etc; ${script}`]);
  return root;
}

/** By what the root's maker has put there: what does the container see at the end of it? */
const traps: readonly (readonly [string, string])[] = [
  ['etc is a link to /', 'ln -s / etc'],
  ['etc is a link upwards', 'ln -s ../../.. etc'],
  ['etc is a link to a directory of the host', 'ln -s /mnt/outside-root etc'],
  ['etc is a link upwards to a directory of the host', 'ln -s ../../outside-root etc'],
  ['etc is a link to itself', 'ln -s etc etc'],
  ['etc is a link by way of a process', 'ln -s proc/1/root/etc etc'],
  ['etc is a link by way of a process and its directory', 'ln -s proc/self/cwd/../etc etc'],
  ['etc is a file', 'echo > etc'],
  ['etc is a pipe', 'mkfifo etc'],
  [
    'the files are links to a file of the host',
    'mkdir etc; for f in resolv.conf hosts hostname; do ln -s /etc/passwd etc/$f; done',
  ],
  [
    'the files are links upwards',
    'mkdir etc; for f in resolv.conf hosts hostname; do ln -s ../../../../etc/passwd etc/$f; done',
  ],
  [
    'the files are links to what is not there',
    'mkdir etc; for f in resolv.conf hosts hostname; do ln -s /mnt/outside-root/new etc/$f; done',
  ],
  ['the files are pipes', 'mkdir etc; for f in resolv.conf hosts hostname; do mkfifo etc/$f; done'],
  ['the files are directories', 'mkdir -p etc/resolv.conf etc/hosts etc/hostname'],
  ['the files are devices', 'mkdir etc; for f in resolv.conf hosts hostname; do mknod etc/$f c 1 3; done'],
  [
    'the files are hard links to one outside',
    'mkdir etc; for f in resolv.conf hosts hostname; do ln ../../outside-root/passwd etc/$f; done',
  ],
];

describe.each(runtimes)('%s', runtime => {
  test.each(traps)('%s', async (what, script) => {
    const root = await makeRoot(`${runtime}-${what.replaceAll(' ', '-')}`.replaceAll('/', ''), script);
    const before = await outside();
    const found = await listing(root);
    const container = await start(host, runtime, 'trapped', {root: {path: root, readonly: true}});
    expect(await outside()).toBe(before);
    await container.remove();
    expect(await outside()).toBe(before);
    expect(await listing(root)).toBe(found);
  });

  test('a socket', async () => {
    const root = await makeRoot(`${runtime}-socket`, 'mkdir etc');
    await host.must('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind("${root}/etc/hosts")`]);
    const before = await outside();
    const container = await start(host, runtime, 'trapped', {root: {path: root, readonly: true}});
    expect(await outside()).toBe(before);
    await container.remove();
  });

  test('somebody who changes all of it while the hook is at work', async () => {
    const root = await makeRoot(
      `${runtime}-swapped`,
      'mkdir etc other; echo here > etc/hosts; ln -s /mnt/outside-root away',
    );
    const before = await outside();
    const swap = [
      `cd ${root}; while [ ! -e /mnt/stop-${runtime} ]; do`,
      'mv -T etc other 2>/dev/null; ln -sfn /mnt/outside-root etc; rm -f etc; mv -T other etc 2>/dev/null',
      'mv etc/hosts etc/was; ln -s /etc/passwd etc/hosts; mv -fT etc/was etc/hosts',
      'mv etc/hosts etc/was; mkfifo etc/hosts; mv -fT etc/was etc/hosts',
      'mv etc/hosts ../outside-hosts; mv ../outside-hosts etc/hosts',
      'done',
    ];
    const swapping = host.run('sh', ['-c', swap.join('\n')]);
    for (let i = 0; i < 12; i++) {
      const container = await start(host, runtime, `c${i}`, {root: {path: root, readonly: true}});
      await container.remove();
    }
    host.write(`/mnt/stop-${runtime}`, '');
    await swapping;
    await host.must('sh', ['-c', 'rm -f /mnt/roots/outside-hosts']);
    expect(await outside()).toBe(before);
    expect(host.read('/mnt/outside-root/hosts')).toBe('untouched\n');
    expect(host.list('/mnt/outside-root')).toEqual(['hosts', 'passwd']);
  });
});
