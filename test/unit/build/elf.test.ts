// What the build reads of an executable, and changes in it.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {moved, readElf, setHeader} from '../../../build/elf.ts';
import {smallElf} from './small-elf.ts';

const segments = [
  {type: 1, offset: 0, address: 0x200000, size: 300},
  {type: 3, offset: 200, address: 0x2000c8, size: 28},
  {type: 0x6474e551, offset: 0, address: 0, size: 0},
  {type: 2, offset: 240, address: 0x2000f0, size: 16},
];
const made = smallElf({entry: 0x200123, segments, size: 400});

describe('an executable', () => {
  test('is read: where it begins, where its table is, and what is in that', () => {
    const {entry, headersAt, headers} = readElf(made);
    expect({entry, headersAt}).toEqual({entry: 0x200123, headersAt: 64});
    expect(headers.map(({type, offset, address}) => ({type, offset, address}))).toEqual([
      {type: 'load', offset: 0, address: 0x200000},
      {type: 'interpreter', offset: 200, address: 0x2000c8},
      {type: 'stack', offset: 0, address: 0},
      {type: 'other', offset: 240, address: 0x2000f0},
    ]);
    expect(headers.map(({bytes}) => [...bytes])).toEqual(
      segments.map((_, i) => [...made.subarray(64 + 56 * i, 120 + 56 * i)]),
    );
  });

  test('is read where its table stands elsewhere, and as part of something longer', () => {
    const other = smallElf({entry: 1, segments, size: 700, headersAt: 432});
    const longer = Uint8Array.from([1, 2, 3, ...other, 4]);
    expect(readElf(longer.subarray(3, 703))).toEqual(readElf(other));
    expect(readElf(other).headersAt).toBe(432);
    expect(readElf(other).headers).toHaveLength(4);
  });

  test('has addresses and places beyond 4 GB', () => {
    const [load] = readElf(
      smallElf({entry: 2 ** 40, segments: [{type: 1, offset: 2 ** 33, address: 2 ** 45, size: 1}], size: 200}),
    ).headers;
    expect([load?.offset, load?.address]).toEqual([2 ** 33, 2 ** 45]);
  });

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(500)],
    ['a script', new TextEncoder().encode(`#!/bin/sh\n${'#'.repeat(200)}`)],
    ['a header alone', made.slice(0, 64)],
    ['one for 32 bits', changed(4, 1)],
    ['one that may be put at any address', changed(16, 3)],
    ['one with entries of another size', changed(54, 32)],
    ['one that was cut off in its table', made.slice(0, 130)],
    ['one whose table is beyond its end', changed(33, 9)],
  ])('is not what %s is', (_, bytes) => {
    expect(() => readElf(bytes)).toThrow(Error);
  });

  test('is read or refused, whatever bytes it has', () => {
    const some = fc.array(fc.tuple(fc.nat({max: 399}), fc.nat({max: 255})), {maxLength: 6});
    fc.assert(
      fc.property(some, fc.nat({max: 400}), (changes, length) => {
        const bytes = made.slice(0, length);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          expect(readElf(bytes).headers.length).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

test('what lies further back is the same but for its place in the file', () => {
  const [, interpreter] = readElf(made).headers;
  if (!interpreter) throw new Error('it has one');
  const before = interpreter.bytes.slice();
  const by = 5 * 2 ** 32 + 7;
  const after = moved(interpreter, by);
  expect(after).toMatchObject({type: 'interpreter', offset: 200 + by, address: 0x2000c8});
  expect(new DataView(after.bytes.buffer).getBigUint64(8, true)).toBe(BigInt(200 + by));
  expect([...after.bytes.subarray(16)]).toEqual([...before.subarray(16)]);
  expect(interpreter.bytes).toEqual(before);
});

test('a header that was changed says what it was changed to, and all else as before', () => {
  const bytes = made.slice();
  const {headers} = readElf(made);
  setHeader(bytes, {entry: 2 ** 35 + 1, headersAt: 120, headers: headers.slice(1, 3)});
  const {entry, headersAt, headers: found} = readElf(bytes);
  expect({entry, headersAt, found: found.map(({type}) => type)}).toEqual({
    entry: 2 ** 35 + 1,
    headersAt: 120,
    found: ['interpreter', 'stack'],
  });
  const differing = [...bytes.keys()].filter(at => bytes[at] !== made[at]);
  expect(differing.every(at => (at >= 24 && at < 40) || at === 56)).toBe(true);
});

function changed(at: number, value: number): Uint8Array {
  const bytes = made.slice();
  bytes[at] = value;
  return bytes;
}
