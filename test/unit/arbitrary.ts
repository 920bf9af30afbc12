// What fast-check makes up for us: addresses, prefixes and names in every form that the house lets through.
// Small and large values both matter, so numbers are drawn from the edges as well as from the middle.
import fc from 'fast-check';
import type {Address, Cidr, Family} from '../../src/spec/address.ts';
import {bitsOf} from '../../src/spec/address.ts';

export const family = fc.constantFrom<Family>(4, 6);

export const address: fc.Arbitrary<Address> = family.chain(chosen => addressOf(chosen));

export function addressOf(chosen: Family): fc.Arbitrary<Address> {
  const bits = bitsOf(chosen);
  const anywhere = fc.bigInt({min: 0n, max: (1n << BigInt(bits)) - 1n});
  // Runs of zeros are what makes the text form of IPv6 interesting.
  const sparse = fc
    .array(fc.constantFrom(0n, 0n, 0n, 1n, 0xffffn), {minLength: bits / 16, maxLength: bits / 16})
    .map(groups => groups.reduce<bigint>((value, group) => (value << 16n) | group, 0n));
  return fc.oneof(anywhere, sparse).map(value => ({family: chosen, value}));
}

export const cidr: fc.Arbitrary<Cidr> = address.chain(made =>
  fc.integer({min: 0, max: bitsOf(made.family)}).map(length => ({address: made, length})),
);

/** A network's name or a container's id. */
export const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}$/);

/** The name of an interface, ASCII or not, at most 15 bytes. */
export const ifName = fc
  .oneof(fc.stringMatching(/^[a-z][a-z0-9.@_-]{0,14}$/), fc.stringMatching(/^[a-zéß網]{1,15}$/))
  .filter(text => new TextEncoder().encode(text).length <= 15);

export const attachment = fc.record({network: name, containerId: name, ifName});
