// Which network a wish is for, what its plugins then get, and whose default routes are left out.
import {describe, expect, test} from '@jest/globals';
import {prepareChain} from '../../../src/runtime/chain.ts';
import {defaultsIn, withoutDefaults} from '../../../src/runtime/wishes/default-route.ts';
import {checkGranted, grantWishes} from '../../../src/runtime/wishes/grant.ts';
import {type OwnWishes, placeWishes} from '../../../src/runtime/wishes/placement.ts';
import {noWishes, wishesOf} from '../../../src/runtime/wishes/wishes.ts';
import type {JsonObject} from '../../../src/spec/fields.ts';
import type {Network} from '../../../src/spec/network.ts';
import type {Result} from '../../../src/spec/result.ts';

function network(name: string, ...plugins: readonly JsonObject[]): Network {
  const parsed = plugins.map(json => ({type: String(json.type), json}));
  const flags = {disableCheck: false, disableGC: false, keepSeconds: 0};
  return {name, cniVersion: '1.0.0', plugins: parsed, file: `${name}.conflist`, ...flags};
}

const selected = ['web:eth0', 'db:eth1', 'db:net1'].map(entry => {
  const [name = '', ifName = ''] = entry.split(':');
  return {network: network(name, {type: 'bridge'}), ifName};
});

const wishes = (asked: Readonly<Record<string, string>>) =>
  wishesOf(Object.fromEntries(Object.entries(asked).map(([key, value]) => [`io.cni-hook.${key}`, value])));

describe('a wish is for', () => {
  const placed = (asked: Readonly<Record<string, string>>) =>
    placeWishes(selected, wishes(asked)).map(
      ({network, ifName, own: {ips, mac, ports}}) =>
        `${network.name}:${ifName} ${[...ips, mac ?? '-', ...ports.map(({hostPort}) => hostPort)].join(' ')}`,
    );

  test.each<[Readonly<Record<string, string>>, readonly string[]]>([
    [{}, ['web:eth0 -', 'db:eth1 -', 'db:net1 -']],
    [{ip: '10.0.0.1', ports: '80:80'}, ['web:eth0 10.0.0.1 - 80', 'db:eth1 -', 'db:net1 -']],
    [{ip: 'db=10.0.0.1,fd00::1,db=fd00::2'}, ['web:eth0 fd00::1 -', 'db:eth1 10.0.0.1 fd00::2 -', 'db:net1 -']],
    [{ip: 'db:net1=10.0.0.1'}, ['web:eth0 -', 'db:eth1 -', 'db:net1 10.0.0.1 -']],
    [
      {mac: 'db:net1=02:00:00:00:00:01,02:00:00:00:00:02'},
      ['web:eth0 02:00:00:00:00:02', 'db:eth1 -', 'db:net1 02:00:00:00:00:01'],
    ],
    [{'default-route': 'db', ports: '80:80'}, ['db:eth1 - 80', 'web:eth0 -', 'db:net1 -']],
    [{'default-route': 'db:net1', ip: '10.0.0.1'}, ['db:net1 -', 'web:eth0 10.0.0.1 -', 'db:eth1 -']],
  ])('%j', (asked, expected) => {
    expect(placed(asked)).toEqual(expected);
  });

  test.each<[Readonly<Record<string, string>>, string]>([
    [{ip: 'x=10.0.0.1'}, '10.0.0.1 is asked for "x", where the container is not: it is in web:eth0, db:eth1, db:net1'],
    [{ip: 'web:eth9=10.0.0.1'}, '10.0.0.1 is asked for "web:eth9"'],
    [{mac: 'x=02:00:00:00:00:01'}, '02:00:00:00:00:01 is asked for "x"'],
    [{'default-route': 'x'}, 'the default route is asked for "x"'],
    [
      {mac: '02:00:00:00:00:01,web=02:00:00:00:00:02'},
      '02:00:00:00:00:01 and 02:00:00:00:00:02 are asked for "web:eth0": it has one MAC',
    ],
  ])('none: %j', (asked, reason) => {
    expect(() => placed(asked)).toThrow(reason);
  });
});

describe('what the plugins get', () => {
  const own: OwnWishes = {
    ips: ['10.0.0.1'],
    mac: '02:00:00:00:00:01',
    ports: [{hostPort: 80, containerPort: 8080, protocol: 'tcp'}],
  };
  const portMappings = [{hostPort: 80, containerPort: 8080, protocol: 'tcp'}];
  const granted = (plugins: readonly JsonObject[], wished = own) =>
    grantWishes(network('web', ...plugins), noWishes, wished).plugins.map(({type, json}) => [type, json.runtimeConfig]);
  const both = {ips: own.ips, mac: own.mac};

  test('ours get addresses and MAC without declaring them, and a portmap is added', () => {
    expect(granted([{type: 'bridge'}])).toEqual([
      ['bridge', both],
      ['portmap', {portMappings}],
    ]);
  });

  test('a plugin of others gets what it declares, and nothing else', () => {
    const capabilities = {ips: true, portMappings: true};
    const wished = {...own, mac: undefined};
    expect(granted([{type: 'vlan', capabilities}, {type: 'sbr'}], wished)).toEqual([
      ['vlan', {ips: own.ips, portMappings}],
      ['sbr', undefined],
    ]);
  });

  test('what the file says already stays, and nothing is added where nothing is wished for', () => {
    const plugins = [{type: 'bridge', runtimeConfig: {mac: '02:00:00:00:00:09'}}];
    expect(granted(plugins)[0]).toEqual(['bridge', {ips: own.ips, mac: '02:00:00:00:00:09'}]);
    expect(granted([{type: 'bridge'}], {ips: [], mac: undefined, ports: []})).toEqual([['bridge', undefined]]);
  });

  test('nobody there who could heed it is told before anything is done', () => {
    const message =
      'network "web" takes no "ips": its plugins (vlan, bridge) are not ours: add "capabilities": {"ips": true}';
    const external = {type: 'bridge', 'cni-hook': {external: true}};
    expect(() => granted([{type: 'vlan'}, external])).toThrow(message);
  });

  test('nobody having heeded it is told by the result', () => {
    const result = (address: string, mac: string): Result => ({
      interfaces: [
        {name: 'eth0', mac: 'ff:ff:ff:ff:ff:ff'},
        {name: 'eth0', mac, sandbox: '/x'},
      ],
      ips: [{address}],
      routes: [],
      dns: {},
    });
    const check = (got: Result) => checkGranted('web', 'eth0', own, got);
    expect(() => check(result('10.0.0.1/24', '02:00:00:00:00:01'))).not.toThrow();
    expect(() => check(result('10.0.0.2/24', '02:00:00:00:00:01'))).toThrow(
      'network "web" was asked for 10.0.0.1, and its plugins gave 10.0.0.2/24',
    );
    expect(() => check(result('10.0.0.1/24', '02:00:00:00:00:02'))).toThrow(
      'was asked for 02:00:00:00:00:01, and its plugins gave 02:00:00:00:00:02',
    );
  });
});

describe('a default route that there is', () => {
  const routes = [
    {dst: '0.0.0.0/0', gw: '10.0.0.1'},
    {dst: '::/0', gw: 'fd00::1'},
    {dst: '0.0.0.0/0', gw: '10.0.0.1', table: 100},
    {dst: '10.9.0.0/16', gw: '10.0.0.1'},
  ];
  const addresses = ['10.0.0.9/24', 'fd00::9/64'].map(address => ({address}));
  const bridge = {type: 'bridge', ipam: {type: 'static', addresses, routes}};
  const request = {network: 'web', containerId: 'c1', ifName: 'eth0', netns: '/n', salt: '', args: noWishes.args};
  const facts = {host: {}, container: {}, sysctls: {}, masqueraded: [], routes: []};

  test.each<[readonly (4 | 6)[], readonly string[]]>([
    [[], ['0.0.0.0/0', '::/0', '0.0.0.0/0 100', '10.9.0.0/16']],
    [[4], ['::/0', '0.0.0.0/0 100', '10.9.0.0/16']],
    [
      [4, 6],
      ['0.0.0.0/0 100', '10.9.0.0/16'],
    ],
  ])('of the families %j is left out of plan and result', (families, expected) => {
    const chain = withoutDefaults(prepareChain(network('web', bridge), request, '/d'), new Set(families));
    const [segment] = chain.segments;
    if (segment?.kind !== 'own') throw new Error('expected a segment of ours');
    const leased = segment.lease({} as never);
    const {plan, result} = segment.plan(facts as never, leased, undefined);
    const words = ({dst, table}: {readonly dst: string; readonly table?: number}) =>
      [dst, table].filter(Boolean).join(' ');
    expect(result.routes.map(route => words(route))).toEqual(expected);
    expect(plan.own.flatMap(op => (op.op === 'route.add' ? [words(op.route)] : []))).toEqual(expected);
  });

  test('is found by its family, in the main table', () => {
    const only = (...found: Result['routes']): Result => ({interfaces: [], ips: [], routes: found, dns: {}});
    expect([...defaultsIn([only({dst: '0.0.0.0/0', table: 100}), only({dst: '10.0.0.0/8'})])]).toEqual([]);
    expect([...defaultsIn([only({dst: '::/0', table: 254}), only({dst: '0.0.0.0/0'})])]).toEqual([6, 4]);
  });
});
