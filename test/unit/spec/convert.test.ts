// A result in every version of the specification: what comes through, what an older version has no place for.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {formatAddress, formatCidr} from '../../../src/spec/address.ts';
import {parseResult, resultToJson} from '../../../src/spec/convert.ts';
import type {Json} from '../../../src/spec/fields.ts';
import type {Result} from '../../../src/spec/result.ts';
import {versions} from '../../../src/spec/version.ts';
import {addressOf, cidr, family, ifName} from '../arbitrary.ts';

const whole: Result = {
  interfaces: [
    {name: 'cni0', mac: '02:00:00:00:00:01'},
    {name: 'eth0', mac: '02:00:00:00:00:02', mtu: 1400, sandbox: '/proc/7/ns/net', socketPath: '/s', pciID: '0000:1'},
  ],
  ips: [
    {address: '10.1.0.2/24', gateway: '10.1.0.1', interface: 1},
    {address: 'fd00::2/64', interface: 0},
  ],
  routes: [{dst: '0.0.0.0/0', gw: '10.1.0.1', mtu: 1300, advmss: 1260, priority: 9, table: 0, scope: 0}, {dst: '::/0'}],
  dns: {nameservers: ['10.1.0.1'], domain: 'example.org', search: ['a'], options: ['ndots:2']},
};

/** What 0.3.0 to 1.0.0 know of it. */
const plain = {
  interfaces: [
    {name: 'cni0', mac: '02:00:00:00:00:01'},
    {name: 'eth0', mac: '02:00:00:00:00:02', sandbox: '/proc/7/ns/net'},
  ],
  ips: whole.ips,
  routes: [{dst: '0.0.0.0/0', gw: '10.1.0.1'}, {dst: '::/0'}],
  dns: whole.dns,
};

const early = {
  ip4: {ip: '10.1.0.2/24', gateway: '10.1.0.1', routes: [{dst: '0.0.0.0/0', gw: '10.1.0.1'}]},
  ip6: {ip: 'fd00::2/64', routes: [{dst: '::/0'}]},
  dns: whole.dns,
};

const withVersion = {
  ...plain,
  ips: [
    {...whole.ips[0], version: '4'},
    {...whole.ips[1], version: '6'},
  ],
};

test.each([
  ['0.1.0', early],
  ['0.2.0', early],
  ['0.3.0', withVersion],
  ['0.3.1', withVersion],
  ['0.4.0', withVersion],
  ['1.0.0', plain],
  ['1.1.0', whole],
] as const)('a whole result in version %s', (version, form) => {
  expect(resultToJson(whole, version)).toEqual({cniVersion: version, ...form});
});

describe('to and fro', () => {
  const route = family.chain(chosen =>
    fc.record(
      {
        dst: cidr.filter(made => made.address.family === chosen).map(formatCidr),
        gw: addressOf(chosen).map(formatAddress),
        priority: fc.nat(),
        table: fc.nat(),
      },
      {requiredKeys: ['dst']},
    ),
  );
  const ip = family.chain(chosen =>
    fc.record(
      {
        address: cidr.filter(made => made.address.family === chosen).map(formatCidr),
        gateway: addressOf(chosen).map(formatAddress),
        interface: fc.nat({max: 5}),
      },
      {requiredKeys: ['address']},
    ),
  );
  const result = fc.record({
    interfaces: fc.array(fc.record({name: ifName, mtu: fc.integer({min: 1, max: 65535})}, {requiredKeys: ['name']})),
    ips: fc.array(ip),
    routes: fc.array(route),
    dns: fc.record({nameservers: fc.array(fc.constant('10.1.0.1'), {minLength: 1})}, {requiredKeys: []}),
  });

  test('nothing is lost by the newest version', () => {
    fc.assert(
      fc.property(result, made => expect(parseResult(resultToJson(made, '1.1.0'), '1.1.0', 'x')).toEqual(made)),
    );
  });

  test.each(versions.filter(version => version > '0.2.0'))(
    'addresses, and the ways of routes, come through %s',
    version => {
      fc.assert(
        fc.property(result, made => {
          const read = parseResult(resultToJson(made, version), '1.1.0', 'x');
          expect(read.ips).toEqual(made.ips);
          expect(read.routes.map(({dst, gw}) => [dst, gw])).toEqual(made.routes.map(({dst, gw}) => [dst, gw]));
          expect(parseResult(resultToJson(read, version), version, 'x')).toEqual(read);
        }),
      );
    },
  );
});

describe('what is empty', () => {
  const nothing: Result = {interfaces: [], ips: [], routes: [], dns: {}};

  test('is left out, but for dns before 1.0.0', () => {
    expect(resultToJson(nothing, '1.1.0')).toEqual({cniVersion: '1.1.0'});
    expect(resultToJson(nothing, '1.0.0')).toEqual({cniVersion: '1.0.0'});
    expect(resultToJson(nothing, '0.4.0')).toEqual({cniVersion: '0.4.0', dns: {}});
  });

  test('has no form before 0.3.0', () => {
    expect(() => resultToJson(nothing, '0.2.0')).toThrow('cannot convert: no valid IP addresses');
  });

  test('is read as empty', () => {
    for (const version of versions) expect(parseResult({cniVersion: version}, '1.1.0', 'x')).toEqual(nothing);
  });
});

describe('reading', () => {
  test('an index of 0 is one, of -1 none', () => {
    const ips = [
      {address: '10.1.0.2/24', interface: 0},
      {address: '10.1.0.3/24', interface: -1},
      {address: '10.1.0.4/24'},
    ];
    const read = parseResult({cniVersion: '1.0.0', ips}, '1.1.0', 'x').ips;
    expect(read).toEqual([{address: '10.1.0.2/24', interface: 0}, {address: '10.1.0.3/24'}, {address: '10.1.0.4/24'}]);
  });

  test('a result without a version is of the version that was expected', () => {
    expect(parseResult({ip4: {ip: '10.1.0.2/24'}}, '0.2.0', 'x').ips).toEqual([{address: '10.1.0.2/24'}]);
    expect(parseResult({ips: [{address: '10.1.0.2/24'}]}, '1.0.0', 'x').ips).toEqual([{address: '10.1.0.2/24'}]);
  });

  test.each<[Json, string, number]>([
    [[], 'x: expected an object, got []', 7],
    [{cniVersion: '2.0.0'}, 'CNI version "2.0.0" is not one of 0.1.0', 1],
    [{cniVersion: 'x'}, '"cniVersion": "x" is not a version', 6],
    [{cniVersion: '1.0.0', ips: {}}, 'x: "ips" must be a list, got {}', 7],
    [{cniVersion: '1.0.0', ips: [{address: '10.1.0.2'}]}, '"10.1.0.2" is not an address with a prefix length', 7],
  ])('%j is refused', (json, message, code) => {
    expect(() => parseResult(json, '1.1.0', 'x')).toThrow(message);
    expect(() => parseResult(json, '1.1.0', 'x')).toThrow(expect.objectContaining({code}));
  });
});
