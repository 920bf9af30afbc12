// No wait is without a bound: whatever the hook has to wait for, it stops in time, has taken back what it had done, and
// says what it was waiting for, instead of being killed half-way.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type HookOptions, type Host, type Outcome} from '../host.ts';
import {collect, done, end, leases, standing, start, useNetwork} from './containers.ts';
import {expectHost, settledSnapshot} from './settled.ts';

jest.setTimeout(60_000);

const seconds = 2;
const flags = [`--timeout=${seconds}`];
/** What it may take to take things back, and to start on a busy machine. */
const grace = 5;

const locks = [
  {what: 'the leases', lock: `${leases}/lock`},
  {what: 'the network', lock: '/run/cni-hook/networks/mynet.lock'},
  {what: 'the container', lock: '/run/cni-hook/containers/c1/lock'},
];

let host: Host;
let before: Snapshot;
beforeEach(async () => {
  host = await createHost();
  useNetwork(host);
});
afterEach(() => host.close());

test.each(locks)('createRuntime does not wait longer than it may for $what', async ({lock}) => {
  before = await standing(host);
  const letGo = await hold(lock);
  const container = await host.netns();
  const line = await refused('createRuntime', creating('c1', container.pid));
  expect(line).toMatch(new RegExp(`cannot lock "${lock}": somebody has held it for [12]\\.\\d s`));
  await letGo();
  expect(await collect(host)).toEqual(lock.includes('/c1/') ? [expect.objectContaining({kind: 'file'})] : []);
  await expectHost(host, before);
  expect(await host.hook('createRuntime', creating('c1', container.pid))).toEqual(done);
});

test.each(locks.filter(({what}) => what !== 'the network'))(
  'poststop does not wait longer than it may for $what, and gc does what is left',
  async ({lock}) => {
    before = await standing(host);
    await (await start(host, 'c1')).end();
    const letGo = await hold(lock);
    expect(await refused('poststop', stopped('c1'))).toContain(`cannot lock "${lock}"`);
    await letGo();
    expect(await collect(host)).toMatchObject([{kind: 'attachment', containerId: 'c1'}]);
    await expectHost(host, before);
  },
);

test('a kernel that is slow with every answer makes createRuntime give up, and nothing is left', async () => {
  before = await standing(host);
  const container = await host.netns();
  const slow = [
    'strace',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=sendto',
    '-e',
    'inject=sendto:delay_enter=500ms',
  ];
  const line = await refused('createRuntime', creating('c1', container.pid), {under: slow});
  expect(line).toContain('not done within 2 s: taken back');
  await expectHost(host, before);
});

test.each([
  {what: 'hangs', script: 'exec sleep 1000'},
  {what: 'hangs and does not want to be ended', script: 'trap "" TERM INT HUP; while :; do sleep 1; done'},
  {what: 'leaves a child behind that hangs', script: 'sleep 1000 & sleep 1000'},
])('if nft $what, createRuntime gives up, and gc takes the rest back', async ({script}) => {
  before = await settledSnapshot(host);
  const container = await host.netns();
  const line = await refused('createRuntime', creating('c1', container.pid), {under: withNft(script)});
  expect(line).toMatch(/nft.*(took longer|killed|timed? ?out)/i);
  await collect(host, '--networks');
  await expectHost(host, before);
  expect(await host.hook('createRuntime', creating('c1', container.pid))).toEqual(done);
  await end(host, 'c1', container);
});

/** The line with which a hook that has run out of time says so. */
async function refused(name: string, state: object, options: HookOptions = {}): Promise<string> {
  const began = performance.now();
  const {exitCode, stdout, stderr}: Outcome = await host.hook(name, state, flags, options);
  const took = (performance.now() - began) / 1000;
  expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
  expect(stderr).toMatch(new RegExp(`^cni-hook ${name}: [^\n]+$`));
  expect(took).toBeGreaterThan(seconds - 0.1);
  expect(took).toBeLessThan(seconds + grace);
  return stderr;
}

/** Somebody else holds the lock until they are told to let go. */
async function hold(lock: string): Promise<() => Promise<unknown>> {
  const script = [
    'mkdir -p "$(dirname "$1")"',
    '(exec 9>>"$1"; flock 9; exec sleep 1000000 >/dev/null 2>&1) &',
    'while flock -n "$1" true; do :; done',
    'echo $!',
  ];
  const holder = await host.must('sh', ['-c', script.join('\n'), 'sh', lock]);
  return () => host.must('kill', ['-9', holder]);
}

/** Runs the hook where nft is another program. */
function withNft(script: string): readonly string[] {
  const lines = [
    'mkdir -p /mnt/sbin/upper /mnt/sbin/work',
    'mount -t overlay -o lowerdir=/usr/sbin,upperdir=/mnt/sbin/upper,workdir=/mnt/sbin/work overlay /usr/sbin',
    `printf '#!/bin/sh\\n%s\\n' '${script}' >/usr/sbin/nft`,
    'exec "$@"',
  ];
  return ['unshare', '--mount', 'sh', '-ec', lines.join('\n'), 'sh'];
}
