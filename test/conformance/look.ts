// The private host and the container "c1" as they are at a moment, and how two moments are compared: the kernel takes the
// links of a netns down in its own time, so what differs is looked at again until it is the same, for ten seconds.
import {expect} from '@jest/globals';
import {readKernel, type Snapshot} from '../fixtures/snapshot.ts';
import type {Host} from '../host.ts';
import {netnsPath} from './plugins.ts';

export interface Look {
  readonly host: Snapshot;
  readonly container: Awaited<ReturnType<typeof readKernel>>;
}

export async function look(host: Host): Promise<Look> {
  const inside: Host['must'] = (command, args) => host.must('nsenter', [`--net=${netnsPath('c1')}`, command, ...args]);
  const [outside, container] = await Promise.all([host.snapshot(), readKernel(inside)]);
  return {host: outside, container};
}

const millisecondsToSettle = 10_000;

/** `before` is what `see` gave at an earlier moment. */
export async function expectSame<T>(see: () => Promise<T>, before: T): Promise<void> {
  const deadline = Date.now() + millisecondsToSettle;
  let now = await see();
  while (JSON.stringify(now) !== JSON.stringify(before) && Date.now() < deadline) now = await see();
  expect(now).toEqual(before);
}
