// One id, an old container's poststop and a new container's createRuntime: whichever is held up, at whichever of its
// calls, the new one keeps what it has and the old one leaves nothing.
import {setTimeout as pause} from 'node:timers/promises';
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {isLease} from '../fixtures/networks.ts';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host, type Netns, type Outcome} from '../host.ts';
import {addresses, done, end, gateway, leases, standing, start, useNetwork} from './containers.ts';
import {expectHost, expectReach} from './settled.ts';

jest.setTimeout(240_000);

const calls = ['flock', 'sendto', 'linkat', 'renameat2', 'unlinkat'];
/** Milliseconds that a hook is held up, and after which the other one comes. */
const heldUp = 300;
const later = 120;

let host: Host;
let before: Snapshot;
beforeEach(async () => {
  host = await createHost();
  useNetwork(host);
  before = await standing(host);
});
afterEach(() => host.close());

test('the id is created again while its old poststop is at work', async () => {
  const rounds = await atEveryCall(async inject => {
    await (await start(host, 'c1')).end();
    const [late, [created, container]] = await Promise.all([
      held('poststop', stopped('c1'), inject),
      pause(later).then(create),
    ]);
    expect([late.outcome, created]).toEqual([done, done]);
    await expectOnly(container);
    return late.wasHeld;
  });
  expect(rounds).toBeGreaterThan(6);
});

test('the old poststop comes while createRuntime is at work for the new container', async () => {
  const rounds = await atEveryCall(async inject => {
    await (await start(host, 'c1')).end();
    const container = await host.netns();
    const [working, late] = await Promise.all([
      held('createRuntime', creating('c1', container.pid), inject),
      pause(later).then(() => host.hook('poststop', stopped('c1'))),
    ]);
    expect([working.outcome, late]).toEqual([done, done]);
    await expectOnly(container);
    return working.wasHeld;
  });
  expect(rounds).toBeGreaterThan(12);
});

test('the old poststop comes when the new container runs already, twice at once', async () => {
  await (await start(host, 'c1')).end();
  const container = await start(host, 'c1');
  const late = [1, 2].map(() => host.hook('poststop', stopped('c1')));
  expect(await Promise.all(late)).toEqual([done, done]);
  await expectOnly(container);
});

test('two poststops at once take everything back, whichever is held up', async () => {
  const rounds = await atEveryCall(async inject => {
    await (await start(host, 'c1')).end();
    const [first, second] = await Promise.all([
      held('poststop', stopped('c1'), inject),
      pause(later).then(() => host.hook('poststop', stopped('c1'))),
    ]);
    expect([first.outcome, second]).toEqual([done, done]);
    await expectHost(host, before);
    return first.wasHeld;
  });
  expect(rounds).toBeGreaterThan(6);
});

async function create(): Promise<readonly [Outcome, Netns]> {
  const container = await host.netns();
  return [await host.hook('createRuntime', creating('c1', container.pid)), container];
}

/** The container works, nobody else holds an address, and when it has ended nothing is left, without a gc. */
async function expectOnly(container: Netns): Promise<void> {
  await expectReach(container, gateway);
  expect(host.list(leases).filter(isLease)).toEqual(await addresses(host, container));
  await end(host, 'c1', container);
  await expectHost(host, before);
}

/** Calls `round` for each kind of call until the hook makes no further call of that kind; returns how many there were. */
async function atEveryCall(round: (inject: string) => Promise<boolean>): Promise<number> {
  let rounds = 0;
  for (const call of calls) {
    for (let when = 1; await round(`${call}:delay_enter=${heldUp}ms:when=${when}`); when++) rounds++;
  }
  return rounds;
}

/** Runs a hook that is held up; says whether it came to that. */
async function held(
  name: string,
  state: object,
  inject: string,
): Promise<{readonly outcome: Outcome; readonly wasHeld: boolean}> {
  const trace = ['strace', '-f', '-qq', '-o', '/mnt/trace', '-e', `trace=${inject.split(':')[0]}`];
  const outcome = await host.hook(name, state, [], {under: [...trace, '-e', `inject=${inject}`]});
  return {outcome, wasHeld: host.read('/mnt/trace').includes('(DELAYED)')};
}
