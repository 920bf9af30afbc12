// Two executables in one file: each finds its bytes at the addresses that it was linked to, and the second begins.
import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import {readElf} from '../../../build/elf.ts';
import {joinExecutables} from '../../../build/join.ts';
import {type Segment, smallElf} from './small-elf.ts';

const page = 64 * 1024;
const stack: Segment = {type: 0x6474e551, offset: 0, address: 0, size: 0};
const load = (offset: number, address: number, size: number): Segment => ({type: 1, offset, address, size});

const first = smallElf({
  entry: 0x201000,
  segments: [
    load(0, 0x200000, 2000),
    {type: 3, offset: 300, address: 0x20012c, size: 28},
    load(2000, 0x2107d0, 1000),
    stack,
  ],
  size: 3000,
});
const second = smallElf({
  entry: 0x40000100,
  segments: [load(0, 0x40000000, 900), stack, load(900, 0x40010384, 300), {type: 4, offset: 300, address: 0, size: 8}],
  size: 1203,
});
const joined = joinExecutables(first, second);

test('the file begins where the second does, and its table has what is mapped of both', () => {
  const {entry, headers} = readElf(joined);
  expect(entry).toBe(0x40000100);
  expect(headers.map(({type, offset, address}) => ({type, offset, address}))).toEqual([
    {type: 'load', offset: 0, address: 0x200000},
    {type: 'load', offset: 2000, address: 0x2107d0},
    {type: 'stack', offset: 0, address: 0},
    {type: 'load', offset: page, address: 0x40000000},
    {type: 'load', offset: page + 900, address: 0x40010384},
  ]);
});

test('both are in it as they were, but for the first one’s header', () => {
  const inHeader = (at: number) => (at >= 24 && at < 40) || at === 56 || at === 57;
  expect([...first.keys()].filter(at => joined[at] !== first[at]).filter(at => !inHeader(at))).toEqual([]);
  expect(joined.subarray(page, page + second.length)).toEqual(second);
});

test('what ld.so is told of the first is still there', () => {
  expect(joined.subarray(64, 64 + 4 * 56)).toEqual(first.subarray(64, 64 + 4 * 56));
});

test('the table is whole, and stands where a processor may read it', () => {
  const {headersAt, headers} = readElf(joined);
  expect(headersAt % 8).toBe(0);
  expect(headersAt).toBeGreaterThanOrEqual(page + second.length);
  expect(joined.length).toBe(headersAt + headers.length * 56);
});

test('neither is changed by it', () => {
  expect([readElf(first).entry, readElf(second).entry]).toEqual([0x201000, 0x40000100]);
});

test.each([
  ['first', new Uint8Array(100), second],
  ['second', first, new TextEncoder().encode(`#!/bin/sh\n${' '.repeat(100)}`)],
])('what is no executable is refused: the %s', (_, one, other) => {
  expect(() => joinExecutables(one, other)).toThrow('this is no executable of 64 bits');
});

test('whatever their sizes are, the kernel can map them: places and addresses agree within a page', () => {
  const sizes = fc.tuple(fc.integer({min: 400, max: 200_000}), fc.integer({min: 400, max: 5000}), fc.nat({max: 300}));
  fc.assert(
    fc.property(sizes, ([firstSize, secondSize, at]) => {
      const one = smallElf({entry: 0x200000, segments: [load(0, 0x200000, firstSize)], size: firstSize});
      const segments = [load(0, 0x40000000, 300), load(at, 0x40020000 + at, secondSize - at)];
      const other = smallElf({entry: 0x40000000, segments, size: secondSize});
      const file = joinExecutables(one, other);
      const [, ...moved] = readElf(file).headers;
      for (const {offset, address} of moved) expect(offset % page).toBe(address % page);
      for (const [i, {offset}] of moved.entries()) {
        const {offset: before, size} = segments[i] ?? load(0, 0, 0);
        expect(file.subarray(offset, offset + size)).toEqual(other.subarray(before, before + size));
      }
      expect(moved).toHaveLength(2);
    }),
    {numRuns: 30},
  );
});
