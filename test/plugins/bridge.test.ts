// bridge: what is refused, which MAC and which gateway it takes, and what a check finds. Whole plans are in test/plans.
import {describe, expect, test} from '@jest/globals';
import type {Facts, Link} from '../../src/kernel/facts.ts';
import {bridge} from '../../src/plugins/bridge/bridge.ts';
import {parseCniArgs} from '../../src/spec/cni-args.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';
import type {IpamResult, Result, ResultIp, Route} from '../../src/spec/result.ts';
import {bareHost, cni0, request} from './situation.ts';

const prepare = (conf: JsonObject, args = '') =>
  bridge.prepare(new Fields({type: 'bridge', ...conf}, 'net.conf'), {...request, args: parseCniArgs(args)});

const leased = (ips: readonly ResultIp[], routes: readonly Route[] = []): IpamResult => ({ips, routes, dns: {}});
const v4 = {address: '10.1.0.2/24', gateway: '10.1.0.1'};

const add = (conf: JsonObject, ipam: IpamResult | undefined = leased([v4]), facts = bareHost) =>
  prepare(conf).add(facts, ipam, undefined);

describe('a configuration', () => {
  test.each([
    [{hairpinMode: true, promiscMode: true}, '"hairpinMode" and "promiscMode" exclude each other'],
    [{bridge: 'a/b'}, '"bridge": interface name "a/b" is not allowed'],
    [{bridge: 'x'.repeat(16)}, 'it is longer than 15 bytes'],
    [{mtu: -1}, '"mtu" must be a whole number from 0 to 65535, got -1'],
    [{mtu: '1400'}, '"mtu" must be a whole number'],
    [{isGateway: 'true'}, '"isGateway" must be true or false, got "true"'],
    [{mac: '01:00:5e:00:00:01'}, '"mac": "01:00:5e:00:00:01" is a multicast MAC address'],
    [{ipam: 'host-local'}, 'net.conf, "ipam": expected an object, got "host-local"'],
    [{dns: {nameservers: 'x'}}, 'net.conf, "dns": "nameservers" must be a list'],
  ])('%j is refused', (conf, message) => {
    expect(() => prepare(conf)).toThrow(message);
    expect(() => prepare(conf)).toThrow(/^net\.conf/);
    expect(() => prepare(conf)).toThrow(expect.objectContaining({code: 7}));
  });

  test('without a bridge means cni0', () => {
    expect(prepare({}).question.hostLinks).toEqual(['cni0']);
    expect(prepare({bridge: ''}).question.hostLinks).toEqual(['cni0']);
  });

  test('names its IPAM plugin, if it has one', () => {
    expect([prepare({ipam: {type: 'host-local'}}).ipam, prepare({ipam: {}}).ipam, prepare({}).ipam]).toEqual([
      'host-local',
      undefined,
      undefined,
    ]);
  });

  test('asks for the masquerade chain only if it needs it', () => {
    expect([prepare({ipMasq: true}).question.masquerade, prepare({}).question.masquerade]).toEqual([true, false]);
  });
});

describe("the container's MAC", () => {
  const macs = {
    runtime: '02:00:00:00:00:0a',
    args: '02:00:00:00:00:0b',
    own: '02:00:00:00:00:0c',
    cni: '02:00:00:00:00:0d',
  };
  const macOf = (conf: JsonObject, args = '') =>
    prepare(conf, args).add(bareHost, leased([v4]), undefined).result.interfaces[2]?.mac;

  test.each([
    [
      'the capability above all',
      {runtimeConfig: {mac: macs.runtime}, args: {cni: {mac: macs.args}}, mac: macs.own},
      `MAC=${macs.cni}`,
      macs.runtime,
    ],
    ['then args', {args: {cni: {mac: macs.args}}, mac: macs.own}, `MAC=${macs.cni}`, macs.args],
    ['then CNI_ARGS', {mac: macs.own}, `MAC=${macs.cni}`, macs.cni],
    ['then our own key', {mac: macs.own}, '', macs.own],
  ])('is %s', (_what, conf, args, mac) => {
    expect(macOf(conf, args)).toBe(mac);
  });

  test('of CNI_ARGS is refused by that name', () => {
    expect(() => prepare({}, 'MAC=first')).toThrow(
      expect.objectContaining({code: 4, message: expect.stringMatching(/^CNI_ARGS: MAC: "first" is not a MAC/)}),
    );
  });

  test('is made up otherwise, another one at every start', () => {
    const macAt = (salt: string) =>
      bridge.prepare(new Fields({}, 'x'), {...request, salt}).add(bareHost, leased([v4]), undefined).result
        .interfaces[2]?.mac;
    expect(macAt('a')).toMatch(/^.[26ae](:..){5}$/);
    expect(macAt('a')).toBe(macAt('a'));
    expect(macAt('a')).not.toBe(macAt('b'));
  });
});

describe('addresses', () => {
  test('an IPAM plugin that gives none is refused', () => {
    expect(() => add({}, leased([]))).toThrow('network "mynet": the IPAM plugin gave no address');
  });

  test('the first of the subnet is the gateway where IPAM names none', () => {
    const {plan, result} = add({isGateway: true}, leased([{address: '10.1.7.9/20'}]));
    expect(result.ips).toEqual([{address: '10.1.7.9/20', gateway: '10.1.0.1', interface: 2}]);
    expect(plan.shared).toContainEqual({op: 'address.add', netns: 'host', link: 'cni0', address: '10.1.0.1/20'});
  });

  test('without isGateway the bridge has no address, and the host forwards nothing for it', () => {
    const kinds = add({}).plan.shared.map(({op}) => op);
    expect(kinds).not.toContain('address.add');
    expect(add({}).plan.shared).not.toContainEqual(expect.objectContaining({key: 'net/ipv4/ip_forward'}));
  });

  test('several of one subnet need one gateway', () => {
    const two = leased([v4, {address: '10.1.0.30/24', gateway: '10.1.0.1'}]);
    const gateways = add({isGateway: true}, two).plan.shared.filter(({op}) => op === 'address.add');
    expect(gateways).toHaveLength(1);
  });
});

describe('the default route of isDefaultGateway', () => {
  const routes = (configured: readonly Route[]) =>
    add({isDefaultGateway: true}, leased([v4], configured)).result.routes;

  test('is left out where the configuration brings one with a gateway', () => {
    const own = {dst: '0.0.0.0/0', gw: '10.1.0.9'};
    expect(routes([own])).toEqual([own]);
  });

  test('is one of the other family, or of a part of the world, beside it', () => {
    const others = [
      {dst: '::/0', gw: 'fd00::9'},
      {dst: '0.0.0.0/1', gw: '10.1.0.9'},
    ];
    expect(routes(others)).toEqual([...others, {dst: '0.0.0.0/0', gw: '10.1.0.1'}]);
  });

  test('is one, not two, where the configuration brings one that leaves the gateway to us', () => {
    const {own} = add({isDefaultGateway: true}, leased([v4], [{dst: '0.0.0.0/0'}])).plan;
    expect(own.filter(({op}) => op === 'route.add')).toHaveLength(1);
  });
});

describe('a check', () => {
  const conf = {isGateway: true, ipMasq: true};
  const {result} = add(conf, leased([v4], [{dst: '0.0.0.0/0'}]));
  const [, host, container] = result.interfaces;
  const pair = {...cni0, kind: 'veth', mtu: 1500, up: true};
  const hostEnd: Link = {...pair, index: 3, name: host?.name ?? '', mac: host?.mac ?? '', master: 2};
  const containerEnd: Link = {...pair, index: 9, name: 'eth0', mac: container?.mac ?? '', addresses: ['10.1.0.2/24']};
  const route = {link: 9, dst: '0.0.0.0/0', gw: '10.1.0.1', table: 254, priority: 0};

  const sound: Facts = {
    host: {cni0: {...cni0, addresses: ['10.1.0.1/24']}, [hostEnd.name]: hostEnd},
    container: {eth0: containerEnd},
    sysctls: {'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1'},
    masqueraded: ['10.1.0.0/24'],
    routes: [route],
  };
  const faults = (facts: Partial<Facts>, of: Result = result) => prepare(conf).check({...sound, ...facts}, of);

  test('asks for all that it looks at', () => {
    expect(prepare(conf).checkQuestion(result)).toMatchObject({
      hostLinks: ['cni0', hostEnd.name],
      containerLinks: ['eth0'],
      masquerade: true,
      routes: true,
    });
  });

  test('of what stands finds nothing, whatever others have added', () => {
    expect(faults({})).toEqual([]);
    const more = {...containerEnd, addresses: ['fe80::1/64', '10.1.0.2/24', '192.0.2.7/32']};
    expect(faults({container: {eth0: more}, routes: [{...route, dst: '192.0.2.0/24'}, route]})).toEqual([]);
  });

  test.each<[string, Partial<Facts>, string]>([
    ['the gateway', {host: {...sound.host, cni0}}, 'missing: add address "10.1.0.1/24" to "cni0"'],
    [
      'forwarding',
      {sysctls: {...sound.sysctls, 'net/ipv4/ip_forward': '0'}},
      'missing: set "net/ipv4/ip_forward" to "1"',
    ],
    ['masquerading', {masqueraded: []}, 'missing: masquerade network "mynet"'],
    [
      'the bridge behind the pair',
      {host: {...sound.host, [hostEnd.name]: {...hostEnd, master: 7}}},
      `"${hostEnd.name}" is not a port of "cni0"`,
    ],
    [
      'the address',
      {container: {eth0: {...containerEnd, addresses: []}}},
      'missing: add address "10.1.0.2/24" to "eth0"',
    ],
    ['the route', {routes: []}, 'missing: add route "0.0.0.0/0" via "10.1.0.1" to "eth0"'],
    [
      'the route in its own table',
      {routes: [{...route, table: 7}]},
      'missing: add route "0.0.0.0/0" via "10.1.0.1" to "eth0"',
    ],
    ['the pair', {container: {}, host: {cni0: sound.host.cni0}}, `the pair "${hostEnd.name}" and "eth0" is not there`],
  ])('finds that %s is gone, and says what mends it', (_what, facts, words) => {
    const found = faults(facts);
    expect(found.map(({what}) => what)).toContain(words);
    expect(found.every(({mend}) => mend.length > 0)).toBe(true);
  });

  test('of a bridge without its gateway finds that, and nothing else', () => {
    expect(faults({host: {...sound.host, cni0}})).toHaveLength(1);
  });

  test('of a pair of which one end is left mends nothing', () => {
    expect(faults({container: {}})).toEqual([{what: expect.stringContaining('is not there'), mend: []}]);
  });

  test('looks for the names in the result, whoever made them', () => {
    const foreign = {
      ...result,
      interfaces: [{name: 'cni0'}, {name: 'vethforeign'}, {...container, name: 'eth0'}],
    } as Result;
    expect(prepare(conf).checkQuestion(foreign).hostLinks).toEqual(['cni0', 'vethforeign']);
  });
});
