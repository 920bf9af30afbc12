// The reference's host-local and ours on one directory at the same time: no address twice, none lost.
import {setTimeout as pause} from 'node:timers/promises';
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork, isLease} from '../fixtures/networks.ts';
import {callReference} from '../fixtures/reference.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';

jest.setTimeout(60_000);

const directory = '/run/shared-leases/mynet';
const each = 50;

let host: Host;
beforeEach(async () => {
  host = await createHost();
});
afterEach(() => host.close());

test(`${each} of the reference and ${each} of ours at once get ${2 * each} addresses, and give all of them back`, async () => {
  const ipam = giveRange('10.1.0.0/24');
  const containers = await Promise.all(numbers(each).map(() => host.netns()));
  const start = await holdLock();
  const running = Promise.all(
    numbers(each).flatMap(i => [
      callReference(host, 'ADD', `theirs${i}`, 'mynet', ipam),
      host.hook('createRuntime', creating(`ours${i}`, containers[i]?.pid ?? 0)),
    ]),
  );
  await everybodyWaits(2 * each);
  expect(leases()).toEqual([]);
  await start();
  expect((await running).filter(({exitCode}) => exitCode !== 0)).toEqual([]);

  const owners = leases().map(address => host.read(`${directory}/${address}`));
  expect(owners.sort()).toEqual(
    numbers(each)
      .flatMap(i => [`ours${i}\r\neth0`, `theirs${i}\r\neth0`])
      .sort(),
  );
  for (const [i, container] of containers.entries()) {
    const {stdout} = await container.run('ip', ['-o', '-4', 'address', 'show', 'dev', 'eth0']);
    const address = /inet ([\d.]+)\/24/.exec(stdout)?.[1] ?? '';
    expect(host.read(`${directory}/${address}`)).toBe(`ours${i}\r\neth0`);
  }

  await Promise.all(containers.map(container => container.end()));
  const ended = await Promise.all(
    numbers(each).flatMap(i => [
      callReference(host, 'DEL', `theirs${i}`, 'mynet', ipam),
      host.hook('poststop', stopped(`ours${i}`)),
    ]),
  );
  expect(ended.filter(({exitCode}) => exitCode !== 0)).toEqual([]);
  expect(leases()).toEqual([]);
});

test('what the reference holds is taken for us, and what we hold is taken for the reference', async () => {
  const ipam = giveRange('10.1.0.0/29');
  const container = await host.netns();
  expect(await callReference(host, 'ADD', 'theirs', 'mynet', ipam)).toMatchObject({exitCode: 0});
  await forgetPlace();
  expect(await host.hook('createRuntime', creating('ours', container.pid))).toMatchObject({exitCode: 0});
  await forgetPlace();
  expect(await callReference(host, 'ADD', 'theirs2', 'mynet', ipam)).toMatchObject({exitCode: 0});
  expect(leases().map(address => `${address} ${host.read(`${directory}/${address}`)}`)).toEqual([
    '10.1.0.2 theirs\r\neth0',
    '10.1.0.3 ours\r\neth0',
    '10.1.0.4 theirs2\r\neth0',
  ]);
});

test('both go on in the round robin where the other has left it', async () => {
  const ipam = giveRange('10.1.0.0/29');
  const [first, second] = [await host.netns(), await host.netns()];
  await host.hook('createRuntime', creating('ours', first.pid));
  await callReference(host, 'ADD', 'theirs', 'mynet', ipam);
  await callReference(host, 'DEL', 'theirs', 'mynet', ipam);
  await host.hook('createRuntime', creating('ours2', second.pid));
  expect(leases()).toEqual(['10.1.0.2', '10.1.0.4']);
});

test('an address of the reference is not taken away from it when the range is exhausted', async () => {
  const ipam = giveRange('10.1.0.0/30');
  await callReference(host, 'ADD', 'theirs', 'mynet', ipam);
  const container = await host.netns();
  const {exitCode, stderr} = await host.hook('createRuntime', creating('ours', container.pid));
  expect({exitCode, stderr}).toMatchObject({exitCode: 1, stderr: expect.stringMatching(/no address is free.*theirs/)});
  expect(host.read(`${directory}/10.1.0.2`)).toBe('theirs\r\neth0');
});

test('a lease of ours that the reference has given back is no trouble at the end', async () => {
  const ipam = giveRange('10.1.0.0/29');
  const container = await host.netns();
  await host.hook('createRuntime', creating('ours', container.pid));
  expect(await callReference(host, 'DEL', 'ours', 'mynet', ipam)).toMatchObject({exitCode: 0});
  await callReference(host, 'ADD', 'theirs', 'mynet', {...ipam, rangeStart: '10.1.0.2', rangeEnd: '10.1.0.2'});
  await container.end();
  expect(await host.hook('poststop', stopped('ours'))).toEqual({exitCode: 0, stdout: '', stderr: ''});
  expect(leases().map(address => `${address} ${host.read(`${directory}/${address}`)}`)).toEqual([
    '10.1.0.2 theirs\r\neth0',
  ]);
});

const numbers = (count: number): readonly number[] => Array.from({length: count}, (_, i) => i);
const leases = (): readonly string[] => host.list(directory).filter(isLease);

/** Puts a network with that range into the conf dir and returns its ipam section. */
function giveRange(subnet: string): object {
  const ipam = {type: 'host-local', subnet, dataDir: '/run/shared-leases'};
  host.write('/etc/cni/net.d/10.conflist', bridgeNetwork('mynet', 'cnibr1', {isGateway: true, ipam}));
  return ipam;
}

const forgetPlace = (): Promise<string> => host.must('rm', ['-f', `${directory}/last_reserved_ip.0`]);

/** Holds the directory's lock, so that nobody goes ahead; what it returns lets go. */
async function holdLock(): Promise<() => Promise<void>> {
  await host.must('mkdir', ['-p', directory]);
  host.write('/run/go', '');
  const script = `exec 9>>${directory}/lock; flock 9; echo >/run/locked; while [ -e /run/go ]; do sleep 0.02; done`;
  const holder = host.run('bash', ['-c', script]);
  while (!host.list('/run').includes('locked')) await pause(10);
  return async () => {
    await host.must('rm', ['/run/go']);
    await holder;
  };
}

/** Waits until that many processes have the lock file open, besides its holder. */
async function everybodyWaits(count: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  const script = `ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c '${directory}/lock$'`;
  for (let waiting = 0; waiting < count + 1; ) {
    if (Date.now() > deadline) throw new Error(`only ${waiting} processes have come to the lock`);
    waiting = Number((await host.run('sh', ['-c', script])).stdout);
  }
}
