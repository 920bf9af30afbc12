// podman with the hooks.d files that `hooks install` writes: every way in which its containers start and end.
import {afterAll, afterEach, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {forever, rootfs} from '../fixtures/bundle.ts';
import type {Runtime} from '../fixtures/container.ts';
import {classic, classicLeases, isLease} from '../fixtures/networks.ts';
import {createHost, executable, type Host} from '../host.ts';
import {describeWithPodman, hooksDir, openPodman, type Podman} from './podman.ts';

jest.setTimeout(120_000);

const nothing = {exitCode: 0, stdout: '', stderr: 'there is nothing to take back'};

describeWithPodman('podman', () => {
  let host: Host;
  beforeAll(async () => {
    host = await createHost();
    host.write('/etc/cni/net.d/10-mynet.conflist', classic);
    await host.must(executable, ['hooks', 'install', '--dir', hooksDir]);
  });
  afterAll(() => host.close());

  describe.each<Runtime>(['runc', 'crun'])('with %s', runtime => {
    let podman: Podman;
    beforeAll(async () => {
      podman = await openPodman(host, runtime);
    });
    afterEach(() => podman.call('rm', '--all', '--force', '--time', '0'));
    afterAll(() => podman.close());

    const must = async (...args: readonly string[]) => {
      const {exitCode, stdout, stderr} = await podman.call(...args);
      expect({args, exitCode, stderr: exitCode === 0 ? '' : stderr}).toEqual({args, exitCode: 0, stderr: ''});
      return stdout;
    };
    const start = async (name: string) => {
      const {exitCode, stderr} = await podman.run('mynet', ['--detach', '--name', name], ...forever);
      expect({exitCode, stderr: exitCode === 0 ? '' : stderr}).toEqual({exitCode: 0, stderr: ''});
    };
    const addressOf = async (name: string) => {
      const links = await must('exec', name, 'ip', '-o', '-4', 'address', 'show', 'dev', 'eth0');
      return /inet ([\d.]+)\/24/.exec(links)?.[1];
    };
    const leases = () => host.list(classicLeases).filter(isLease);
    const expectNothingLeft = async () => {
      expect(await host.run(executable, ['gc', '--dry-run'])).toEqual(nothing);
      expect(JSON.parse(await host.must(executable, ['ls', '--json']))).toEqual([]);
      expect(leases()).toEqual([]);
    };

    test('run: the container has its network, and gives it back when it ends', async () => {
      const {exitCode, stdout} = await podman.run('mynet', ['--rm'], 'ping', '-c', '1', '-W', '1', '172.19.1.1');
      expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: expect.stringContaining('64 bytes from 172.19.1.1')});
      await expectNothingLeft();
    });

    test('run: a command that fails keeps its exit code, and leaves nothing', async () => {
      expect(await podman.run('mynet', ['--rm'], 'sh', '-c', 'exit 7')).toMatchObject({exitCode: 7});
      await expectNothingLeft();
    });

    test('stop, start, restart, rm -f', async () => {
      await start('c1');
      expect(leases()).toEqual([await addressOf('c1')]);
      await must('stop', '--time', '0', 'c1');
      await expectNothingLeft();
      await must('start', 'c1');
      expect(leases()).toEqual([await addressOf('c1')]);
      await must('restart', '--time', '0', 'c1');
      expect(leases()).toEqual([await addressOf('c1')]);
      await must('rm', '--force', '--time', '0', 'c1');
      await expectNothingLeft();
    });

    test('two at once reach each other', async () => {
      await Promise.all([start('c1'), start('c2')]);
      const second = (await addressOf('c2')) ?? '';
      expect(await addressOf('c1')).not.toBe(second);
      await must('exec', 'c1', 'ping', '-c', '1', '-W', '1', second);
      await Promise.all(['c1', 'c2'].map(name => must('rm', '--force', '--time', '0', name)));
      await expectNothingLeft();
    });

    test('the hosts file that podman mounts stays; without it a container finds the others by name', async () => {
      await start('c1');
      const flags = ['--detach', '--name', 'c2', '--hostname', 'shop', '--no-hosts'];
      expect((await podman.run('mynet', flags, ...forever)).exitCode).toBe(0);
      expect(await must('exec', 'c1', 'cat', '/etc/hosts')).not.toContain('cni-hook');
      const name = await must('exec', 'c1', 'hostname');
      expect(await must('exec', 'c2', 'ping', '-c', '1', '-W', '1', name)).toContain(await addressOf('c1'));
      expect(await must('exec', 'c2', 'ping', '-c', '1', '-W', '1', 'shop')).toContain(await addressOf('c2'));
      const warnings = ['logs', '--log-level', 'warning', '--json'];
      const all = JSON.parse(await host.must(executable, warnings)) as readonly {readonly event: string}[];
      expect(all.filter(({event}) => event === 'names')).toEqual([]);
      await must('rm', '--force', '--time', '0', '--all');
      await expectNothingLeft();
    });

    test('a container that could not be made is told by gc, and gc mends it', async () => {
      expect((await podman.run('mynet', [], '/no/such/command')).exitCode).toBe(127);
      expect(JSON.parse(await host.must(executable, ['ls', '--json']))).toMatchObject([{state: 'dead'}]);
      expect((await host.run(executable, ['gc', '--dry-run'])).stdout).toMatch(/^found: attachment of container /);
      await host.must(executable, ['gc']);
      await expectNothingLeft();
    });

    test('conmon killed: gc mends it', async () => {
      await start('c1');
      const pids = (await must('inspect', '--format', '{{.State.ConmonPid}} {{.State.Pid}}', 'c1')).split(' ');
      await host.must('kill', ['-9', ...pids]);
      await host.must('sh', ['-c', `while kill -0 ${pids[1]} 2>/dev/null; do sleep 0.05; done`]);
      await must('rm', '--force', '--time', '0', 'c1');
      await host.must(executable, ['gc']);
      await expectNothingLeft();
    });

    test('a pod has its network by its first container, for as long as that runs, and all others share it', async () => {
      const settings = '/etc/containers/containers.conf';
      host.write(settings, '[containers]\nannotations = ["io.cni-hook.networks=mynet"]\n');
      await must('import', await archiveOf(host), 'first:1');
      const first = ['--infra-image', 'first:1', '--infra-command', 'sleep 1000'];
      await must('pod', 'create', '--name', 'p', '--network', 'none', '--cgroup-parent', podman.cgroup, ...first);
      for (const name of ['c1', 'c2']) {
        const flags = ['--pod', 'p', '--cgroups', 'no-conmon', '--detach', '--name', name];
        await must('run', ...flags, '--rootfs', rootfs, ...forever);
      }
      expect(leases()).toEqual([await addressOf('c1')]);
      await must('stop', '--time', '0', 'c1');
      expect(leases()).toEqual([await addressOf('c2')]);
      await must('start', 'c1');
      await must('rm', '--force', '--time', '0', 'c2');
      expect(leases()).toEqual([await addressOf('c1')]);
      await must('pod', 'stop', '--time', '0', 'p');
      await must('pod', 'start', 'p');
      expect(leases()).toEqual([await addressOf('c1')]);
      await must('pod', 'rm', '--force', '--time', '0', 'p');
      await expectNothingLeft();
      await host.must('rm', [settings]);
    });

    test('a container without the annotation is left alone, and so is one in the network of the host', async () => {
      expect((await podman.run(undefined, ['--rm'], 'ip', '-o', 'link')).stdout).toMatch(/^1: lo[^\n]*$/);
      const inHost = await podman.run('mynet', ['--rm', '--network', 'host'], 'ip', '-o', 'link');
      expect({...inHost, stdout: ''}).toEqual({exitCode: 0, stdout: '', stderr: ''});
      expect(await host.must(executable, ['logs'])).toContain('has no network namespace of its own: left alone');
      await expectNothingLeft();
    });

    test('a network that there is not is a container that does not start, with the reason in the log', async () => {
      expect((await podman.run('nowhere', ['--name', 'c1'], ...forever)).exitCode).toBe(126);
      const id = await must('inspect', '--format', '{{.Id}}', 'c1');
      expect(await host.must(executable, ['logs', id])).toContain('"nowhere"');
      await expectNothingLeft();
    });
  });
});

/** The root file system of all bundles, for an image: a container that a pod makes by itself comes of nothing else. */
async function archiveOf(host: Host): Promise<string> {
  const file = '/mnt/first.tar';
  await host.must('tar', ['-C', rootfs, '-cf', file, '.']);
  return file;
}
