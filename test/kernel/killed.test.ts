// Nothing leaks, whenever the hook dies: it is killed before every system call that changes something, and what comes
// after it, the poststop or the next container, has to find and take back all that it had done by then.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {classic, classicLeases, isLease} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Outcome} from '../host.ts';

jest.setTimeout(180_000);

const changing = ['sendto', 'renameat2', 'linkat', 'unlinkat', 'mkdirat', 'write', 'setns'];
const changingAtTheEnd = ['sendto', 'unlinkat', 'mkdirat', 'write'];
const killed = 128 + 9;

let host: Host;
beforeEach(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10.conflist', classic);
});
afterEach(() => host.close());

test.each(changing)('poststop takes back an attachment that was killed before any %s', async call => {
  await attachFirst();
  const before = await host.snapshot();
  const calls = await killAtEvery(call, async kill => {
    const container = await host.netns();
    const outcome = await kill('createRuntime', creating('c1', container.pid));
    await container.end();
    expect(await host.hook('poststop', stopped('c1'))).toEqual(done);
    expect(await host.snapshot()).toEqual(before);
    return outcome;
  });
  expect(calls).toBeGreaterThanOrEqual(1);
});

test.each(changingAtTheEnd)('the next poststop, or gc, ends a poststop that was killed before any %s', async call => {
  await attachFirst();
  const before = await host.snapshot();
  const endings = [() => host.hook('poststop', stopped('c1')), () => host.run(executable, ['gc'])] as const;
  let turn = 0;
  const calls = await killAtEvery(call, async kill => {
    const container = await host.netns();
    expect(await host.hook('createRuntime', creating('c1', container.pid))).toEqual(done);
    await container.end();
    const outcome = await kill('poststop', stopped('c1'));
    expect(await endings[turn++ % endings.length]?.()).toMatchObject({exitCode: 0});
    expect(await host.snapshot()).toEqual(before);
    return outcome;
  });
  expect(calls).toBeGreaterThanOrEqual(1);
});

test('a network whose very first attachment was killed on the way comes up whole with the next one', async () => {
  const pristine = await host.snapshot();
  for (const call of ['sendto', 'renameat2', 'write', 'clone3']) {
    const calls = await killAtEvery(call, async kill => {
      const first = await host.netns();
      const outcome = await kill('createRuntime', creating('c1', first.pid));
      await first.end();
      expect(await host.hook('poststop', stopped('c1'))).toEqual(done);
      const second = await host.netns();
      expect(await host.hook('createRuntime', creating('c2', second.pid))).toEqual(done);
      expect(await second.run('ping', ['-c', '1', '-W', '1', '172.19.1.1'])).toMatchObject({exitCode: 0});
      expect(await host.must('nft', ['list', 'ruleset'])).toContain('ip saddr 172.19.1.0/24');
      await second.end();
      expect(await host.hook('poststop', stopped('c2'))).toEqual(done);
      expect(await host.run(executable, ['gc', '--networks'])).toMatchObject({exitCode: 0});
      expect(await host.snapshot()).toEqual(pristine);
      return outcome;
    });
    expect(calls).toBeGreaterThanOrEqual(1);
  }
});

const done: Outcome = {exitCode: 0, stdout: '', stderr: ''};

/** Somebody who lives on, so that the network stands. */
async function attachFirst(): Promise<void> {
  const first = await host.netns();
  expect(await host.hook('createRuntime', creating('first', first.pid))).toEqual(done);
  expect(host.list(classicLeases).filter(isLease)).toEqual(['172.19.1.2']);
}

type Kill = (name: string, state: object) => Promise<Outcome>;

/** Runs `round` with a hook that is killed before the first such call, the second, …, until one ends; returns how many were killed. */
async function killAtEvery(call: string, round: (kill: Kill) => Promise<Outcome>): Promise<number> {
  for (let when = 1; ; when++) {
    const inject = `inject=${call}:signal=KILL:when=${when}`;
    const under = ['strace', '-f', '-qq', '-e', `trace=${call}`, '-e', inject, '-o', '/dev/null'];
    const {exitCode} = await round((name, state) => host.hook(name, state, [], {under}));
    if (exitCode === 0) return when - 1;
    expect(exitCode).toBe(killed);
  }
}
