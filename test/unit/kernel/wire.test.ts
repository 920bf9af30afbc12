// Bytes to messages and back. Everything is padded to four bytes, and no length says so.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import * as wire from '../../../src/kernel/netlink/wire.ts';
import {sectionsOf} from './bytes.ts';

const u16 = fc.integer({min: 0, max: 0xffff});
const u32 = fc.integer({min: 0, max: 0xffffffff});
const bytes = fc.uint8Array({maxLength: 40}).map(made => Uint8Array.from(made));
const request = fc.record({type: u16, flags: u16, body: bytes});

test('messages come back from the bytes of a batch', () => {
  const batch = fc.array(fc.tuple(request, u32), {maxLength: 5});
  fc.assert(
    fc.property(batch, sent => {
      const received = wire.decode(wire.concat(sent.map(([message, sequence]) => wire.encode(message, sequence))));
      expect(received).toEqual(
        sent.map(([{type, flags, body}, sequence]) => ({type, flags: flags | wire.NLM.REQUEST, sequence, body})),
      );
    }),
  );
});

test('every message starts on a multiple of four bytes', () => {
  fc.assert(fc.property(request, message => wire.encode(message, 1).length % 4 === 0));
});

test('attributes come back from their bytes, wherever they start', () => {
  const types = fc.uniqueArray(fc.integer({min: 1, max: 127}), {maxLength: 6});
  fc.assert(
    fc.property(types, fc.infiniteStream(bytes), fc.nat({max: 16}), (chosen, payloads, offset) => {
      const sent = chosen.map(type => [type, payloads.next().value ?? new Uint8Array()] as const);
      const body = wire.concat([
        new Uint8Array(offset),
        ...sent.map(([type, payload]) => wire.attribute(type, payload)),
      ]);
      const found = wire.attributes(body, offset);
      const isSent = (type: number) => chosen.includes(type);
      for (const [type, payload] of sent) expect(found.get(type)).toEqual(payload);
      for (let type = 1; type <= 127; type++) expect(found.get(type) !== undefined).toBe(isSent(type));
    }),
  );
});

test('a nested attribute is found under its type, its flag taken off', () => {
  const inner = wire.attribute(1, wire.text('bridge'));
  const found = wire.attributes(wire.nest(18, inner)).get(18);
  expect(found && wire.readText(wire.attributes(found).get(1) ?? new Uint8Array())).toBe('bridge');
});

test('numbers come back', () => {
  fc.assert(fc.property(u32, value => expect(wire.readU32(wire.u32(value))).toBe(value)));
  fc.assert(fc.property(fc.integer(), value => expect(wire.readI32(wire.u32(value >>> 0))).toBe(value)));
});

test('text ends at its NUL', () => {
  expect(wire.readText(wire.text('eth0'))).toBe('eth0');
  expect(wire.readText(Uint8Array.of(0x61, 0, 0x62))).toBe('a');
  expect(wire.readText(Uint8Array.of(0x61))).toBe('a');
});

describe('what the kernel cut off or never wrote', () => {
  test('is read to where it makes sense, and never without end', () => {
    const real = [...sectionsOf('replies.txt').values()];
    const torn = fc
      .tuple(fc.constantFrom(...real), fc.nat())
      .map(([whole, at]) => whole.subarray(0, at % whole.length));
    fc.assert(
      fc.property(fc.oneof(torn, fc.uint8Array({maxLength: 80})), some => {
        for (const {body} of wire.decode(some)) wire.attributes(body, 16);
      }),
    );
  });
});
