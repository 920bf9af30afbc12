// host-local as a plugin: what its configuration says, what a caller may ask for, and each of its verbs over its ports.
import {describe, expect, test} from '@jest/globals';
import {hostLocal} from '../../src/plugins/host-local/host-local.ts';
import type {AttachmentRequest, IpamPorts} from '../../src/plugins/plugin.ts';
import {parseCniArgs} from '../../src/spec/cni-args.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';
import {memoryLeases, memoryStore} from './memory-leases.ts';
import {portsOver, request} from './situation.ts';

const subnet = '10.1.0.0/24';

function prepare(ipam: JsonObject, more: JsonObject & Partial<{of: Partial<AttachmentRequest>}> = {}) {
  const {of, ...conf} = more as {of?: Partial<AttachmentRequest>};
  return hostLocal.prepare(
    new Fields({...conf, ipam: {type: 'host-local', ...ipam}}, 'net.conf'),
    {...request, ...of},
    '/data',
  );
}

const c2 = {of: {containerId: 'c2'}} as never;
const addressesOf = (result: {readonly ips: readonly {readonly address: string}[]}) =>
  result.ips.map(({address}) => address);

describe('leases lie', () => {
  test.each([
    [{subnet}, '/data/mynet'],
    [{subnet, dataDir: '/elsewhere'}, '/elsewhere/mynet'],
    [{subnet, dataDir: ''}, '/data/mynet'],
  ])('of %j in %s', (ipam, directory) => {
    const opened: string[] = [];
    const ports: IpamPorts = {
      ...portsOver(),
      openLeases: path => {
        opened.push(path);
        return memoryStore();
      },
    };
    prepare(ipam).add(ports);
    expect([prepare(ipam).directory, opened]).toEqual([directory, [directory]]);
  });
});

describe('an answer', () => {
  test('holds the routes of the configuration, and no dns where none was asked for', () => {
    expect(prepare({subnet, routes: [{dst: '0.0.0.0/0'}]}).add(portsOver())).toEqual({
      ips: [{address: '10.1.0.2/24', gateway: '10.1.0.1'}],
      routes: [{dst: '0.0.0.0/0'}],
      dns: {},
    });
  });

  test('holds the dns of the file that resolvConf names', () => {
    const ports = portsOver(memoryStore(), {'/etc/resolv.conf': 'nameserver 10.1.0.1\n'});
    expect(prepare({subnet, resolvConf: '/etc/resolv.conf'}).add(ports).dns).toEqual({nameservers: ['10.1.0.1']});
  });

  test('is not given, and no address taken, if that file can not be read', () => {
    const leases = memoryLeases();
    const add = () => prepare({subnet, resolvConf: '/nowhere'}).add(portsOver(memoryStore(leases)));
    expect(add).toThrow('cannot read "resolvConf" "/nowhere": no such file or directory');
    expect(leases.given).toEqual([]);
  });

  test('comes with those in the way for whoever listens', () => {
    const leases = memoryLeases();
    leases.reserve('10.1.0.2', {containerId: 'dead', ifName: 'eth0'});
    const met: string[] = [];
    const ports = {
      ...portsOver(memoryStore(leases)),
      met: (_: string, found: readonly {address: string}[]) => void met.push(...found.map(({address}) => address)),
    };
    prepare({subnet}).add(ports);
    expect(met).toEqual(['10.1.0.2']);
  });
});

describe('a wish', () => {
  const ports = () => portsOver();

  test.each<[string, JsonObject, string]>([
    ['by CNI_ARGS', {of: {args: parseCniArgs('IP=10.1.0.9')}} as never, '10.1.0.9/24'],
    ['by CNI_ARGS with a length', {of: {args: parseCniArgs('IP=10.1.0.9/16')}} as never, '10.1.0.9/24'],
    ['by args', {args: {cni: {ips: ['10.1.0.9']}}}, '10.1.0.9/24'],
    ['by the ips capability', {runtimeConfig: {ips: ['10.1.0.9/24']}}, '10.1.0.9/24'],
  ])('%s is met', (_how, more, address) => {
    expect(addressesOf(prepare({subnet}, more).add(ports()))).toEqual([address]);
  });

  test('for one set leaves the other to us, and the round robin as it was', () => {
    const leases = memoryLeases();
    const ranges = [[{subnet}], [{subnet: 'fd00::/64'}]];
    const result = prepare({ranges}, {runtimeConfig: {ips: ['fd00::9']}}).add(portsOver(memoryStore(leases)));
    expect(addressesOf(result)).toEqual(['10.1.0.2/24', 'fd00::9/64']);
    expect([leases.last(0), leases.last(1)]).toEqual(['10.1.0.2', undefined]);
  });

  test('asked for again by the same owner is met again', () => {
    const same = ports();
    const wish = prepare({subnet}, {runtimeConfig: {ips: ['10.1.0.9']}});
    expect(wish.add(same)).toEqual(wish.add(same));
  });

  test.each([
    ['of no range', ['192.0.2.1'], 'failed to allocate all requested IPs: 192.0.2.1', 7],
    ['twice from one set', ['10.1.0.8', '10.1.0.9'], 'failed to allocate all requested IPs: 10.1.0.9', 7],
    ['for the gateway', ['10.1.0.1'], 'requested IP 10.1.0.1 is the gateway of its range', 7],
    ['for what is none', ['x'], '"x" is not an IP address', 7],
  ])('%s is refused, and nothing is taken', (_what, ips, message, code) => {
    const leases = memoryLeases();
    const add = () => prepare({subnet}, {runtimeConfig: {ips}}).add(portsOver(memoryStore(leases)));
    expect(add).toThrow(message);
    expect(add).toThrow(expect.objectContaining({code}));
    expect(leases.given).toEqual([]);
  });

  test('for an address that somebody holds is refused, and who it is is said', () => {
    const same = ports();
    prepare({subnet}, c2).add(same);
    const add = () => prepare({subnet}, {runtimeConfig: {ips: ['10.1.0.2']}}).add(same);
    expect(add).toThrow('requested IP 10.1.0.2 is not available: container "c2" holds it');
    expect(add).toThrow(expect.objectContaining({code: 102}));
  });

  test('for another address than the interface holds is refused', () => {
    const same = ports();
    prepare({subnet}).add(same);
    expect(() => prepare({subnet}, {runtimeConfig: {ips: ['10.1.0.9']}}).add(same)).toThrow(
      'requested IP 10.1.0.9: the interface holds 10.1.0.2 already',
    );
  });

  test('by an argument that host-local does not know is refused', () => {
    expect(() => prepare({subnet}, {of: {args: parseCniArgs('GATEWAY=10.1.0.9')}} as never)).toThrow(
      'unknown args ["GATEWAY"]',
    );
  });

  test('for ranges by the capability comes before those of the configuration', () => {
    const more = {cniVersion: '1.0.0', runtimeConfig: {ipRanges: [[{subnet: '10.7.0.0/24'}]]}};
    expect(addressesOf(prepare({subnet}, more).add(ports()))).toEqual(['10.7.0.2/24', '10.1.0.2/24']);
  });
});

describe('its other verbs', () => {
  test('DEL gives back what the owner holds, and nothing of anybody else, any number of times', () => {
    const leases = memoryLeases();
    const ports = portsOver(memoryStore(leases));
    prepare({subnet}).add(ports);
    prepare({subnet}, c2).add(ports);
    prepare({subnet}).del(ports);
    prepare({subnet}).del(ports);
    expect(leases.all().map(({owner}) => owner?.containerId)).toEqual(['c2']);
  });

  test('CHECK is content with what was given, and names what is lost', () => {
    const leases = memoryLeases();
    const ports = portsOver(memoryStore(leases));
    const {ips} = prepare({subnet}).add(ports);
    expect(() => prepare({subnet}).check(ports, ips)).not.toThrow();
    leases.release(request);
    const check = () => prepare({subnet}).check(ports, ips);
    expect(check).toThrow('container "c1" holds no lease of 10.1.0.2 in "/data/mynet" for "eth0"');
    expect(check).toThrow(expect.objectContaining({code: 108}));
  });

  test('GC takes the leases of those that are not valid, and of nobody', () => {
    const leases = memoryLeases();
    const ports = portsOver(memoryStore(leases));
    prepare({subnet}).add(ports);
    prepare({subnet}, c2).add(ports);
    prepare({subnet}).gc(ports, owner => owner.containerId === 'c2');
    expect(leases.all().map(({owner}) => owner?.containerId)).toEqual(['c2']);
  });

  test('STATUS says that it has addresses to give, until it has none', () => {
    const small = {subnet: '10.1.0.0/30'};
    const ports = portsOver(memoryStore(memoryLeases()));
    expect(() => prepare(small).status(ports)).not.toThrow();
    prepare(small).add(ports);
    expect(() => prepare(small).status(ports)).toThrow('no address is free in 10.1.0.1-10.1.0.2');
    expect(() => prepare(small).status(ports)).toThrow(expect.objectContaining({code: 50}));
  });
});
