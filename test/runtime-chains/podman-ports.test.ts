// podman publishes ports by our portmap as a file in its plugin directories. podman's own conmon holds every published port
// by a listening socket, so that no other process takes it: to us that is no stranger when the network is set up again.
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {linkPlugins} from '../conformance/plugins.ts';
import {askAll, serve} from '../fixtures/talk.ts';
import {describeWithPodman, openPodman, type Podman} from '../front/podman.ts';
import {createHost, type Host} from '../host.ts';

const ipam = {type: 'host-local', ranges: [[{subnet: '10.5.0.0/24'}]], routes: [{dst: '0.0.0.0/0'}]};
const plugins = [
  {type: 'bridge', bridge: 'cni-pods', isGateway: true, ipMasq: true, ipam},
  {type: 'portmap', capabilities: {portMappings: true}},
];

describeWithPodman('a published port of podman', () => {
  let host: Host;
  let podman: Podman;
  beforeAll(async () => {
    host = await createHost();
    await linkPlugins(host, ['bridge', 'host-local', 'portmap']);
    host.write('/etc/containers/containers.conf', '[network]\ncni_plugin_dirs = ["/opt/cni/bin"]\n');
    host.write('/etc/cni/net.d/10-pods.conflist', {cniVersion: '0.4.0', name: 'pods', plugins});
    podman = await openPodman(host, 'runc');
  });
  afterAll(async () => {
    await podman.close();
    await host.close();
  });

  const call = async (...args: readonly [string, ...string[]]): Promise<string> => {
    const {exitCode, stdout, stderr} = await podman.call(...args);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout.trim();
  };

  test('stands, also when its network is set up again while conmon holds it, and goes with the container', async () => {
    const started = await podman.run(
      undefined,
      ['--detach', '--network', 'pods', '--publish', '8080:80'],
      'sleep',
      '1000',
    );
    expect(started).toMatchObject({exitCode: 0});
    const id = started.stdout.trim();
    const server = await serve(host, 'web', 80, Number(await call('inspect', '--format', '{{.State.Pid}}', id)));
    const asked = [{address: '127.0.0.1', port: 8080}];
    expect(await askAll(host, asked)).toEqual(['web 10.5.0.1']);
    expect(await host.must('cat', ['/proc/net/tcp', '/proc/net/tcp6'])).toMatch(/:1F90 \S+ 0A/);

    await call('network', 'reload', id);
    expect(await askAll(host, asked)).toEqual(['web 10.5.0.1']);

    await server.end();
    await call('rm', '--force', '--time', '0', id);
    expect(await host.must('nft', ['list', 'ruleset'])).not.toContain('comment "cni-hook');
  });
});
