// Hosts files as texts: whatever comes and goes, in whatever order, each file tells of those who are there and of nobody else,
// and no line that stays is moved.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import type {Attachment} from '../../../src/kernel/names.ts';
import {
  edited,
  entriesOf,
  entryLines,
  holdersOf,
  hostsHeader,
  isIdle,
  networksOfHeader,
  withLines,
  withoutOwner,
  withoutTorn,
} from '../../../src/runtime/names/hosts-text.ts';

const header = hostsHeader(['web', 'db']);
const owner = (containerId: string, ifName = 'eth0'): Attachment => ({network: 'web', containerId, ifName});
const add = (text: string, id: string, ...names: readonly string[]): string =>
  edited(text, [withLines(text, entryLines(owner(id), ['10.1.0.2', 'fd00::2'], [...names, id]), 0)]);
const remove = (text: string, id: string): string => edited(text, withoutOwner(text, owner(id)));

test('a file begins with the machine itself, and tells its networks', () => {
  expect(header).toBe(
    '# by cni-hook, for the containers of: web db\n127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n',
  );
  expect(networksOfHeader(header)).toEqual(['web', 'db']);
  expect(entriesOf(header)).toEqual([]);
  expect(isIdle(header)).toBe(true);
});

test('each address is a line, with whose it is behind it', () => {
  const text = add(header, 'c1', 'shop', 'www');
  expect(text.slice(header.length)).toBe('10.1.0.2 shop www c1 # c1/web:eth0\nfd00::2 shop www c1 # c1/web:eth0\n');
  expect(entriesOf(text)).toMatchObject([
    {address: '10.1.0.2', names: ['shop', 'www', 'c1'], owner: owner('c1')},
    {address: 'fd00::2', names: ['shop', 'www', 'c1'], owner: owner('c1')},
  ]);
  expect(isIdle(text)).toBe(false);
});

test('who has no address is there in a comment, and has no name that anybody could take', () => {
  const lines = entryLines(owner('c1'), [], ['shop', 'c1']);
  const text = edited(header, [withLines(header, lines, 0)]);
  expect(lines).toBe('# shop c1 # c1/web:eth0\n');
  expect(entriesOf(text)).toMatchObject([{owner: owner('c1')}]);
  expect(isIdle(text)).toBe(false);
  expect(withoutTorn(text)).toEqual([]);
  expect(holdersOf(text, 'c2', ['shop']).taken).toEqual([]);
  expect(isIdle(remove(text, 'c1'))).toBe(true);
});

test('a name is there as it is written, and in small letters', () => {
  expect(entryLines(owner('C1'), ['10.1.0.2'], ['Shop', 'www', 'C1'])).toBe(
    '10.1.0.2 Shop shop www C1 c1 # C1/web:eth0\n',
  );
});

test('many names are in several lines, of which each resolver reads all', () => {
  const names = Array.from({length: 30}, (_, i) => `${'n'.repeat(8 * i)}-${i}`);
  const address = 'fd00:1111:2222:3333:4444:5555:6666:7777';
  const lines = entryLines(owner('c1'), [address], names).trimEnd().split('\n');
  expect(lines.flatMap(line => line.replace(/ #.*/, '').split(' ').slice(1))).toEqual(names);
  for (const line of lines) expect(line.indexOf(' #')).toBeLessThan(511);
  for (const line of lines) expect(line.startsWith(`${address} `)).toBe(true);
});

test('what goes becomes spaces, and what comes takes their place', () => {
  const both = add(add(header, 'c1'), 'c2');
  const left = remove(both, 'c1');
  expect(left).toHaveLength(both.length);
  expect(left.indexOf('10.1.0.2 c2 #')).toBe(both.indexOf('10.1.0.2 c2 #'));
  expect(left).not.toContain('c1');
  expect(add(left, 'c3')).toBe(both.replaceAll('c1', 'c3'));
  // Too long for the gap.
  expect(add(left, 'a-longer-name')).toHaveLength(
    both.length + entryLines(owner('a-longer-name'), ['10.1.0.2', 'fd00::2'], ['a-longer-name']).length,
  );
  expect(isIdle(remove(left, 'c2'))).toBe(true);
});

test("the lines of one whose id begins or ends with another one's stay", () => {
  const text = add(add(add(header, 'c1'), 'c12'), 'xc1');
  expect(entriesOf(remove(text, 'c1')).map(entry => entry.owner.containerId)).toEqual(['c12', 'c12', 'xc1', 'xc1']);
});

test('the lines of another interface of the same container stay', () => {
  const other = entryLines(owner('c1', 'eth1'), ['10.1.0.3'], ['c1']);
  const text = edited(add(header, 'c1'), [withLines(add(header, 'c1'), other, 0)]);
  expect(remove(text, 'c1')).toContain(other);
});

test('an interface may have any name', () => {
  const odd = owner('c1', 'é#%2 ');
  const text = edited(header, [withLines(header, entryLines(odd, ['10.1.0.2'], ['c1']), 0)]);
  expect(entriesOf(text).map(entry => entry.owner)).toEqual([odd]);
  expect(isIdle(edited(text, withoutOwner(text, odd)))).toBe(true);
});

describe('a name that somebody has', () => {
  const text = add(add(header, 'c1', 'Shop'), 'c2');

  test('is found without regard to case, with who has it and where', () => {
    expect(holdersOf(text, 'c3', ['shop', 'c3'])).toEqual({
      taken: [{name: 'shop', by: 'c1'}],
      end: text.indexOf('10.1.0.2 c2 #'),
    });
    expect(holdersOf(text, 'c3', ['c1'])).toMatchObject({taken: [{name: 'c1', by: 'c1'}]});
  });

  test('is not taken by what only looks like it, nor by oneself', () => {
    expect(holdersOf(text, 'c3', ['hop', 'sho', 'c', 'web', '#', 'localhost']).taken).toEqual([]);
    expect(holdersOf(text, 'c1', ['shop', 'c1']).taken).toEqual([]);
  });

  test('stands before the one who came later, though there is room before it', () => {
    const free = remove(add(add(header, 'c0'), 'c1', 'db'), 'c0');
    const {end} = holdersOf(free, 'c2', ['db']);
    expect(withLines(free, entryLines(owner('c2'), ['10.1.0.4'], ['db']), end).offset).toBe(free.length);
  });
});

describe('a write that was cut off', () => {
  const whole = add(header, 'c1');

  test.each(Array.from({length: whole.length - header.length - 1}, (_, i) => header.length + i + 1))(
    'after %d bytes is found and taken away, and what comes next begins on a line of its own',
    length => {
      const torn = add(whole.slice(0, length), 'c2');
      const clean = edited(torn, withoutTorn(torn));
      const ids = entriesOf(clean).map(entry => entry.owner.containerId);
      expect(ids.filter(id => id === 'c2')).toHaveLength(2);
      const others = clean.split('\n').filter(line => line.trim() !== '' && !header.includes(line));
      expect(others).toHaveLength(ids.length);
    },
  );
});

test('after any coming and going the file tells of who is there, and nobody who stays is moved', () => {
  const ids = ['a', 'bb', 'c-3', 'dddddddddddd', 'e.e', 'f_f'];
  const step = fc.record({
    id: fc.constantFrom(...ids),
    names: fc.uniqueArray(fc.constantFrom('x', 'www', 'long-alias.example')),
  });
  fc.assert(
    fc.property(fc.array(step, {maxLength: 40}), steps => {
      let text = header;
      const there = new Map<string, readonly string[]>();
      for (const {id, names} of steps) {
        const before = entriesOf(text).filter(entry => entry.owner.containerId !== id);
        text = there.has(id) ? remove(text, id) : add(text, id, ...names);
        if (!there.delete(id)) there.set(id, [...names, id]);
        const after = entriesOf(text);
        expect(after.filter(entry => entry.owner.containerId !== id)).toEqual(before);
        const told = new Map(after.map(entry => [entry.owner.containerId, entry.names]));
        expect(told).toEqual(there);
        expect(after).toHaveLength(there.size * 2);
        expect(text.startsWith(header)).toBe(true);
        expect(withoutTorn(text)).toEqual([]);
        expect(isIdle(text)).toBe(there.size === 0);
      }
    }),
  );
});
