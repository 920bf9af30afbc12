// The hook works for a container that dies meanwhile: it notices, takes everything back and says so; or it was done
// already, and then it is like with any container that has died.
import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host, type Outcome} from '../host.ts';
import {collect, standing, useNetwork} from './containers.ts';
import {expectHost} from './settled.ts';

jest.setTimeout(120_000);

/** Milliseconds that the hook is held up at one of its calls, and after which its container dies. */
const heldUp = 600;
const untilDeath = 300;

let host: Host;
let before: Snapshot;
beforeAll(async () => {
  host = await createHost();
  useNetwork(host);
  before = await standing(host);
});
afterAll(() => host.close());

test.each([
  {call: 'sendto', meanwhile: 'it asks the kernel', least: 4},
  {call: 'renameat2', meanwhile: 'it writes a record', least: 1},
  {call: 'linkat', meanwhile: 'it takes an address', least: 1},
])('a container that dies while $meanwhile leaves nothing', async ({call, least}) => {
  let noticed = 0;
  for (let when = 1; ; when++) {
    const {outcome, wasHeldUp} = await dieDuring(`${call}:delay_enter=${heldUp}ms:when=${when}`);
    if (!wasHeldUp) break;
    if (outcome.exitCode !== 0) {
      expect(outcome).toEqual({exitCode: 1, stdout: '', stderr: expect.stringMatching(oneLine)});
      noticed++;
    } else expect(await collect(host)).toMatchObject([{kind: 'attachment', containerId: 'c1'}]);
    await expectHost(host, before);
  }
  expect(noticed).toBeGreaterThanOrEqual(least);
});

const oneLine = /^cni-hook createRuntime: [^\n]*(c1" ended while it was being attached|process \d+ has ended)[^\n]*$/;

async function dieDuring(inject: string): Promise<{readonly outcome: Outcome; readonly wasHeldUp: boolean}> {
  const under = ['strace', '-f', '-qq', '-o', '/mnt/trace', '-e', `trace=${inject.split(':')[0]}`];
  const container = await host.netns();
  const working = host.hook('createRuntime', creating('c1', container.pid), [], {
    under: [...under, '-e', `inject=${inject}`],
  });
  await pause(untilDeath);
  await container.end();
  const outcome = await working;
  return {outcome, wasHeldUp: host.read('/mnt/trace').includes('(DELAYED)')};
}
