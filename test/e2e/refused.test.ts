// A container that can't have its network does not start: its runtime says why, and nothing is left of it.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {runToEnd, start} from '../fixtures/container.ts';
import {bridgeNetwork, classic} from '../fixtures/networks.ts';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(60_000);

let host: Host;
let standing: Snapshot;
beforeEach(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  const ipam = {type: 'host-local', subnet: '10.1.0.0/24', routes: [{dst: '10.9.0.0/16', gw: '10.200.0.1'}]};
  host.write(
    '/etc/cni/net.d/20-broken.conflist',
    bridgeNetwork('broken', 'cnibr1', {isGateway: true, ipMasq: true, ipam}),
  );
  await runToEnd(host, 'runc', 'c0', ['true']);
  standing = await host.snapshot();
});
afterEach(() => host.close());

test.each([
  {what: 'an unknown network', flags: ['--network=nope'], says: 'no network "nope" in /etc/cni/net.d'},
  {
    what: 'a network that the kernel refuses',
    flags: ['--network=broken'],
    says: 'cannot add route "10.9.0.0/16" via "10.200.0.1"',
  },
  {
    what: 'one network of two that is refused',
    flags: ['--network=mynet', '--network=broken'],
    says: 'cannot add route',
  },
])(
  'runc says why it does not start a container with $what, and the same id starts at once with another',
  async ({flags, says}) => {
    const bundle = host.bundle('c1', {flags});
    const {exitCode, stderr} = await host.runc('run', '--detach', '--bundle', bundle, 'c1');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(says.replaceAll('"', String.raw`\"`));
    expect(await host.snapshot()).toEqual(standing);

    const container = await start(host, 'runc', 'c1');
    await container.ping('172.19.1.1');
    await container.remove();
    expect(await host.snapshot()).toEqual(standing);
  },
);

test('what a tenant writes at length is told in short', async () => {
  const annotations = {'io.cni-hook.networks': 'mynet', 'io.cni-hook.ip': '1'.repeat(100_000)};
  const {exitCode, stderr} = await host.runc('run', '--detach', '--bundle', host.bundle('c1', {annotations}), 'c1');
  expect(exitCode).toBe(1);
  expect(stderr).toContain(String.raw`annotation \"io.cni-hook.ip\": \"111`);
  expect(stderr.length).toBeLessThan(3000);
  expect(host.read('/run/cni-hook/log.jsonl').length).toBeLessThan(10_000);
  expect(await host.snapshot()).toEqual(standing);
});

test("with crun, which shows no hook's stderr, the reason is in the log", async () => {
  const bundle = host.bundle('c1', {flags: ['--network=nope']});
  const {exitCode} = await host.crun('run', '--detach', '--bundle', bundle, 'c1');
  expect(exitCode).not.toBe(0);
  const last = host.read('/run/cni-hook/log.jsonl').trim().split('\n').at(-1) ?? '{}';
  expect(JSON.parse(last)).toMatchObject({level: 'error', id: 'c1', msg: expect.stringContaining('no network "nope"')});
  expect(await host.snapshot()).toEqual(standing);
});

describe('a container whose command does not exist', () => {
  test('leaves nothing with runc, which calls poststop', async () => {
    await expect(start(host, 'runc', 'c1', {command: ['nosuch']})).rejects.toThrow('nosuch');
    expect(await host.snapshot()).toEqual(standing);
  });

  test('leaves to gc what it has had with crun, which does not call poststop', async () => {
    await expect(start(host, 'crun', 'c1', {command: ['nosuch']})).rejects.toThrow('nosuch');
    expect(host.list('/run/cni-hook/containers')).toEqual(['c1']);
    expect(await host.run(executable, ['gc'])).toMatchObject({exitCode: 0});
    expect(await host.snapshot()).toEqual(standing);
  });

  test('does not exhaust a range with crun, however often it is tried', async () => {
    const ipam = {type: 'host-local', subnet: '10.2.0.0/29', dataDir: '/run/small'};
    host.write('/etc/cni/net.d/30-small.conflist', bridgeNetwork('small', 'cnibr2', {isGateway: true, ipam}));
    const flags = ['--network=small'];
    for (let i = 0; i < 12; i++) {
      await expect(start(host, 'crun', `c${i}`, {command: ['nosuch'], flags})).rejects.toThrow('nosuch');
    }
    const container = await start(host, 'crun', 'good', {flags});
    expect((await container.addresses()).length).toBe(1);
  });
});
