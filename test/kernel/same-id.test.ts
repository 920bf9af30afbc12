// One id, several processes: an end and a start, or two starts, that come at the same time take turns.
import {setTimeout as pause} from 'node:timers/promises';
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {classic, classicLeases, isLease} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type HookOptions, type Host, type Outcome} from '../host.ts';

jest.setTimeout(60_000);

const done: Outcome = {exitCode: 0, stdout: '', stderr: ''};

/** Holds the hook up for half a second when it is about to send its first message to the kernel. */
const slow: HookOptions = {
  under: [
    'strace',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=sendto',
    '-e',
    'inject=sendto:delay_enter=500000:when=1',
  ],
};

let host: Host;
beforeEach(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10.conflist', classic);
});
afterEach(() => host.close());

test('a start that comes while the end of its predecessor is at work gets an address that stays', async () => {
  const [old, next] = [await host.netns(), await host.netns()];
  expect(await host.hook('createRuntime', creating('c1', old.pid))).toEqual(done);
  await old.end();
  const end = host.hook('poststop', stopped('c1'), [], slow);
  await pause(200);
  expect(await host.hook('createRuntime', creating('c1', next.pid))).toEqual(done);
  expect(await end).toEqual(done);
  expect(host.list(classicLeases).filter(isLease)).toEqual(['172.19.1.3']);
  expect(await next.run('ping', ['-c', '1', '-W', '1', '172.19.1.1'])).toMatchObject({exitCode: 0});
});

test('an end that comes while the start of its successor is at work leaves it alone', async () => {
  const next = await host.netns();
  const start = host.hook('createRuntime', creating('c1', next.pid), [], slow);
  await pause(200);
  expect(await host.hook('poststop', stopped('c1'))).toEqual(done);
  expect(await start).toEqual(done);
  expect(host.list(classicLeases).filter(isLease)).toEqual(['172.19.1.2']);
  expect(host.list('/run/cni-hook/containers')).toEqual(['c1']);
  expect(await next.run('ping', ['-c', '1', '-W', '1', '172.19.1.1'])).toMatchObject({exitCode: 0});
});

test('of two living containers with one id the second is refused, and the first keeps what it has', async () => {
  const [first, second] = [await host.netns(), await host.netns()];
  expect(await host.hook('createRuntime', creating('c1', first.pid))).toEqual(done);
  const before = await host.snapshot();
  const {exitCode, stderr} = await host.hook('createRuntime', creating('c1', second.pid));
  expect({exitCode, stderr}).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/"c1" is attached to "mynet".*alive/),
  });
  expect(await host.snapshot()).toEqual(before);
});

test('createRuntime that comes twice for one process answers yes and changes nothing', async () => {
  const container = await host.netns();
  expect(await host.hook('createRuntime', creating('c1', container.pid))).toEqual(done);
  const before = await host.snapshot();
  expect(await host.hook('prestart', creating('c1', container.pid))).toEqual(done);
  expect(await host.snapshot()).toEqual(before);
});
