// The border: each reader of Fields, with what it takes, what it fills in and what it says.
import {describe, expect, test} from '@jest/globals';
import {Fields, type Json} from '../../../src/spec/fields.ts';

const of = (object: Json) => new Fields(object, 'net.conf');

describe('keys', () => {
  test('are matched without regard to case, as Go does', () => {
    expect(of({CNIVersion: '1.0.0'}).string('cniVersion')).toBe('1.0.0');
    expect(of({SUBNET: '10.1.0.0/16'}).string('subnet')).toBe('10.1.0.0/16');
  });

  test('that match exactly win', () => {
    expect(of({NAME: 'other', name: 'exact'}).string('name')).toBe('exact');
  });

  test('with null count as absent', () => {
    expect(of({name: null}).string('name', 'fallback')).toBe('fallback');
    expect(of({ipMasq: null}).boolean('ipMasq', true)).toBe(true);
    expect(of({plugins: null}).list('plugins')).toEqual([]);
    expect(of({ipam: null}).child('ipam').object).toEqual({});
  });

  test('that are nothing but inherited count as absent', () => {
    expect(of({}).raw('tostring')).toBeUndefined();
  });
});

describe('absent', () => {
  test('is what the caller says, or else empty', () => {
    const fields = of({});
    expect(fields.string('x')).toBe('');
    expect(fields.boolean('x')).toBe(false);
    expect(fields.integer('x', 7, 0, 9)).toBe(7);
    expect(fields.strings('x')).toEqual([]);
    expect(fields.children('x')).toEqual([]);
  });
});

test.each<[string, (fields: Fields) => unknown, Json, string]>([
  ['a string', fields => fields.string('k'), 1, '"k" must be a string, got 1'],
  ['a boolean', fields => fields.boolean('k'), 'true', '"k" must be true or false, got "true"'],
  ['a number', fields => fields.integer('k', 0, 0, 9), '5', '"k" must be a whole number from 0 to 9, got "5"'],
  ['a whole number', fields => fields.integer('k', 0, 0, 9), 1.5, '"k" must be a whole number from 0 to 9, got 1.5'],
  ['one large enough', fields => fields.integer('k', 0, 3, 9), 2, '"k" must be a whole number from 3 to 9, got 2'],
  ['one small enough', fields => fields.integer('k', 0, 0, 9), 10, '"k" must be a whole number from 0 to 9, got 10'],
  ['a list', fields => fields.list('k'), {}, '"k" must be a list, got {}'],
  ['strings', fields => fields.strings('k'), ['a', 2], '"k" must be a list of strings, got 2'],
  ['an object', fields => fields.child('k'), [], 'net.conf, "k": expected an object, got []'],
  ['objects', fields => fields.children('k'), [{}, 3], 'net.conf, "k"[1]: expected an object, got 3'],
  ['long values cut', fields => fields.list('k'), 'x'.repeat(99), `got "${'x'.repeat(56)}…`],
])('%s: what is of another form is named', (_what, read, value, message) => {
  expect(() => read(of({k: value}))).toThrow(message);
  expect(() => read(of({k: value}))).toThrow(/^net\.conf/);
  expect(() => read(of({k: value}))).toThrow(expect.objectContaining({code: 7}));
});

test('the place is named all the way down', () => {
  const range = of({ipam: {ranges: [{}, {subnet: 1}]}})
    .child('ipam')
    .children('ranges')[1];
  expect(() => range?.string('subnet')).toThrow('net.conf, "ipam", "ranges"[1]: "subnet" must be a string, got 1');
});
