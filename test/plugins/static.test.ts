// static: where its addresses come from, and that it holds nothing.
import {describe, expect, test} from '@jest/globals';
import {staticAddresses} from '../../src/plugins/static/static.ts';
import {parseCniArgs} from '../../src/spec/cni-args.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';
import {portsOver, request} from './situation.ts';

const configured = {addresses: [{address: '10.1.0.5/24', gateway: '10.1.0.1'}]};

function prepare(ipam: JsonObject | undefined, more: JsonObject = {}, args = '') {
  const conf = {cniVersion: '1.0.0', ...(ipam && {ipam: {type: 'static', ...ipam}}), ...more};
  return staticAddresses.prepare(new Fields(conf, 'net.conf'), {...request, args: parseCniArgs(args)}, '/data');
}

const add = (...of: Parameters<typeof prepare>) => prepare(...of).add(portsOver());
const ipsOf = (...of: Parameters<typeof prepare>) =>
  add(...of).ips.map(({address, gateway}) => `${address}${gateway === undefined ? '' : ` via ${gateway}`}`);

describe('addresses', () => {
  test('of the configuration come with its routes and dns, in their shortest form', () => {
    const ipam = {
      addresses: [{address: '10.1.0.5/24'}, {address: '3ffe:ffff:0:01ff::1/64', gateway: '3ffe:ffff:0::1'}],
      routes: [{dst: '0.0.0.0/0'}],
      dns: {nameservers: ['10.1.0.1']},
    };
    expect(add(ipam)).toEqual({
      ips: [{address: '10.1.0.5/24'}, {address: '3ffe:ffff:0:1ff::1/64', gateway: '3ffe:ffff::1'}],
      routes: [{dst: '0.0.0.0/0'}],
      dns: {nameservers: ['10.1.0.1']},
    });
  });

  test.each<[string, string[], JsonObject, string]>([
    [
      'CNI_ARGS add to them',
      ['10.1.0.5/24 via 10.1.0.1', '10.2.0.5/16', 'fd00::5/64'],
      {},
      'IP=10.2.0.5/16, fd00::5/64',
    ],
    ['`args` win over them', ['10.3.0.5/24'], {args: {cni: {ips: ['10.3.0.5/24']}}}, 'IP=10.2.0.5/16'],
    [
      'the capability wins over all',
      ['10.4.0.5/24'],
      {args: {cni: {ips: ['10.3.0.5/24']}}, runtimeConfig: {ips: ['10.4.0.5/24']}},
      'IP=10.2.0.5/16',
    ],
    [
      'a gateway of CNI_ARGS is that of the addresses of its subnet',
      ['10.1.0.5/24 via 10.1.0.9', '10.2.0.5/16 via 10.2.0.1'],
      {},
      'IP=10.2.0.5/16;GATEWAY=10.2.0.1,10.1.0.9',
    ],
    ['what nobody knows may be let pass', ['10.1.0.5/24 via 10.1.0.1'], {}, 'K8S=1;IgnoreUnknown=1'],
  ])('%s', (_what, ips, more, args) => {
    expect(ipsOf(configured, more, args)).toEqual(ips);
  });

  test('may be none: whoever needs one says so', () => {
    expect(ipsOf({})).toEqual([]);
  });
});

describe('refused', () => {
  test.each<[JsonObject | undefined, JsonObject, string, number, string]>([
    [undefined, {}, '', 7, 'net.conf: there is no "ipam"'],
    [{addresses: [{address: '10.1.0.5'}]}, {}, '', 7, '"address": "10.1.0.5" is not an address with a prefix length'],
    [{addresses: [{address: '10.1.0.5/24', gateway: 'x'}]}, {}, '', 7, '"gateway": "x" is not an IP address'],
    [configured, {runtimeConfig: {ips: ['10.1.0.6']}}, '', 7, '"runtimeConfig", "ips": "10.1.0.6" is not an address'],
    [configured, {args: {cni: {ips: ['x']}}}, '', 7, '"cni", "ips": "x" is not an address'],
    [configured, {}, 'IP=10.2.0.5', 4, 'CNI_ARGS: IP: "10.2.0.5" is not an address with a prefix length'],
    [configured, {}, 'GATEWAY=x', 4, 'CNI_ARGS: GATEWAY: "x" is not an IP address'],
    [configured, {}, 'MAC=02:00:00:00:00:01', 4, 'unknown args ["MAC"]'],
    [
      {addresses: [{address: '10.1.0.5/24'}, {address: '10.2.0.5/24'}]},
      {cniVersion: '0.2.0'},
      '',
      7,
      '"0.2.0" does not allow more than one address of a family',
    ],
  ])('%j with %j and CNI_ARGS "%s" as code %i', (ipam, more, args, code, message) => {
    expect(() => add(ipam, more, args)).toThrow(message);
    expect(() => add(ipam, more, args)).toThrow(expect.objectContaining({code}));
  });

  test('one of each family is not, in any version', () => {
    const ipam = {addresses: [{address: '10.1.0.5/24'}, {address: 'fd00::5/64'}]};
    expect(ipsOf(ipam, {cniVersion: '0.1.0'})).toHaveLength(2);
  });
});

describe('its other verbs', () => {
  const {check} = prepare({addresses: [...configured.addresses, {address: 'fd00::5/64'}]});

  test('CHECK finds what the result does not hold, in whatever form it stands there', () => {
    const sound = [
      {address: '10.1.0.5/24', gateway: '10.1.0.1'},
      {address: 'fd00:0::5/64', gateway: 'fd00::1'},
    ];
    expect(() => check(portsOver(), sound)).not.toThrow();
    expect(() => check(portsOver(), [{address: '10.1.0.5/24', gateway: '10.1.0.7'}])).toThrow(
      'the result does not hold 10.1.0.5/24 via 10.1.0.1, fd00::5/64',
    );
    expect(() => check(portsOver(), [])).toThrow(expect.objectContaining({code: 108}));
  });

  test('DEL and GC have nothing to give back, whatever the configuration says', () => {
    const wrong = prepare({addresses: 'x'}, {}, 'FOO=1');
    expect(() => [wrong.del(portsOver()), wrong.gc(portsOver(), () => false)]).not.toThrow();
    expect(wrong.directory).toBeUndefined();
  });

  test('STATUS says what is wrong with the configuration', () => {
    expect(() => prepare(configured).status(portsOver())).not.toThrow();
    expect(() => prepare({addresses: 'x'}).status(portsOver())).toThrow('"addresses" must be a list');
  });
});
