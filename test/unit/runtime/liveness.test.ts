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
    keptUntil: undefined,
  };

  test.each<[string, Partial<LeaseSigns>, string]>([
    ['that names nobody is dead', {hasOwner: false, record: 'alive'}, 'dead'],
    ['of a living attachment is alive', {record: 'alive'}, 'alive'],
    ['of one that may live is left alone', {record: 'unknown', modified: 0}, 'unknown'],
    ['of a dead one is dead', {record: 'dead'}, 'dead'],
    ['of a dead one that is kept is alive', {record: 'dead', keptUntil: 301}, 'alive'],
    ['that was kept until now is dead', {record: 'dead', keptUntil: 300}, 'dead'],
    ['that is kept outlives a reboot', {modified: 0, keptUntil: 301}, 'alive'],
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
