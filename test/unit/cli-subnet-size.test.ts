// Sizes and overlaps as ip-cidr has them, held against our own arithmetic.
import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import {overlap, sizeOf, spanOfRange, spanOfSubnet} from '../../src/cli/subnet-size.ts';
import {
  type Address,
  type Cidr,
  formatAddress,
  formatCidr,
  lastOf,
  overlaps,
  subnetOf,
} from '../../src/spec/address.ts';

const anyCidr: fc.Arbitrary<Cidr> = fc.constantFrom(4 as const, 6 as const).chain(family => {
  const bits = family === 4 ? 32 : 128;
  return fc.record({
    address: fc.record({family: fc.constant(family), value: fc.bigInt({min: 0n, max: (1n << BigInt(bits)) - 1n})}),
    length: fc.integer({min: 0, max: bits}),
  });
});

/** Those that are printed with a dotted quad are a case of their own. */
const isMapped = (address: Address): boolean => address.family === 6 && address.value >> 32n === 0xffffn;
const countable = anyCidr.filter(
  cidr => ![cidr.address, subnetOf(cidr).address, lastOf(cidr)].some(address => isMapped(address)),
);

test.each([
  ['10.1.0.0/16', 65_536n],
  ['192.0.2.9/32', 1n],
  ['0.0.0.0/0', 1n << 32n],
  ['fd00::/64', 1n << 64n],
  ['::/0', 1n << 128n],
])('%s holds %d addresses', (cidr, size) => {
  expect(sizeOf(spanOfSubnet(cidr))).toBe(size);
});

test('a subnet goes from its first to its last address', () => {
  fc.assert(
    fc.property(countable, cidr => {
      const {address} = subnetOf(cidr);
      const span = spanOfSubnet(formatCidr(cidr));
      expect(span).toEqual({family: address.family, first: address.value, last: lastOf(cidr).value});
      expect(spanOfRange(formatAddress(address), formatAddress(lastOf(cidr)))).toEqual(span);
    }),
  );
});

test('two subnets overlap as our own arithmetic says', () => {
  fc.assert(
    fc.property(countable, countable, fc.boolean(), (a, b, inside) => {
      // Two at random hardly ever meet: half of the time the second starts where the first does.
      const other = inside && a.address.family === b.address.family ? {...b, address: a.address} : b;
      const [one, two] = [spanOfSubnet(formatCidr(a)), spanOfSubnet(formatCidr(other))];
      expect(overlap(one, two)).toBe(overlaps(a, other));
      expect(overlap(two, one)).toBe(overlaps(a, other));
    }),
  );
});

test('the families never meet, though their numbers do', () => {
  expect(overlap(spanOfSubnet('10.0.0.0/8'), spanOfSubnet('::a00:0/104'))).toBe(false);
  expect(overlap(spanOfSubnet('0.0.0.0/0'), spanOfSubnet('::/0'))).toBe(false);
});

test('an IPv4 address inside IPv6 is refused, not taken for the IPv4 address', () => {
  expect(() => spanOfSubnet('::ffff:10.0.0.0/104')).toThrow('"::ffff:10.0.0.0/104" is an IPv4 address inside IPv6');
  expect(() => spanOfRange('::ffff:10.0.0.1', '::ffff:10.0.0.9')).toThrow('::ffff:10.0.0.1');
});

test.each(['', 'garbage', '10.1/16', '10.1.0.0', '10.1.0.0/33', '010.1.0.0/16'])('"%s" is refused', text => {
  expect(() => spanOfSubnet(text)).toThrow(`"${text}" can't be counted`);
});
