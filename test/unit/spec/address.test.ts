// Addresses and prefixes, held against two that others wrote: ip-cidr for ranges, Node's own parser for what is an address.
// ip-cidr mixes the families up (10.0.0.0/8 contains ::ffff:10.2.3.4), so it is asked within one family only.
import {isIP} from 'node:net';
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import IPCIDR from 'ip-cidr';
import * as spec from '../../../src/spec/address.ts';
import {isKind} from '../../../src/spec/error.ts';
import {address, addressOf, cidr, family} from '../arbitrary.ts';

const {parseAddress, formatAddress, parseCidr, formatCidr} = spec;

describe('text', () => {
  test('an address comes back from its own text', () => {
    fc.assert(fc.property(address, made => expect(parseAddress(formatAddress(made))).toEqual(made)));
  });

  test('a prefix comes back from its own text, host bits and all', () => {
    fc.assert(fc.property(cidr, made => expect(parseCidr(formatCidr(made))).toEqual(made)));
  });

  test('what is printed is what Node takes for an address of that family', () => {
    fc.assert(fc.property(address, made => expect(isIP(formatAddress(made))).toBe(made.family)));
  });

  test.each([
    ['10.1.2.3', '10.1.2.3'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['FD00:0:0:1:0:0:0:2', 'fd00:0:0:1::2'],
    ['fd00::1:0:0:2', 'fd00::1:0:0:2'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:10.2.3.4', '::ffff:10.2.3.4'],
    ['::ffff:a02:304', '::ffff:10.2.3.4'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ])('%s is printed as %s', (text, printed) => {
    expect(formatAddress(parseAddress(text))).toBe(printed);
  });

  test.each([
    '',
    'localhost',
    '10.1',
    '10.1.2',
    '10.1.2.3.4',
    '10.1.2.256',
    '010.1.2.3',
    '10.1.2.3 ',
    '+10.1.2.3',
    '0x0a.1.2.3',
    '10.1.2.-3',
    '10.1.2.3/24',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '[::1]',
    '::1.2.3',
    '::1.2.3.400',
    '1:2:3:4:5:6:7:1.2.3.4',
  ])('"%s" is no address', text => {
    expect(spec.tryParseAddress(text)).toBeUndefined();
    expect(() => parseAddress(text)).toThrow(`"${text}" is not an IP address`);
  });

  test.each(['1.2.3.4::', '1:1.2.3.4::1'])('"%s" is no address', text => {
    expect(spec.tryParseAddress(text)).toBeUndefined();
  });

  test('Node and we agree on what is an address', () => {
    const nearly = fc.array(fc.constantFrom(':', '::', '.', '0', '1', 'ff', '255', '256', '1.2.3.4'), {maxLength: 12});
    fc.assert(
      fc.property(nearly, parts => {
        const text = parts.join('');
        expect(spec.tryParseAddress(text)?.family ?? 0).toBe(isIP(text));
      }),
      {numRuns: 2000, examples: [[['1.2.3.4', '::']]]},
    );
  });

  test.each([
    '10.1.0.0',
    '10.1.0.0/',
    '10.1.0.0/33',
    '10.1.0.0/-1',
    '10.1.0.0/ 8',
    '10.1.0.0/8/8',
    '::/129',
    '/8',
    'x/8',
  ])('"%s" is no prefix', text => {
    expect(() => parseCidr(text)).toThrow(`"${text}" is not an address with a prefix length`);
  });

  test('what is no address is a mistake in the configuration', () => {
    for (const parse of [parseAddress, parseCidr]) {
      expect(() => parse('x')).toThrow(expect.objectContaining({code: 7}));
    }
    expect(isKind(new Error('x'), 'invalidConfig')).toBe(false);
  });
});

describe('prefixes', () => {
  test('first and last address are those of ip-cidr', () => {
    fc.assert(
      fc.property(cidr.filter(knownToOracle), made => {
        const oracle = new IPCIDR(formatCidr(made));
        expect(spec.subnetOf(made).address.value).toBe(oracle.start({type: 'bigInteger'}));
        expect(spec.lastOf(made).value).toBe(oracle.end({type: 'bigInteger'}));
      }),
    );
  });

  test('ip-cidr and we agree on what a prefix contains', () => {
    const pair = family.chain(chosen =>
      fc.tuple(
        cidr.filter(made => made.address.family === chosen && knownToOracle(made)),
        fc.nat({max: 3}),
        addressOf(chosen),
      ),
    );
    fc.assert(
      fc.property(pair, ([made, near, anywhere]) => {
        const edges = [spec.subnetOf(made).address.value, spec.lastOf(made).value];
        const around = edges.flatMap(value => [value - BigInt(near), value + BigInt(near)]);
        const limit = 1n << BigInt(spec.bitsOf(anywhere.family));
        for (const value of [...around, anywhere.value].filter(value => value >= 0n && value < limit)) {
          const probe = {family: anywhere.family, value};
          if (isMapped(probe)) continue;
          expect([formatAddress(probe), spec.contains(made, probe)]).toEqual([
            formatAddress(probe),
            new IPCIDR(formatCidr(made)).contains(formatAddress(probe)),
          ]);
        }
      }),
    );
  });

  test('no prefix contains an address of the other family', () => {
    expect(spec.contains(parseCidr('10.0.0.0/8'), parseAddress('::ffff:10.2.3.4'))).toBe(false);
    expect(spec.contains(parseCidr('::/0'), parseAddress('10.2.3.4'))).toBe(false);
    expect(spec.contains(parseCidr('0.0.0.0/0'), parseAddress('::1'))).toBe(false);
  });

  test('two prefixes overlap if and only if one holds the base of the other', () => {
    fc.assert(
      fc.property(cidr, cidr, (a, b) => {
        const shared = spec.contains(a, spec.subnetOf(b).address) || spec.contains(b, spec.subnetOf(a).address);
        expect(spec.overlaps(a, b)).toBe(shared);
        expect(spec.overlaps(a, b)).toBe(spec.overlaps(b, a));
      }),
    );
  });

  test.each([
    ['10.1.0.0/16', '10.1.2.0/24', true],
    ['10.1.2.3/24', '10.1.2.77/25', true],
    ['10.1.0.0/17', '10.1.128.0/17', false],
    ['0.0.0.0/0', '::/0', false],
    ['fd00::/8', 'fdff::/16', true],
  ])('%s and %s: overlap is %s', (a, b, overlap) => {
    expect(spec.overlaps(parseCidr(a), parseCidr(b))).toBe(overlap);
  });
});

describe('bytes', () => {
  test('an address comes back from its bytes', () => {
    fc.assert(fc.property(address, made => expect(spec.fromBytes(spec.toBytes(made))).toEqual(made)));
  });

  test('bytes are in network order', () => {
    expect([...spec.toBytes(parseAddress('10.1.2.3'))]).toEqual([10, 1, 2, 3]);
    expect([...spec.toBytes(parseAddress('fd00::1:2'))]).toEqual([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]);
  });
});

test('the next address carries over', () => {
  expect(formatAddress(spec.advance(parseAddress('10.1.255.255'), 1n))).toBe('10.2.0.0');
  expect(formatAddress(spec.advance(parseAddress('fd00::ffff'), 1n))).toBe('fd00::1:0');
  expect(formatAddress(spec.advance(parseAddress('10.1.0.0'), -1n))).toBe('10.0.255.255');
});

/** ip-cidr takes an IPv4-mapped address for one of IPv4, prefix length and all. */
const knownToOracle = (made: spec.Cidr): boolean => !isMapped(made.address);
const isMapped = ({family, value}: spec.Address): boolean => family === 6 && value >> 32n === 0xffffn;
