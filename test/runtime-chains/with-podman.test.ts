// Real podman with its CNI back-end, which is libcni: its containers we check and take out of their network, and what we
// add it does not mind. One cache, both ways.
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {describeWithPodman, openPodman, type Podman} from '../front/podman.ts';
import {useChainHost} from './chain-host.ts';

const {host, snapshot, cli, must} = useChainHost();

const pods = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni-pods',
      isGateway: true,
      ipMasq: true,
      ipam: {type: 'host-local', ranges: [[{subnet: '10.5.0.0/24'}]], routes: [{dst: '0.0.0.0/0'}]},
    },
    {type: 'portmap', capabilities: {portMappings: true}},
    {type: 'firewall'},
    {type: 'tuning'},
  ],
};
const second = {
  cniVersion: '1.0.0',
  name: 'second',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cnibr8',
      isGateway: true,
      ipam: {type: 'host-local', ranges: [[{subnet: '10.8.0.0/24'}]]},
    },
  ],
};

describeWithPodman('a container of podman', () => {
  let podman: Podman;
  beforeAll(async () => {
    podman = await openPodman(host(), 'runc');
    // As podman is configured on this host, so to speak.
    const place = '/run/podman-runc';
    const flags = `--root ${place}/store --runroot ${place}/run --tmpdir ${place}/tmp --storage-driver vfs`;
    const more = '--cgroup-manager cgroupfs --events-backend file';
    host().write('/run/bin/podman', `#!/bin/sh\nexec /usr/bin/podman ${flags} ${more} "$@"\n`);
    await host().must('chmod', ['755', '/run/bin/podman']);
    host().write('/etc/cni/net.d/10-pods.conflist', pods);
    host().write('/etc/cni/net.d/20-second.conflist', second);
  });
  afterAll(() => podman.close());

  const run = async (port = '8080:80'): Promise<{readonly id: string; readonly pid: number}> => {
    const {exitCode, stdout, stderr} = await podman.run(
      undefined,
      ['--detach', '--network', 'pods', '--publish', port],
      'sleep',
      '1000',
    );
    if (exitCode !== 0) throw new Error(stderr);
    const id = stdout.trim();
    const {stdout: pid} = await podman.call('inspect', '--format', '{{.State.Pid}}', id);
    return {id, pid: Number(pid)};
  };

  /** The host without podman's own files. */
  const withoutPodman = async (): Promise<object> => {
    const {files, ...rest} = (await snapshot()) as {readonly files: readonly string[]};
    return {...rest, files: files.filter(file => !file.startsWith('/run/podman-'))};
  };

  test('is checked, taken out of its network by us, and podman removes it all the same', async () => {
    const earlier = await run();
    await podman.call('rm', '--force', '--time', '0', earlier.id);
    const before = await withoutPodman();
    const {id, pid} = await run();
    expect(host().list('/var/lib/cni/results')).toEqual([`pods-${id}-eth0`]);
    expect((await host().run('ip', ['link', 'show', 'eth0'], {netnsOf: pid})).exitCode).toBe(0);
    // The reference's portmap looks among the IPv6 rules for those of IPv4.
    expect((await cli(['check', 'pods', id])).stderr).toMatch(
      /^(cni-hook check: [^;]*could not check ipv6 dnat[^;]*)?$/,
    );
    expect(await must('del', 'pods', id)).toBe('');
    expect(host().list('/var/lib/cni/results')).toEqual([]);
    expect((await host().run('ip', ['link', 'show', 'eth0'], {netnsOf: pid})).exitCode).not.toBe(0);
    await podman.call('rm', '--force', '--time', '0', id);
    expect(await withoutPodman()).toEqual(before);
  });

  test('gets a second network by its id or name, which podman leaves alone and gc takes back', async () => {
    const {id, pid} = await run('8081:80');
    const {stdout: name} = await podman.call('inspect', '--format', '{{.Name}}', id);
    const env = {PATH: '/run/bin:/usr/sbin:/usr/bin:/sbin:/bin'};
    expect(await cli(['add', 'second', name, '--ifname', 'eth1'], env)).toMatchObject({exitCode: 0, stderr: ''});
    expect((await host().run('ip', ['link', 'show', 'eth1'], {netnsOf: pid})).exitCode).toBe(0);
    expect(host().list('/var/lib/cni/results')).toEqual([`pods-${id}-eth0`, `second-${id}-eth1`]);
    await podman.call('rm', '--force', '--time', '0', id);
    expect(host().list('/var/lib/cni/results')).toEqual([`second-${id}-eth1`]);
    expect(await cli(['gc'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`taken back: attachment of container "${id}"`),
    });
    expect(host().list('/var/lib/cni/results')).toEqual([]);
  });
});
