// Published ports with a real runtime: two lines and an annotation in config.json, and who is outside gets an answer, and so do
// the host and the container itself. When it has gone, nothing is left.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {type Runtime, start} from '../fixtures/container.ts';
import {hostAsSeen, type Outside} from '../fixtures/outside.ts';
import {until} from '../fixtures/talk.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(120_000);

const ranges = [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]];
const ipam = {type: 'host-local', ranges, routes: [{dst: '0.0.0.0/0'}, {dst: '::/0'}]};
const bridge = {type: 'bridge', bridge: 'cnibr1', isGateway: true, ipMasq: true, ipam};
const wget = ['timeout', '3', 'busybox', 'wget', '-q', '-O', '-'] as const;

let host: Host;
let away: Outside;
beforeEach(async () => {
  host = await createHost();
  away = await host.addOutside();
  await host.must('mkdir', ['-p', '/mnt/rootfs/www']);
  host.write('/mnt/rootfs/www/index.html', 'hello');
});
afterEach(() => host.close());

test.each<{runtime: Runtime; chain: readonly object[]}>([
  {runtime: 'runc', chain: [bridge]},
  {runtime: 'crun', chain: [bridge]},
  {runtime: 'runc', chain: [bridge, {type: 'portmap', capabilities: {portMappings: true}}, {type: 'firewall'}]},
])('$runtime, $chain.length in the chain', async ({runtime, chain}) => {
  host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'mynet', plugins: chain});
  // As Docker leaves a host: what is forwarded and nobody lets through is dropped.
  const drops = chain.length > 1;
  for (const iptables of drops ? ['iptables', 'ip6tables'] : []) await host.must(iptables, ['-P', 'FORWARD', 'DROP']);
  const before = await host.must('nft', ['list', 'ruleset']);
  const web = await start(host, runtime, 'web', {
    command: ['httpd', '-f', '-p', '80', '-h', '/www'],
    annotations: {'io.cni-hook.ports': '8080:80/tcp'},
  });
  const both = [`http://${hostAsSeen.v4}:8080`, `http://[${hostAsSeen.v6}]:8080`];
  await until(async () => (await host.run('busybox', [...wget, both[0] ?? ''])).exitCode === 0);
  for (const address of both) {
    expect(await away.run('busybox', [...wget, address])).toMatchObject({stdout: 'hello'});
    expect(await host.must('busybox', [...wget, address])).toBe('hello');
    expect((await web.exec('busybox', [...wget, address])).trim()).toBe('hello');
  }
  expect(await host.must('busybox', [...wget, 'http://127.0.0.1:8080'])).toBe('hello');
  expect(await host.must(executable, ['ls'])).toContain('8080:80/tcp');

  await web.remove();
  expect(await away.run('busybox', [...wget, both[0] ?? ''])).toMatchObject({exitCode: 1});
  await host.must(executable, ['gc', '--networks']);
  expect(await host.must('nft', ['list', 'ruleset'])).toBe(before);
});
