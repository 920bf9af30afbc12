// The first commands that the README tells, as they stand there: a new user types nothing else. Only what installs packages
// is left out, and /usr/local is another one than the machine's.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import {removeCgroups} from '../fixtures/cgroups.ts';
import {createHost, type Host} from '../host.ts';
import {describeWithPodman} from './podman.ts';
import {copyTree, ownUsrShare} from './tree.ts';

jest.setTimeout(120_000);

const project = fileURLToPath(new URL('../..', import.meta.url));
const [, block = ''] = /^```sh\n([\s\S]*?)^```/m.exec(readFileSync(`${project}README.md`, 'utf8')) ?? [];
const commands = block.split('\n').filter(line => line !== '');

let host: Host;
beforeAll(async () => {
  host = await createHost();
  await copyTree(host);
  await ownUsrShare(host);
  await host.must('sh', ['-ec', 'mount -t tmpfs tmpfs /usr/local; mount -t tmpfs tmpfs /tmp']);
  // crun refuses a host that has cgroups of both versions.
  await host.run('umount', ['/sys/fs/cgroup/unified']);
  const engine = '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n';
  const places =
    '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n';
  host.write('/etc/containers/containers.conf', `[containers]\ncgroups = "no-conmon"\n${engine}`);
  host.write('/etc/containers/storage.conf', places);
  // As the package leaves it behind.
  host.write('/etc/cni/net.d/87-podman-bridge.conflist', {
    cniVersion: '0.4.0',
    name: 'podman',
    plugins: [
      {type: 'bridge', bridge: 'cni-podman0', ipam: {type: 'host-local', subnet: '10.88.0.0/16'}},
      {type: 'nowhere'},
    ],
  });
});
afterAll(async () => {
  const paths = await host.run('sh', [
    '-c',
    'sed -n \'s|.*"cgroupsPath": "/\\(.*\\)".*|\\1|p\' /tmp/bundle.*/*/config.json',
  ]);
  await host.close();
  for (const cgroup of ['libpod_parent', ...paths.stdout.split('\n')]) if (cgroup !== '') await removeCgroups(cgroup);
});

test('there are ten at the most', () => {
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.length).toBeLessThanOrEqual(10);
});

describeWithPodman('each of them', () => {
  test('works, and nothing is left at the end', async () => {
    const script = commands.filter(line => !line.startsWith('apt-get ')).join('\n');
    const {exitCode} = await host.run('bash', ['-c', `(set -ex; ${script}\n) >/mnt/said 2>&1`], {cwd: '/mnt/tree'});
    const said = host.read('/mnt/said');
    expect({exitCode, said: exitCode === 0 ? '' : said}).toEqual({exitCode: 0, said: ''});
    expect(said.match(/64 bytes from 10\.119\.176\.1/g)).toHaveLength(3);
    expect(said).toMatch(/^c1 +cni-hook +eth0 +10\.119\.17\S+ .* alive/m);
    expect(await host.run('/usr/local/bin/cni-hook', ['gc', '--dry-run'])).toMatchObject({stdout: ''});
    expect(host.list('/var/lib/cni/networks/cni-hook').filter(name => name.startsWith('10.'))).toEqual([]);
  });
});
