// How long ago.
import {expect, test} from '@jest/globals';
import {age} from '../../src/cli/age.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

test.each([
  ['2026-11-20T12:00:00Z', '0s ago'],
  ['2026-11-20T11:59:01.5Z', '58s ago'],
  ['2026-11-20T11:59:00Z', '1m ago'],
  ['2026-11-20T11:00:01Z', '59m ago'],
  ['2026-11-20T11:00:00Z', '1h ago'],
  ['2026-11-19T12:00:00Z', '1d ago'],
  ['2025-11-20T12:00:00Z', '365d ago'],
  ['2026-11-20T12:00:05Z', '0s ago'],
])('%s is %s', (since, text) => {
  expect(age(since, now)).toBe(text);
});

test.each([undefined, '', 'yesterday'])('%p is no time', since => {
  expect(age(since, now)).toBe('');
});
