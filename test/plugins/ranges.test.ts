// host-local's ranges: what is filled in, what is refused and in which words, and in which order addresses are tried.
import {describe, expect, test} from '@jest/globals';
import {candidates, formatRange, holds, parseRangeSets, type RangeSet} from '../../src/plugins/host-local/ranges.ts';
import {formatAddress, parseAddress} from '../../src/spec/address.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';

const parse = (ipam: JsonObject, runtimeConfig: JsonObject = {}) =>
  parseRangeSets(new Fields(ipam, 'net.conf'), new Fields(runtimeConfig, 'net.conf, "runtimeConfig"'));
const shown = (sets: readonly RangeSet[]) =>
  sets.map(set => set.map(range => `${formatRange(range)} by ${formatAddress(range.gateway)}`));
const order = (ipam: JsonObject, last?: string) =>
  parse(ipam).map(set => Array.from(candidates(set, last ? parseAddress(last) : undefined), formatAddress));

describe('a range', () => {
  test.each([
    [{subnet: '10.1.0.0/24'}, '10.1.0.1-10.1.0.254 by 10.1.0.1'],
    [{subnet: '10.1.0.0/30'}, '10.1.0.1-10.1.0.2 by 10.1.0.1'],
    [{subnet: 'fd00::/126'}, 'fd00::1-fd00::3 by fd00::1'],
    [{subnet: 'fd00::/64'}, 'fd00::1-fd00::ffff:ffff:ffff:ffff by fd00::1'],
    [{subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.12'}, '10.1.0.9-10.1.0.12 by 10.1.0.1'],
    [{subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.9'}, '10.1.0.9-10.1.0.9 by 10.1.0.1'],
    [{subnet: '10.1.0.0/24', gateway: '10.1.0.254'}, '10.1.0.1-10.1.0.254 by 10.1.0.254'],
    [{subnet: '10.1.0.0/24', gateway: '192.0.2.1'}, '10.1.0.1-10.1.0.254 by 192.0.2.1'],
  ])('%j is %s', (range, text) => {
    expect(shown(parse(range))).toEqual([[text]]);
    expect(shown(parse({ranges: [[range]]}))).toEqual([[text]]);
  });

  test.each([
    [{subnet: '10.1.0.0'}, '"subnet": "10.1.0.0" is not an address with a prefix length'],
    [{subnet: '10.1.0.0/31'}, '"subnet" 10.1.0.0/31 is too small: it must hold at least four addresses'],
    [{subnet: 'fd00::/127'}, '"subnet" fd00::/127 is too small'],
    [{subnet: '10.1.0.7/24'}, '"subnet" 10.1.0.7/24 has host bits set: did you mean 10.1.0.0/24?'],
    [{subnet: '10.1.0.0/24', rangeStart: '10.2.0.1'}, '"rangeStart" 10.2.0.1 is not in "subnet" 10.1.0.0/24'],
    [{subnet: '10.1.0.0/24', rangeEnd: '10.1.1.1'}, '"rangeEnd" 10.1.1.1 is not in "subnet" 10.1.0.0/24'],
    [{subnet: '10.1.0.0/24', rangeEnd: 'fd00::1'}, '"rangeEnd" fd00::1 is not in "subnet" 10.1.0.0/24'],
    [{subnet: '10.1.0.0/24', rangeStart: '10.1.0.x'}, '"rangeStart": "10.1.0.x" is not an IP address'],
    [
      {subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.8'},
      '"rangeStart" 10.1.0.9 is behind "rangeEnd" 10.1.0.8',
    ],
    [{subnet: '10.1.0.0/24', gateway: 'gw'}, '"gateway": "gw" is not an IP address'],
  ])('%j is refused', (range, message) => {
    expect(() => parse(range)).toThrow(message);
    expect(() => parse({ranges: [[{subnet: '10.9.0.0/24'}, range]]})).toThrow(`net.conf, "ranges"[0][1]: ${message}`);
  });

  test('has a gateway of its own family', () => {
    expect(() => parse({subnet: '10.1.0.0/24', gateway: 'fd00::1'})).toThrow('"gateway"');
  });
});

describe('sets', () => {
  test('the old keys of a single range come first', () => {
    expect(shown(parse({subnet: '10.1.0.0/30', ranges: [[{subnet: 'fd00::/126'}]]}))).toEqual([
      ['10.1.0.1-10.1.0.2 by 10.1.0.1'],
      ['fd00::1-fd00::3 by fd00::1'],
    ]);
  });

  test.each([
    [{}, 'there is no range: set "subnet", or "ranges"'],
    [{ranges: []}, 'there is no range: set "subnet", or "ranges"'],
    [{ranges: [[]]}, '"ranges"[0] is empty: it needs a range'],
    [{ranges: [{subnet: '10.1.0.0/24'}]}, '"ranges" must be a list of lists of ranges'],
    [{ranges: [[{subnet: '10.1.0.0/24'}, {subnet: 'fd00::/64'}]]}, 'a range set holds IPv4 and IPv6'],
    [
      {ranges: [[{subnet: '10.1.0.0/24'}, {subnet: '10.1.0.0/16'}]]},
      'the ranges 10.1.0.1-10.1.0.254 and 10.1.0.1-10.1.255.254 overlap',
    ],
    [{ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: '10.1.0.0/24'}]]}, 'overlap'],
    [{subnet: '10.1.0.0/24', ranges: [[{subnet: '10.1.0.0/24'}]]}, 'overlap'],
  ])('%j is refused', (ipam, message) => {
    expect(() => parse(ipam)).toThrow(message);
    expect(() => parse(ipam)).toThrow(expect.objectContaining({code: 7}));
  });

  test('may share a subnet if their ranges lie side by side', () => {
    const half = (start: number, end: number) => ({
      subnet: '10.1.0.0/24',
      rangeStart: `10.1.0.${start}`,
      rangeEnd: `10.1.0.${end}`,
    });
    expect(parse({ranges: [[half(2, 9)], [half(10, 19)]]})).toHaveLength(2);
    expect(() => parse({ranges: [[half(2, 9)], [half(9, 19)]]})).toThrow('overlap');
  });
});

describe('the order in which addresses are tried', () => {
  const small = {subnet: '10.1.0.0/29'};
  const two = {ranges: [[{subnet: '10.1.0.0/29', rangeStart: '10.1.0.5'}, {subnet: '10.2.0.0/30'}]]};

  test.each([
    ['at first from the beginning', small, undefined, ['.2', '.3', '.4', '.5', '.6']],
    ['then behind the last, round to the last itself', small, '10.1.0.4', ['.5', '.6', '.2', '.3', '.4']],
    ['from the beginning again behind the end', small, '10.1.0.6', ['.2', '.3', '.4', '.5', '.6']],
    ['without the gateway, though it was the last', small, '10.1.0.1', ['.2', '.3', '.4', '.5', '.6']],
    ['from the beginning if the last is of no range', small, '192.0.2.7', ['.2', '.3', '.4', '.5', '.6']],
    ['without a gateway in the middle', {...small, gateway: '10.1.0.4'}, undefined, ['.1', '.2', '.3', '.5', '.6']],
  ])('%s', (_how, ipam, last, ends) => {
    expect(order(ipam, last)).toEqual([ends.map(end => `10.1.0${end}`)]);
  });

  test('from range to range of a set, and round', () => {
    expect(order(two)).toEqual([['10.1.0.5', '10.1.0.6', '10.2.0.2']]);
    expect(order(two, '10.1.0.6')).toEqual([['10.2.0.2', '10.1.0.5', '10.1.0.6']]);
    expect(order(two, '10.2.0.2')).toEqual([['10.1.0.5', '10.1.0.6', '10.2.0.2']]);
  });
});

test('a range holds what lies between its ends, in its own family', () => {
  const [[range] = []] = parse({subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.12'});
  const held = ['10.1.0.8', '10.1.0.9', '10.1.0.12', '10.1.0.13', '::a01:9'].map(
    text => range && holds(range, parseAddress(text)),
  );
  expect(held).toEqual([false, true, true, false, false]);
});
