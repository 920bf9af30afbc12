// Who is alive. The rule above all: what can't be shown to be dead is never taken away.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {judgeLease, judgeRecord, type LeaseSigns} from '../../../src/runtime/liveness.ts';

describe('a record', () => {
  test.each([
    [
      'of another boot is dead, whatever has its pid now',
      {bootId: 'other', processRuns: true, netnsHeld: true},
      'dead',
    ],
    ['whose process runs is alive', {bootId: 'now', processRuns: true, netnsHeld: undefined}, 'alive'],
    ['whose netns somebody holds is alive', {bootId: 'now', processRuns: false, netnsHeld: true}, 'alive'],
    ['of which nothing is left is dead', {bootId: 'now', processRuns: false, netnsHeld: false}, 'dead'],
    ['whose netns nobody looked for is unknown', {bootId: 'now', processRuns: false, netnsHeld: undefined}, 'unknown'],
  ])('%s', (_what, signs, verdict) => {
    expect(judgeRecord({bootId: 'now'}, signs)).toBe(verdict);
  });
});

describe('a lease', () => {
  const young: LeaseSigns = {
    record: undefined,
    hasOwner: true,
    modified: 200,
    bootTime: 100,
    now: 300,
    kept: undefined,
  };
  const kept = (until: number) => ({kept: {until, wasSeenToEnd: true}});
  /** The container was never seen to end: a power cut, or a crash. */
  const promised = (until: number) => ({kept: {until, wasSeenToEnd: false}});

  test.each<[string, Partial<LeaseSigns>, string]>([
    ['that names nobody is dead', {hasOwner: false, record: 'alive'}, 'dead'],
    ['of a living attachment is alive', {record: 'alive'}, 'alive'],
    ['of one that may live is left alone', {record: 'unknown', modified: 0}, 'unknown'],
    ['of a dead one is dead', {record: 'dead'}, 'dead'],
    ['of a dead one that is kept is alive', {record: 'dead', ...kept(301)}, 'alive'],
    ['that was kept until now is dead', {record: 'dead', ...kept(300)}, 'dead'],
    ['that is kept outlives a reboot', {modified: 0, ...kept(301)}, 'alive'],
    ['that is kept does not outlive its time', {modified: 0, ...kept(299)}, 'dead'],
    ['of a living attachment is alive after the time of an earlier one', {record: 'alive', ...kept(1)}, 'alive'],
    ['that is promised outlives a reboot', {modified: 0, ...promised(301)}, 'alive'],
    ['that is promised does not outlive its time after a reboot', {modified: 0, ...promised(299)}, 'dead'],
    ['that is promised is its dead record to judge', {record: 'dead', ...promised(301)}, 'dead'],
    ["that is promised and has lost its record may be a living container's", promised(299), 'unknown'],
    ['from before this boot is dead', {modified: 99}, 'dead'],
    ["of this boot without a record may be somebody else's", {}, 'unknown'],
  ])('%s', (_what, signs, verdict) => {
    expect(judgeLease({...young, ...signs})).toBe(verdict);
  });

  test('of this boot, with an owner, without a record, unkept, is never dead', () => {
    const time = fc.nat({max: 1000});
    fc.assert(
      fc.property(time, time, time, (bootTime, age, now) => {
        expect(judgeLease({...young, bootTime, modified: bootTime + age, now})).toBe('unknown');
      }),
    );
  });
});
