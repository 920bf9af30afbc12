// What may become a word in a hosts file.
import {describe, expect, test} from '@jest/globals';
import {checkHostname, isHostname, isReservedName} from '../../../src/spec/hostname.ts';

const label63 = 'a'.repeat(63);

test.each([
  'web',
  'Web-1',
  'a',
  '1',
  '0x',
  'api.example.org',
  label63,
  `${label63}.${label63}.${label63}.${'a'.repeat(61)}`,
])('%s is a hostname', name => {
  expect(checkHostname(name)).toBe(name);
  expect(isHostname(name)).toBe(true);
});

describe('none is', () => {
  test.each([
    ['nothing', ''],
    ['a newline', 'web\n10.0.0.1 bank'],
    ['a newline at the end', 'web\n'],
    ['a space', 'web bank'],
    ['a tab', 'web\tbank'],
    ['a comment', 'web#'],
    ['a NUL', 'web\0'],
    ['a slash', 'a/b'],
    ['a hyphen first', '-web'],
    ['a hyphen last', 'web-'],
    ['a hyphen last in a label', 'web-.example'],
    ['an empty label', 'a..b'],
    ['a dot first', '.web'],
    ['a dot last', 'web.'],
    ['an underscore', 'a_b'],
    ['a letter of another alphabet', 'wéb'],
    ['a label of 64', 'a'.repeat(64)],
    ['254 characters', `${label63}.${label63}.${label63}.${'a'.repeat(62)}`],
    ['an address', '10.0.0.1'],
    ['an address with colons', 'fd00::1'],
  ])('%s', (_, name) => {
    expect(() => checkHostname(name)).toThrow(/^hostname ".*" is not allowed: /s);
    expect(isHostname(name)).toBe(false);
  });

  test.each(['localhost', 'LocalHost', 'ip6-localhost', 'ip6-loopback', 'localhost.localdomain', 'broadcasthost'])(
    'what means the machine itself: %s',
    name => {
      expect(() => checkHostname(name)).toThrow(`hostname "${name}" is taken: it means the host itself`);
      expect(isReservedName(name)).toBe(true);
    },
  );
});
