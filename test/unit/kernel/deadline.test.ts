// The time that a process has: every wait asks here how long it may be.
import {beforeEach, expect, jest, test} from '@jest/globals';

/** The deadline is one for the whole process, so each test gets a fresh one. */
let deadline: typeof import('../../../src/kernel/deadline.ts');
let now = 0;
beforeEach(async () => {
  jest.resetModules();
  now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  deadline = await import('../../../src/kernel/deadline.ts');
});

test('without a deadline a wait may be as long as it likes', () => {
  now = Number.MAX_SAFE_INTEGER;
  expect(deadline.timeLeft(15_000)).toBe(15_000);
  expect(deadline.checkDeadline()).toBeUndefined();
});

test('a wait ends with the time that there is, and never before it began', () => {
  deadline.setDeadline(2);
  expect([deadline.timeLeft(15_000), deadline.timeLeft(500)]).toEqual([2000, 500]);
  now += 1999;
  expect(deadline.timeLeft(15_000)).toBe(1);
  now += 5000;
  expect(deadline.timeLeft(15_000)).toBe(0);
});

test('when the time is up the message says how much there was', () => {
  deadline.setDeadline(2.5);
  now += 2500;
  expect(deadline.checkDeadline()).toBeUndefined();
  now += 1;
  expect(() => deadline.checkDeadline()).toThrow('not done within 2.5 s: taken back');
});

test('taking back has its own time, and takes none away', () => {
  deadline.setDeadline(2);
  now += 9000;
  deadline.extendDeadline(3);
  expect(deadline.timeLeft(15_000)).toBe(3000);
  deadline.setDeadline(60);
  deadline.extendDeadline(3);
  expect(deadline.timeLeft(15_000)).toBe(15_000);
  expect(deadline.timeLeft(90_000)).toBe(60_000);
});
