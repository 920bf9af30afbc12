// Names that become file names, links and rules: what is let through, and what is said to those that are not.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {checkContainerId, checkIfName, checkNetworkName, isContainerId} from '../../../src/spec/names.ts';
import {ifName, name} from '../arbitrary.ts';

const goodNames = ['a', '0', 'mynet', 'my-net_1.2', 'A..b', 'x'.repeat(200)];
const badNames = [
  '.',
  '..',
  '.hidden',
  '-rf',
  '_x',
  'a/b',
  '../etc',
  'a b',
  'a:b',
  'a\nb',
  'a\0b',
  'ä',
  "a'b",
  'x'.repeat(201),
];

test.each(goodNames)('"%s" may name a network and a container', text => {
  expect(checkNetworkName(text)).toBe(text);
  expect(checkContainerId(text)).toBe(text);
  expect(isContainerId(text)).toBe(true);
});

test.each(badNames)('%j may name neither', text => {
  expect(() => checkNetworkName(text)).toThrow(`network name "${text}" is not allowed: letters, digits`);
  expect(() => checkNetworkName(text)).toThrow(expect.objectContaining({code: 7}));
  expect(() => checkContainerId(text)).toThrow(`container id "${text}" is not allowed: letters, digits`);
  expect(() => checkContainerId(text)).toThrow(expect.objectContaining({code: 4}));
  expect(isContainerId(text)).toBe(false);
});

test('a network without a name is told that it has none', () => {
  expect(() => checkNetworkName('')).toThrow('the network has no "name"');
});

describe('an interface', () => {
  test.each(['eth0', 'lo', 'a', 'cni-br.0@x', 'fünfzehnbytes', 'x'.repeat(15), '...'])('may be named "%s"', text => {
    expect(checkIfName(text)).toBe(text);
  });

  test.each([
    ['', 'it is empty'],
    ['.', 'it is a directory'],
    ['..', 'it is a directory'],
    ['x'.repeat(16), 'it is longer than 15 bytes'],
    ['ünfzehnbytes-üü', 'it is longer than 15 bytes'],
    ['a/b', '"/", ":", "%", white space and control characters may not be in it'],
    ['a:b', '"/", ":", "%", white space and control characters may not be in it'],
    ['a b', '"/", ":", "%", white space and control characters may not be in it'],
    ['a\u00a0b', '"/", ":", "%", white space and control characters may not be in it'],
    ['eth%d', '"/", ":", "%", white space and control characters may not be in it'],
    ['a\u202eb', '"/", ":", "%", white space and control characters may not be in it'],
    ['all', 'it means every interface'],
    ['default', 'it means every interface'],
    ['a\0b', '"/", ":", "%", white space and control characters may not be in it'],
  ])('may not be named %j: %s', (text, problem) => {
    expect(() => checkIfName(text)).toThrow(`interface name "${text}" is not allowed: ${problem}`);
    expect(() => checkIfName(text)).toThrow(expect.objectContaining({code: 4}));
  });
});

test('no name that is let through can leave its directory, or be split where we join names', () => {
  fc.assert(fc.property(name, text => !/[/:\0]/.test(checkNetworkName(text)) && !/^\.{0,2}$/.test(text)));
  fc.assert(fc.property(ifName, text => !/[/:\0]/.test(checkIfName(text)) && !/^\.{0,2}$/.test(text)));
});
