// ptp: what is refused, what a check finds and what mends it, what is done without a record. Whole plans are in test/plans.
import {describe, expect, test} from '@jest/globals';
import type {Facts, Link} from '../../src/kernel/facts.ts';
import {ptp} from '../../src/plugins/ptp/ptp.ts';
import {parseCniArgs} from '../../src/spec/cni-args.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';
import type {IpamResult, Result, ResultIp, Route} from '../../src/spec/result.ts';
import {bareHost, cni0, request} from './situation.ts';

const prepare = (conf: JsonObject, args = '') =>
  ptp.prepare(new Fields({type: 'ptp', ipam: {type: 'x'}, ...conf}, 'net.conf'), {
    ...request,
    args: parseCniArgs(args),
  });

const leased = (ips: readonly ResultIp[], routes: readonly Route[] = []): IpamResult => ({ips, routes, dns: {}});
const v4 = {address: '10.1.0.2/24', gateway: '10.1.0.1'};
const v6 = {address: 'fd00::2/64', gateway: 'fd00::1'};

describe('a configuration', () => {
  test.each([
    [{ipam: {}}, 'net.conf: "ipam" has no "type"'],
    [{mtu: 65536}, '"mtu" must be a whole number from 0 to 65535'],
    [{ipMasqBackend: 'x'}, '"ipMasqBackend" must be iptables or nftables, got "x"'],
    [{ipMasq: 1}, '"ipMasq" must be true or false'],
  ])('%j is refused', (conf, message) => {
    expect(() => prepare(conf)).toThrow(message);
    expect(() => prepare(conf)).toThrow(expect.objectContaining({code: 7}));
  });

  test('takes nft for masquerading, and no program otherwise', () => {
    expect([prepare({ipMasq: true}).tools, prepare({}).tools]).toEqual([['nft'], []]);
  });

  test('leaves to its IPAM plugin what CNI_ARGS hold, and takes the MAC', () => {
    const {result} = prepare({}, 'IP=10.1.0.9;MAC=02:00:00:00:00:0a').add(bareHost, leased([v4]), undefined);
    expect(result.interfaces[1]?.mac).toBe('02:00:00:00:00:0a');
  });
});

describe('addresses', () => {
  test.each([
    [leased([]), 'the IPAM plugin gave no address'],
    [leased([v4, {address: '10.2.0.2/24'}]), '10.2.0.2/24 has no "gateway": ptp needs one'],
  ])('%j are refused', (ipam, message) => {
    expect(() => prepare({}).add(bareHost, ipam, undefined)).toThrow(message);
  });

  test("the plugin's own dns wins over that of IPAM", () => {
    const ipam = {...leased([v4]), dns: {nameservers: ['10.1.0.1']}};
    const dnsOf = (conf: JsonObject) => prepare(conf).add(bareHost, ipam, undefined).result.dns;
    expect([dnsOf({}), dnsOf({dns: {domain: 'x'}})]).toEqual([{nameservers: ['10.1.0.1']}, {domain: 'x'}]);
  });
});

describe('a check', () => {
  const conf = {ipMasq: true};
  const {result} = prepare(conf).add(bareHost, leased([v4, v6], [{dst: '0.0.0.0/0'}]), undefined);
  const [host, container] = result.interfaces;
  const pair = {...cni0, kind: 'veth', up: true};
  const hostEnd: Link = {
    ...pair,
    index: 3,
    peer: 9,
    name: host?.name ?? '',
    mac: host?.mac ?? '',
    addresses: ['10.1.0.1/32', 'fd00::1/128'],
  };
  const containerEnd: Link = {
    ...pair,
    index: 9,
    peer: 3,
    name: 'eth0',
    mac: container?.mac ?? '',
    addresses: ['10.1.0.2/24', 'fd00::2/64'],
  };
  const route = (link: number, dst: string, gw?: string) => ({link, dst, gw, table: 254, priority: 0});
  const sound: Facts = {
    host: {[hostEnd.name]: hostEnd},
    container: {eth0: containerEnd},
    sysctls: {'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1'},
    masqueraded: ['10.1.0.0/24', 'fd00::/64'],
    routes: [
      route(9, '10.1.0.1/32'),
      route(9, '10.1.0.0/24', '10.1.0.1'),
      route(9, 'fd00::1/128'),
      route(9, 'fd00::/64', 'fd00::1'),
      route(9, '0.0.0.0/0', '10.1.0.1'),
    ],
    hostRoutes: [route(3, '10.1.0.2/32'), route(3, 'fd00::2/128')],
  };
  const faults = (facts: Partial<Facts>, of: Result = result) => prepare(conf).check({...sound, ...facts}, of);
  const without = (dst: string) => sound.routes.filter(other => other.dst !== dst);
  const atHost = (change: Partial<Link>) => ({host: {[hostEnd.name]: {...hostEnd, ...change}}});
  const inside = (change: Partial<Link>) => ({container: {eth0: {...containerEnd, ...change}}});

  test('asks for all that it looks at', () => {
    expect(prepare(conf).checkQuestion(result)).toMatchObject({
      hostLinks: [hostEnd.name],
      containerLinks: ['eth0'],
      masquerade: true,
      routes: true,
      hostRoutes: hostEnd.name,
    });
  });

  test('of what stands finds nothing, whatever others have added', () => {
    expect(faults({})).toEqual([]);
    const more = {
      ...atHost({promisc: true, mtu: 1280}),
      ...inside({addresses: ['192.0.2.7/32', ...containerEnd.addresses]}),
    };
    expect(faults({...more, routes: [route(9, '192.0.2.0/24'), ...sound.routes]})).toEqual([]);
  });

  test.each<[string, Partial<Facts>, string]>([
    [
      'forwarding',
      {sysctls: {...sound.sysctls, 'net/ipv4/ip_forward': '0'}},
      'missing: set "net/ipv4/ip_forward" to "1"',
    ],
    ['masquerading of one family', {masqueraded: ['10.1.0.0/24']}, 'missing: masquerade network "mynet"'],
    ['the host end, which is down,', atHost({up: false}), `"${hostEnd.name}" is down`],
    [
      'the MAC of the host end',
      atHost({mac: '02:00:00:00:00:77'}),
      `"${hostEnd.name}" has MAC 02:00:00:00:00:77, not ${hostEnd.mac}`,
    ],
    ['the gateway', atHost({addresses: ['fd00::1/128']}), `missing: add address "10.1.0.1/32" to "${hostEnd.name}"`],
    ['the way back', {hostRoutes: []}, `missing: add route "10.1.0.2/32" to "${hostEnd.name}"`],
    ['the address', inside({addresses: ['fd00::2/64']}), 'missing: add address "10.1.0.2/24" to "eth0"'],
    [
      "the container's MAC",
      inside({mac: '02:00:00:00:00:77'}),
      `"eth0" has MAC 02:00:00:00:00:77, not ${containerEnd.mac}`,
    ],
    ['the interface, which is down,', inside({up: false}), '"eth0" is down'],
    ['the route to the gateway', {routes: without('10.1.0.1/32')}, 'missing: add route "10.1.0.1/32" to "eth0"'],
    [
      'the route to the subnet',
      {routes: without('fd00::/64')},
      'missing: add route "fd00::/64" via "fd00::1" to "eth0"',
    ],
    [
      'the route of the result',
      {routes: without('0.0.0.0/0')},
      'missing: add route "0.0.0.0/0" via "10.1.0.1" to "eth0"',
    ],
    [
      'the way by the gateway',
      {routes: [...sound.routes, route(9, '10.1.0.0/24')]},
      'route "10.1.0.0/24" of "eth0" goes past the gateway',
    ],
    ['the pair', {host: {}, container: {}}, `the pair "${hostEnd.name}" and "eth0" is not there`],
  ])('finds that %s is gone, and says what mends it', (_what, facts, words) => {
    const found = faults(facts);
    expect(found.map(({what}) => what)).toContain(words);
    expect(found.every(({mend}) => mend.length > 0)).toBe(true);
  });

  test('mends an interface that was down without the routes that the kernel makes then, and before what needs it', () => {
    const found = faults({...inside({up: false}), routes: []});
    const mends = found.flatMap(({mend}) => mend).map(op => ('dst' in op ? `${op.op} ${op.dst}` : op.op));
    expect(mends.slice(0, 3)).toEqual(['link.set', 'route.delete 10.1.0.0/24', 'route.delete fd00::/64']);
    const routes = found.flatMap(({mend}) => mend).flatMap(op => (op.op === 'route.add' ? [op.route.dst] : []));
    expect(routes.indexOf('10.1.0.1/32')).toBeLessThan(routes.indexOf('0.0.0.0/0'));
  });

  test('of a pair of which one end is left, or that is not one pair, mends nothing', () => {
    expect(faults({container: {}})).toEqual([{what: expect.stringContaining('is not there'), mend: []}]);
    const other = faults(inside({peer: 77}));
    expect(other).toEqual([{what: `"eth0" is not the other end of "${hostEnd.name}"`, mend: []}]);
  });

  test('finds no fault with a MAC of which the result says nothing', () => {
    const silent = {...result, interfaces: [{name: hostEnd.name}, {name: 'eth0', sandbox: '/x'}]};
    expect(faults({}, silent)).toEqual([]);
  });

  test('leaves to other plugins what is on interfaces of theirs', () => {
    const more = {
      ...result,
      interfaces: [...result.interfaces, {name: 'eth1', sandbox: '/x'}],
      ips: [...result.ips, {address: '192.0.2.7/24', interface: 2}],
    };
    expect(faults({}, more)).toEqual([]);
  });
});
