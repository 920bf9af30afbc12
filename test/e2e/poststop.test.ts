// The end works from the record alone: whatever has become of the netns, the process and the configuration, and however
// often, late or early it is called.
import {setTimeout as pause} from 'node:timers/promises';
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {hookLines} from '../fixtures/bundle.ts';
import {runToEnd, start} from '../fixtures/container.ts';
import {bridgeNetwork, classic, classicLeases, isLease} from '../fixtures/networks.ts';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Outcome} from '../host.ts';

jest.setTimeout(60_000);

const conf = '/etc/cni/net.d/10-mynet.conflist';
const done: Outcome = {exitCode: 0, stdout: '', stderr: ''};

let host: Host;
let standing: Snapshot;
beforeEach(async () => {
  host = await createHost();
  host.write(conf, classic);
  await runToEnd(host, 'runc', 'c0', ['true']);
  standing = await host.snapshot();
});
afterEach(() => host.close());

test.each([
  {what: 'is gone', change: () => host.must('rm', [conf])},
  {what: 'describes another network', change: () => replace(bridgeNetwork('other', 'other0', {}))},
  {
    what: 'has another bridge and another subnet',
    change: () => replace(bridgeNetwork('mynet', 'other0', {ipam: {type: 'host-local', subnet: '10.9.0.0/24'}})),
  },
  {what: 'is no JSON any more', change: () => replace('{')},
])('the end of a container takes everything back if the conf file $what', async ({change}) => {
  const container = await start(host, 'runc', 'c1');
  await change();
  await container.remove();
  host.write(conf, classic);
  expect(await host.snapshot()).toEqual(standing);
});

test('a network namespace that outlives its container does not keep the interface or the address', async () => {
  const container = await start(host, 'runc', 'c1');
  host.write('/run/held', '');
  await host.must('mount', ['--bind', `/proc/${container.pid}/ns/net`, '/run/held']);
  await container.remove();
  const left = await host.must('nsenter', ['--net=/run/held', 'ip', '-o', 'link']);
  expect(left).not.toContain('eth0');
  await host.must('umount', ['/run/held']);
  await host.must('rm', ['/run/held']);
  expect(await host.snapshot()).toEqual(standing);
});

test('poststop may come again, for what never was, and under a name that is none', async () => {
  const container = await start(host, 'runc', 'c1');
  await container.remove();
  for (const id of ['c1', 'c1', 'never-was', '../../etc', 'a b']) {
    expect(await host.hook('poststop', stopped(id))).toEqual(done);
  }
  expect(await host.hook('poststop', {...stopped('c1'), pid: 0})).toEqual(done);
  expect(await host.snapshot()).toEqual(standing);
});

test('poststop may run twice at once', async () => {
  for (let round = 0; round < 5; round++) {
    const container = await start(host, 'runc', 'c1', {hooks: onlyCreateRuntime()});
    await container.remove();
    const twice = [stopped('c1'), stopped('c1'), stopped('c1')].map(state => host.hook('poststop', state));
    expect(await Promise.all(twice)).toEqual([done, done, done]);
    expect(await host.snapshot()).toEqual(standing);
  }
});

test('a poststop that comes late leaves the next container with the same id alone', async () => {
  const late = [{path: '/bin/sh', args: ['sh', '-c', `sleep 0.7; exec ${executable} poststop`]}];
  const first = await start(host, 'runc', 'c1', {hooks: {...hookLines(executable), poststop: late}});
  const removed = first.remove();
  while ((await host.runc('state', 'c1')).exitCode === 0) await pause(10);
  const second = await start(host, 'runc', 'c1');
  const addresses = await second.addresses();
  await removed;

  expect(logEntries().at(-1)).toMatchObject({event: 'poststop', id: 'c1', msg: expect.stringContaining('kept')});
  expect(await second.addresses()).toEqual(addresses);
  await second.ping('172.19.1.1');
  expect(host.list(classicLeases).filter(isLease)).toEqual(addresses.map(address => address.replace('/24', '')));
  await second.remove();
  expect(await host.snapshot()).toEqual(standing);
});

test('what a container without poststop has left goes when its id comes again, or with gc', async () => {
  const first = await start(host, 'runc', 'c1', {hooks: onlyCreateRuntime()});
  await first.remove();
  expect(host.list('/run/cni-hook/containers')).toEqual(['c1']);
  const second = await start(host, 'runc', 'c1', {hooks: onlyCreateRuntime()});
  expect(host.list(classicLeases).filter(isLease).length).toBe(1);
  await second.ping('172.19.1.1');
  await second.remove();
  expect(await host.run(executable, ['gc'])).toMatchObject({exitCode: 0});
  expect(await host.snapshot()).toEqual(standing);
});

const replace = (network: object | string): void => host.write(conf, network);
const onlyCreateRuntime = () => ({createRuntime: hookLines(executable).createRuntime ?? []});

function logEntries(): readonly object[] {
  const lines = host.read('/run/cni-hook/log.jsonl').trim().split('\n');
  return lines.map(line => JSON.parse(line) as object);
}
