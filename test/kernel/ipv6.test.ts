// With IPv6 nobody waits: no address is tentative when the hook returns, and the first packet gets its answer.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';

jest.setTimeout(60_000);

const v4 = [{subnet: '10.1.0.0/24'}];
const v6 = [{subnet: 'fd00:1::/64'}];

let host: Host;
beforeEach(async () => {
  host = await createHost();
});
afterEach(() => host.close());

test.each([
  {what: 'IPv6 alone', ranges: [v6]},
  {what: 'both families', ranges: [v4, v6]},
])('with $what the first and the second container reach the gateway at once', async ({ranges}) => {
  const settings = {isDefaultGateway: true, ipam: {type: 'host-local', ranges}};
  host.write('/etc/cni/net.d/10.conflist', bridgeNetwork('mynet', 'cnibr1', settings));
  for (const id of ['first', 'second']) {
    const container = await host.netns();
    const started = Date.now();
    const {exitCode, stderr} = await host.hook('createRuntime', creating(id, container.pid));
    const took = Date.now() - started;
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});

    // One packet, and a second to wait for it: with duplicate detection the address would not answer for longer.
    const ping = await container.run('ping', ['-6', '-c', '1', '-W', '1', 'fd00:1::1']);
    expect(ping).toMatchObject({exitCode: 0, stdout: expect.stringContaining(' 0% packet loss')});
    expect(await tentative(container.pid)).toEqual([]);
    expect(took).toBeLessThan(900);
  }
  const onBridge = await host.must('ip', ['-o', '-6', 'address', 'show', 'dev', 'cnibr1']);
  expect(onBridge).toContain('fd00:1::1/64');
  expect(onBridge).not.toContain('tentative');
});

test('a host whose containers have IPv6 off gives them IPv6 where the network has it', async () => {
  host.write(
    '/etc/cni/net.d/10.conflist',
    bridgeNetwork('mynet', 'cnibr1', {isGateway: true, ipam: {type: 'host-local', ranges: [v6]}}),
  );
  const container = await host.netns();
  const off = [
    'sh',
    '-c',
    'for i in all default lo; do echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done',
  ] as const;
  await container.run(off[0], off.slice(1));
  expect(await host.hook('createRuntime', creating('c1', container.pid))).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
  expect(await container.run('ping', ['-6', '-c', '1', '-W', '1', 'fd00:1::1'])).toMatchObject({exitCode: 0});
});

/** The addresses of the process's netns that can't be used yet; those for the link alone are no concern of ours. */
async function tentative(pid: number): Promise<readonly string[]> {
  const lines = await host.must('ip', ['-o', '-6', 'address', 'show', 'scope', 'global'], {netnsOf: pid});
  expect(lines).toContain('fd00:1::');
  return lines.split('\n').filter(line => /tentative|dadfailed/.test(line));
}

test('a host that has IPv6 off says so, keeps nothing, and still gives out IPv4', async () => {
  await host.must('sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1']);
  const define = (ranges: readonly object[]) =>
    host.write(
      '/etc/cni/net.d/10.conflist',
      bridgeNetwork('mynet', 'cnibr1', {isGateway: true, ipam: {type: 'host-local', ranges}}),
    );
  const {pid} = await host.netns();
  const before = await host.must('ip', ['-br', 'link']);
  define([v4, v6]);
  expect(await host.hook('createRuntime', creating('c1', pid))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/"fd00:1::1\/64" to "cnibr1": .*disable_ipv6.*leave IPv6 out of the network/),
  });
  expect(await host.must('ip', ['-br', 'link'])).toBe(before);
  define([v4]);
  expect(await host.hook('createRuntime', creating('c1', pid))).toEqual({exitCode: 0, stdout: '', stderr: ''});
});
