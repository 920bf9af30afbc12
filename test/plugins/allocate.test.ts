// The allocator over leases in memory: who gets which address, and what is promised whatever comes and goes.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {allocate} from '../../src/plugins/host-local/allocate.ts';
import {parseRangeSets} from '../../src/plugins/host-local/ranges.ts';
import type {Leases, Owner} from '../../src/plugins/plugin.ts';
import {advance, formatAddress, parseAddress} from '../../src/spec/address.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';
import {memoryLeases} from './memory-leases.ts';

const owner = (containerId: string, ifName = 'eth0'): Owner => ({containerId, ifName});

const setsOf = (ipam: JsonObject) => parseRangeSets(new Fields(ipam, 'net.conf'), new Fields({}, 'net.conf'));

/** An allocator for that configuration; it answers addresses without their lengths. */
function allocator(ipam: JsonObject, leases: Leases = memoryLeases()) {
  const sets = setsOf(ipam);
  const add = (containerId: string, ifName?: string) =>
    allocate(sets, [], owner(containerId, ifName), leases).ips.map(({address}) => address.split('/')[0] ?? '');
  return {add, leases, del: (containerId: string) => leases.release(owner(containerId))};
}

describe('round robin', () => {
  test('goes on behind the address given out last, though an earlier one is free', () => {
    const {add, del} = allocator({subnet: '10.1.0.0/29'});
    expect([add('a'), add('b')]).toEqual([['10.1.0.2'], ['10.1.0.3']]);
    del('a');
    expect(add('c')).toEqual(['10.1.0.4']);
  });

  test('comes round to the beginning, and takes the first that is free', () => {
    const {add, del} = allocator({subnet: '10.1.0.0/29'});
    for (const id of ['a', 'b', 'c', 'd', 'e']) add(id);
    del('d');
    del('b');
    expect([add('f'), add('g')]).toEqual([['10.1.0.3'], ['10.1.0.5']]);
  });

  test('never gives out the gateway', () => {
    const {add} = allocator({subnet: '10.1.0.0/29', gateway: '10.1.0.3'});
    expect(['a', 'b', 'c', 'd', 'e'].flatMap(id => add(id))).toEqual(
      ['.1', '.2', '.4', '.5', '.6'].map(end => `10.1.0${end}`),
    );
  });

  test('starts from the beginning when what is remembered makes no sense', () => {
    for (const nonsense of ['', 'x', '192.0.2.1', 'fd00::1']) {
      const {add, leases} = allocator({subnet: '10.1.0.0/29'});
      leases.setLast(0, nonsense);
      expect(add('a')).toEqual(['10.1.0.2']);
    }
  });
});

describe('several ranges', () => {
  const ranges = [[{subnet: '10.1.0.0/30'}, {subnet: '10.2.0.0/30'}], [{subnet: 'fd00::/126'}]];

  test('of one set are used up one after the other', () => {
    const {add} = allocator({ranges: [ranges[0] ?? []]});
    expect([add('a'), add('b')]).toEqual([['10.1.0.2'], ['10.2.0.2']]);
  });

  test('of several sets give an address each', () => {
    const {add} = allocator({ranges});
    expect([add('a'), add('b')]).toEqual([
      ['10.1.0.2', 'fd00::2'],
      ['10.2.0.2', 'fd00::3'],
    ]);
  });

  test('each bring their own gateway and length', () => {
    const sets = setsOf({ranges});
    expect(allocate(sets, [], owner('a'), memoryLeases()).ips).toEqual([
      {address: '10.1.0.2/30', gateway: '10.1.0.1'},
      {address: 'fd00::2/126', gateway: 'fd00::1'},
    ]);
  });
});

describe('the same owner', () => {
  test('asks again and gets the same, and moves nothing on', () => {
    const {add, leases} = allocator({subnet: '10.1.0.0/29'});
    const first = add('a');
    add('b');
    expect([add('a'), leases.last(0)]).toEqual([first, '10.1.0.3']);
    expect(leases.taken().size).toBe(2);
  });

  test('gets what is missing beside what it holds', () => {
    const {add, leases} = allocator({ranges: [[{subnet: '10.1.0.0/29'}], [{subnet: 'fd00::/126'}]]});
    leases.reserve('10.1.0.5', owner('a'));
    expect(add('a')).toEqual(['10.1.0.5', 'fd00::2']);
  });

  test('is another with another interface', () => {
    const {add} = allocator({subnet: '10.1.0.0/29'});
    expect([add('a', 'eth0'), add('a', 'eth1')]).toEqual([['10.1.0.2'], ['10.1.0.3']]);
  });

  test('is not given back the gateway, though a lease on it is in its name', () => {
    const {add, leases} = allocator({subnet: '10.1.0.0/29'});
    leases.reserve('10.1.0.1', owner('a'));
    expect(add('a')).toEqual(['10.1.0.2']);
  });
});

describe('an exhausted range', () => {
  test('is named, with a code of its own', () => {
    const {add} = allocator({ranges: [[{subnet: '10.1.0.0/30'}, {subnet: '10.2.0.0/30', rangeStart: '10.2.0.2'}]]});
    add('a');
    add('b');
    expect(() => add('c')).toThrow('no address is free in 10.1.0.1-10.1.0.2, 10.2.0.2-10.2.0.2');
    expect(() => add('c')).toThrow(expect.objectContaining({code: 101}));
  });

  test('in a later set gives back what the earlier ones gave', () => {
    const {add, leases} = allocator({
      ranges: [[{subnet: '10.1.0.0/29'}], [{subnet: 'fd00::/126', rangeEnd: 'fd00::2'}]],
    });
    add('a');
    expect(() => add('b')).toThrow('no address is free in fd00::1-fd00::2');
    expect(leases.all().map(lease => lease.owner)).toEqual([owner('a'), owner('a')]);
  });

  test('gives back what was newly taken, and leaves what was held before', () => {
    const ranges = [
      [{subnet: '10.1.0.0/29'}],
      [{subnet: '10.2.0.0/29'}],
      [{subnet: 'fd00::/126', rangeEnd: 'fd00::2'}],
    ];
    const {add, leases} = allocator({ranges});
    add('a');
    leases.reserve('10.1.0.5', owner('b'));
    expect(() => add('b')).toThrow('no address is free');
    expect(leases.heldBy(owner('b'))).toEqual(['10.1.0.5']);
  });

  test('is not tried address by address', () => {
    const leases = memoryLeases();
    for (let end = 2n; end < 2000n; end++) {
      leases.reserve(formatAddress(advance(parseAddress('10.1.0.0'), end)), owner('other'));
    }
    let tries = 0;
    const reserve: Leases['reserve'] = (...lease) => {
      tries++;
      return leases.reserve(...lease);
    };
    expect(allocator({subnet: '10.1.0.0/16'}, {...leases, reserve}).add('a')).toEqual(['10.1.7.208']);
    expect(tries).toBeLessThan(20);
  });
});

test('leases of others that are in the way or next in line are told', () => {
  const leases = memoryLeases();
  for (const end of [2, 4, 6]) leases.reserve(`10.1.0.${end}`, owner(`o${end}`));
  const sets = setsOf({subnet: '10.1.0.0/24'});
  const {ips, met} = allocate(sets, [], owner('a'), leases);
  expect(ips[0]?.address).toBe('10.1.0.3/24');
  expect(met.map(({address}) => address)).toEqual(['10.1.0.2', '10.1.0.4', '10.1.0.6']);
});

describe('whatever comes and goes', () => {
  const base = parseAddress('10.1.0.0').value;
  const text = (offset: number) => formatAddress({family: 4, value: base + BigInt(offset)});

  /** One to three ranges side by side in 10.1.0.0/24, a gateway anywhere. */
  const rangeSet = fc
    .tuple(fc.uniqueArray(fc.integer({min: 1, max: 30}), {minLength: 2, maxLength: 6}), fc.integer({min: 1, max: 30}))
    .map(([cuts, gateway]) => {
      const sorted = [...cuts].sort((a, b) => a - b);
      const pairs = sorted.flatMap((start, i) =>
        i % 2 === 0 && sorted[i + 1] ? [[start, sorted[i + 1] ?? 0] as const] : [],
      );
      return {pairs, gateway};
    });
  const step = fc.record({id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), comes: fc.boolean()});

  test('the next address is the first free one behind the last, and no address has two holders', () => {
    fc.assert(
      fc.property(rangeSet, fc.array(step, {maxLength: 60}), ({pairs, gateway}, steps) => {
        const {add, del, leases} = allocator({
          ranges: [
            pairs.map(([start, end]) => ({
              subnet: '10.1.0.0/24',
              rangeStart: text(start),
              rangeEnd: text(end),
              gateway: text(gateway),
            })),
          ],
        });
        const all = pairs.flatMap(([start, end]) => Array.from({length: end - start + 1}, (_, i) => start + i));
        const usable = all.filter(offset => offset !== gateway).map(offset => text(offset));
        const holders = new Map<string, string>();
        let last = -1;
        for (const {id, comes} of steps) {
          const held = [...holders].find(([, holder]) => holder === id)?.[0];
          if (!comes) {
            del(id);
            if (held) holders.delete(held);
            continue;
          }
          const round = [...usable.slice(last + 1), ...usable.slice(0, last + 1)];
          const expected = held ?? round.find(address => !holders.has(address));
          if (expected === undefined) {
            expect(() => add(id)).toThrow('no address is free');
            continue;
          }
          expect(add(id)).toEqual([expected]);
          holders.set(expected, id);
          if (!held) last = usable.indexOf(expected);
          expect(leases.taken()).toEqual(new Set(holders.keys()));
        }
      }),
    );
  });
});
