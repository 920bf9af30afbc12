// Errors: one class, one table of codes, one line; and dns that says nothing.
import {expect, test} from '@jest/globals';
import {CniError, errorCodes, isKind, reasonOf} from '../../../src/spec/error.ts';
import {isEmptyDns} from '../../../src/spec/result.ts';

test.each([
  [{}, true],
  [{domain: ''}, true],
  [{nameservers: [], search: [], options: []}, true],
  [{domain: 'example.org'}, false],
  [{options: ['ndots:2']}, false],
])('%j is empty dns: %s', (dns, empty) => {
  expect(isEmptyDns(dns)).toBe(empty);
});

test('an error is known by its kind', () => {
  const error = new CniError('rangeExhausted', 'no address is free', {details: 'all of them'});
  expect(error).toMatchObject({code: 101, message: 'no address is free', details: 'all of them'});
  expect([isKind(error, 'rangeExhausted'), isKind(error, 'addressTaken'), isKind('x', 'rangeExhausted')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('our own codes are those that the specification leaves to plugins, and no two are the same', () => {
  const ours = ['kernelRefused', 'rangeExhausted', 'unknownNetwork', 'noNetns'] as const;
  expect(ours.every(kind => errorCodes[kind] >= 100)).toBe(true);
  expect(new Set(Object.values(errorCodes)).size).toBe(Object.keys(errorCodes).length);
});

test.each([
  [new Error('first\n  second'), 'first; second'],
  ['a string', 'a string'],
  [undefined, 'undefined'],
])('the reason in %p is one line', (thrown, line) => {
  expect(reasonOf(thrown)).toBe(line);
});

test('a reason that ends with a line break has nothing behind its last word', () => {
  expect(reasonOf(new Error('first\nsecond\n'))).toBe('first; second');
});
