// Which networks a container gets: two by annotation, none if it shares a network namespace or has the host's.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {runToEnd, start} from '../fixtures/container.ts';
import {bridgeNetwork, classic} from '../fixtures/networks.ts';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {createHost, type Host} from '../host.ts';

jest.setTimeout(60_000);

const both = {'io.cni-hook.networks': 'mynet, second'};

let host: Host;
let standing: Snapshot;
beforeEach(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  const ipam = {type: 'host-local', subnet: '172.19.9.0/24'};
  host.write('/etc/cni/net.d/20-second.conflist', bridgeNetwork('second', 'cnibr9', {isGateway: true, ipam}));
  await runToEnd(host, 'runc', 'c0', ['true'], {annotations: both});
  standing = await host.snapshot();
});
afterEach(() => host.close());

test('an annotation puts a container into two networks, and its end takes it out of both', async () => {
  const container = await start(host, 'runc', 'c1', {annotations: both});
  expect(await container.addresses('eth0')).toEqual(['172.19.1.3/24']);
  expect(await container.addresses('eth1')).toEqual(['172.19.9.3/24']);
  await container.ping('172.19.1.1');
  await container.ping('172.19.9.1');
  await container.remove();
  expect(await host.snapshot()).toEqual(standing);
});

test('an annotation chooses the interface name, and a flag wins over it', async () => {
  const named = await start(host, 'runc', 'c1', {annotations: {'io.cni-hook.networks': 'second:net0'}});
  expect(await named.addresses('net0')).toEqual(['172.19.9.3/24']);
  const flagged = await start(host, 'runc', 'c2', {annotations: both, flags: ['--network=second']});
  expect(await flagged.addresses('eth0')).toEqual(['172.19.9.4/24']);
  await Promise.all([named.remove(), flagged.remove()]);
  expect(await host.snapshot()).toEqual(standing);
});

test('a container that joins the network namespace of another is left alone, and takes nothing along when it ends', async () => {
  const first = await start(host, 'runc', 'c1');
  const before = await host.snapshot();
  const second = await start(host, 'runc', 'c2', {netns: {path: `/proc/${first.pid}/ns/net`}});
  expect(await host.snapshot()).toEqual(before);
  expect(await second.addresses()).toEqual(await first.addresses());
  expect(lastLogged()).toMatchObject({level: 'info', id: 'c2', msg: expect.stringContaining('container "c1"')});
  await second.remove();
  expect(await host.snapshot()).toEqual(before);
  await first.ping('172.19.1.1');
  await first.remove();
  expect(await host.snapshot()).toEqual(standing);
});

test("a container in the host's network namespace is left alone; with --strict it does not start", async () => {
  const container = await start(host, 'runc', 'c1', {netns: 'host'});
  expect(lastLogged()).toMatchObject({
    level: 'info',
    id: 'c1',
    msg: expect.stringContaining('no network namespace of its own'),
  });
  expect(await host.snapshot()).toEqual(standing);
  await container.remove();
  expect(await host.snapshot()).toEqual(standing);
  await expect(start(host, 'runc', 'c2', {netns: 'host', flags: ['--strict']})).rejects.toThrow(
    'no network namespace of its own',
  );
});

function lastLogged(): object {
  return JSON.parse(host.read('/run/cni-hook/log.jsonl').trim().split('\n').at(-1) ?? '{}') as object;
}
