// Waiting with a bound. The kernel takes links down, and brings them up, in its own time, and the later the busier the
// machine is: what shall be the case is looked at until it is, and what must not change, until it has stopped changing.

import {setTimeout as pause} from 'node:timers/promises';
import {isDeepStrictEqual} from 'node:util';
import {expect} from '@jest/globals';
import type {Snapshot} from '../fixtures/snapshot.ts';
import type {Host, Netns} from '../host.ts';

const millisecondsToSettle = 5000;

/** Throws after ten seconds. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await holds()); await pause(10)) {
    if (Date.now() > deadline) throw new Error(`waited 10 s until ${what}`);
  }
}

/** The host when nothing changes by itself any more. */
export async function settledSnapshot(host: Host): Promise<Snapshot> {
  let last = await host.snapshot();
  await until('the host has settled', async () => {
    const before = last;
    last = await host.snapshot();
    return isDeepStrictEqual(before, last);
  });
  return last;
}

/** The host is, or will be within a few seconds, as it was. */
export async function expectHost(host: Host, before: Snapshot): Promise<void> {
  for (const deadline = Date.now() + millisecondsToSettle; ; await pause(20)) {
    const now = await host.snapshot();
    if (!isDeepStrictEqual(now, before) && Date.now() < deadline) continue;
    expect(now).toEqual(before);
    return;
  }
}

/** The container's packets get there, if not the first one. */
export async function expectReach(container: Netns, address: string): Promise<void> {
  await until(`${address} answers`, async () => {
    const {exitCode} = await container.run('ping', ['-c', '1', '-W', '1', address]);
    return exitCode === 0;
  });
}

/** The same, as a command for a container with busybox in it. */
export const reach = (address: string): readonly string[] => [
  'sh',
  '-c',
  `for i in 1 2 3 4 5 6 7 8 9 10; do ping -c 1 -W 1 ${address} && exit; done; exit 1`,
];
