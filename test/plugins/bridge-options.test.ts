// The bridge's options: VLANs, isolation, the guard, duplicate detection, a container end that stays down, and whose MAC the
// bridge has. Whole plans are in test/plans.
import {describe, expect, test} from '@jest/globals';
import type {Facts, Link} from '../../src/kernel/facts.ts';
import {bridge} from '../../src/plugins/bridge/bridge.ts';
import {parseVlans} from '../../src/plugins/bridge/vlans.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';
import type {Result} from '../../src/spec/result.ts';
import {bareHost, cni0, request} from './situation.ts';

const prepare = (conf: JsonObject) => bridge.prepare(new Fields({type: 'bridge', ...conf}, 'net.conf'), request);
const v4 = {address: '10.1.0.2/24', gateway: '10.1.0.1'};
const add = (conf: JsonObject, facts: Facts = bareHost) =>
  prepare(conf).add(facts, {ips: [v4], routes: [], dns: {}}, undefined);

describe('VLANs', () => {
  const vlansOf = (conf: JsonObject) =>
    parseVlans(new Fields(conf, 'net.conf')).ofPort.map(
      ({first, last, untagged}) => `${first === last ? first : `${first}-${last}`}${untagged ? ' untagged' : ''}`,
    );

  test.each<[JsonObject, string[]]>([
    [{}, []],
    [{vlan: 0, vlanTrunk: []}, []],
    [{vlan: 4094}, ['4094 untagged']],
    [{vlanTrunk: [{id: 7}]}, ['1 untagged', '7']],
    [{vlanTrunk: [{minID: 1, maxID: 4094}]}, ['1 untagged', '2-4094']],
    [{vlan: 100, vlanTrunk: [{minID: 99, maxID: 101}]}, ['100 untagged', '99', '101']],
    [{vlanTrunk: [{minID: 7, maxID: 9}, {minID: 8, maxID: 10, id: 12}, {id: 11}]}, ['1 untagged', '7-12']],
  ])('of %j are %j', (conf, vlans) => {
    expect(vlansOf(conf)).toEqual(vlans);
  });

  test.each<[JsonObject, string]>([
    [{vlan: 4095}, '"vlan" must be a whole number from 0 to 4094, got 4095'],
    [{vlan: -1}, '"vlan" must be'],
    [{vlanTrunk: [{id: 0}]}, '"vlanTrunk"[0]: "id" must be a whole number from 1 to 4094, got 0'],
    [{vlanTrunk: [{id: 1}, {minID: 7}]}, '"vlanTrunk"[1]: a part of a trunk has "id", or "minID" and "maxID"'],
    [{vlanTrunk: [{maxID: 7}]}, 'a part of a trunk has'],
    [{vlanTrunk: [{}]}, 'a part of a trunk has'],
    [{vlanTrunk: [{minID: 9, maxID: 7}]}, '"minID" 9 is greater than "maxID" 7'],
    [{vlanTrunk: [{minID: 7, maxID: 5000}]}, '"maxID" must be a whole number from 1 to 4094'],
    [{vlanTrunk: 7}, '"vlanTrunk" must be a list'],
  ])('%j are refused', (conf, message) => {
    expect(() => vlansOf(conf)).toThrow(message);
    expect(() => vlansOf(conf)).toThrow(expect.objectContaining({code: 7}));
  });

  test('need a bridge that keeps them apart, and STATUS says so too', () => {
    const facts = {...bareHost, host: {cni0}};
    expect(() => add({vlan: 7}, facts)).toThrow('"cni0" exists and keeps no VLANs apart');
    expect(prepare({vlan: 7}).obstacles(facts)).toEqual([expect.stringContaining('vlan_filtering 1')]);
    const filtering = {...bareHost, host: {cni0: {...cni0, vlanFiltering: true as const}}};
    expect(prepare({vlan: 7}).obstacles(filtering)).toEqual([]);
    expect(add({vlan: 7}, filtering).plan.shared.map(({op}) => op)).not.toContain('bridge.add');
  });

  test('ask for the link of their gateway, which stands behind the container in the result', () => {
    expect(prepare({vlan: 7, isGateway: true}).question.hostLinks).toEqual(['cni0', 'cni0.7']);
    expect(prepare({vlan: 7}).question.hostLinks).toEqual(['cni0']);
    expect(add({vlan: 7, isGateway: true}).result.interfaces.map(({name}) => name)).toEqual([
      'cni0',
      expect.stringMatching(/^veth/),
      'eth0',
      'cni0.7',
    ]);
  });
});

test.each([
  [{ipMasq: true}, ['nft']],
  [{macspoofchk: true}, ['nft']],
  [{isGateway: true, vlan: 7}, []],
])('%j takes the programs %j', (conf, tools) => {
  expect(prepare(conf).tools).toEqual(tools);
});

describe("somebody else's bridge", () => {
  const pins = (conf: JsonObject, link: Partial<Link>) => {
    const {plan, result} = add(conf, {...bareHost, host: {cni0: {...cni0, ...link}}});
    const setMac = (ops: typeof plan.own) => ops.flatMap(op => (op.op === 'link.set' && op.mac ? [op.mac] : []));
    return {shared: setMac(plan.shared), own: setMac(plan.own), told: result.interfaces[0]?.mac};
  };

  test('keeps its MAC for good as a gateway, before a new port may change it', () => {
    expect(pins({isGateway: true}, {})).toEqual({shared: [], own: [cni0.mac], told: cni0.mac});
    expect(add({isGateway: true}, {...bareHost, host: {cni0}}).plan.own[0]).toMatchObject({
      op: 'link.set',
      link: 'cni0',
    });
  });

  test('has a MAC that no container can ask for, nor one that it will get', () => {
    const facts = {...bareHost, host: {cni0}};
    expect(() => add({mac: cni0.mac.toUpperCase()}, facts)).toThrow(`MAC ${cni0.mac} is that of "cni0" on the host`);
    const made = add({}).result.interfaces[0]?.mac ?? '';
    expect(() => add({runtimeConfig: {mac: made}})).toThrow(`MAC ${made} is that of "cni0" on the host`);
    expect(add({mac: '02:00:00:00:00:0a'}, facts).result.interfaces[2]).toMatchObject({mac: '02:00:00:00:00:0a'});
  });

  test('is left as it is without a gateway, and so is one of ours', () => {
    expect(pins({}, {})).toEqual({shared: [], own: [], told: cni0.mac});
    expect(pins({isGateway: true}, {alias: 'cni-hook other'})).toEqual({shared: [], own: [], told: cni0.mac});
  });

  test('gets a MAC if it has none: its last port took it along', () => {
    const {shared, own, told} = pins({isGateway: true}, {mac: '00:00:00:00:00:00'});
    expect(told).toMatch(/^.[26ae](:..){5}$/);
    expect({shared, own}).toEqual({shared: [told], own: []});
  });
});

describe('a check', () => {
  const run = (first: number, last: number, untagged = false) => ({first, last, untagged});
  const conf = {macspoofchk: true, hairpinMode: true, portIsolation: true};
  const {result} = add(conf);
  const [, host, container] = result.interfaces;
  const name = host?.name ?? '';
  const pair = {...cni0, kind: 'veth', up: true};
  const hostEnd: Link = {
    ...pair,
    index: 3,
    name,
    mac: host?.mac ?? '',
    master: 2,
    hairpin: true,
    isolated: true,
  };
  const eth0: Link = {...pair, index: 9, name: 'eth0', mac: container?.mac ?? '', addresses: ['10.1.0.2/24']};
  const ours = {...cni0, alias: 'cni-hook mynet', mac: result.interfaces[0]?.mac ?? ''};
  const sound: Facts = {...bareHost, host: {cni0: ours, [name]: hostEnd}, container: {eth0}, guard: {links: [name]}};
  const {hairpin: _h, isolated: _i, ...plain} = hostEnd;
  const {guard: _g, ...unguarded} = sound;
  const faults = (facts: Facts, of: Result = result, config: JsonObject = conf) => prepare(config).check(facts, of);

  test('of what stands finds nothing', () => {
    expect(faults(sound)).toEqual([]);
  });

  test('asks whether the link is guarded with its MAC', () => {
    expect(prepare(conf).checkQuestion(result).guard).toEqual({links: [{name, mac: eth0.mac}]});
    expect(prepare({}).checkQuestion(result).guard).toBeUndefined();
  });

  test.each<[string, Facts, string[]]>([
    [
      'the link is guarded no more',
      {...sound, guard: {links: []}},
      [`missing: let only MAC ${eth0.mac} in by "${name}"`],
    ],
    [
      'the guard is gone',
      unguarded,
      ['missing: guard network "mynet" against forged MACs', `missing: let only MAC ${eth0.mac} in by "${name}"`],
    ],
    [
      'hairpin and isolation are off',
      {...sound, host: {cni0: ours, [name]: plain}},
      [`port "${name}" is not hairpin and not isolated`],
    ],
    ['the bridge is down', {...sound, host: {cni0: {...ours, up: false}, [name]: hostEnd}}, ['"cni0" is down']],
    [
      'our bridge has another MAC',
      {...sound, host: {cni0: {...ours, mac: '02:00:00:00:00:77'}, [name]: hostEnd}},
      [`"cni0" has MAC 02:00:00:00:00:77, not ${ours.mac}`],
    ],
    [
      'the host end has another MAC',
      {...sound, host: {cni0: ours, [name]: {...hostEnd, mac: '02:00:00:00:00:77'}}},
      [`"${name}" has MAC 02:00:00:00:00:77, not ${hostEnd.mac}`],
    ],
  ])('finds that %s, and what mends it', (_what, facts, words) => {
    expect(faults(facts).map(({what}) => what)).toEqual(words);
    expect(faults(facts).every(({mend}) => mend.length > 0)).toBe(true);
  });

  test.each<[string, JsonObject, NonNullable<Facts['portVlans']>[string], boolean]>([
    ['all of them', {vlan: 7, vlanTrunk: [{minID: 20, maxID: 29}]}, [run(7, 7, true), run(20, 24), run(25, 29)], true],
    ['one is lost', {vlan: 7, vlanTrunk: [{minID: 20, maxID: 29}]}, [run(7, 7, true), run(20, 28)], false],
    ['its own is tagged', {vlan: 7}, [run(7, 7)], false],
    ['one too many', {vlan: 7}, [run(1, 1), run(7, 7, true)], false],
    ['one more that may stay', {vlan: 7, preserveDefaultVlan: true}, [run(1, 1), run(7, 7, true)], true],
    ['a kernel that does not tell', {vlan: 7}, undefined, true],
    ['a network without VLANs, which does not ask', {}, undefined, true],
  ])('of the VLANs of a port: %s', (_what, vlans, present, isSound) => {
    const config = {...conf, ...vlans};
    const facts = {
      ...sound,
      host: {...sound.host, cni0: {...ours, vlanFiltering: true}},
      portVlans: {[name]: present},
    } as const;
    const found = faults(facts, result, config);
    expect(found.map(({what}) => what)).toEqual(
      isSound ? [] : [`port "${name}" is not in the VLANs that it should be in`],
    );
    expect(found.flatMap(({mend}) => mend.map(({op}) => op))).toEqual(isSound ? [] : ['port.vlans']);
    expect(prepare(config).checkQuestion(result).portVlans).toEqual('vlan' in vlans ? [name] : undefined);
  });

  test("lets somebody else's bridge change its MAC", () => {
    expect(faults({...sound, host: {cni0: {...cni0, mac: '02:00:00:00:00:77'}, [name]: hostEnd}})).toEqual([]);
  });

  test('says what stands in the way where something else has the name of the bridge', () => {
    const [first] = faults({...sound, host: {cni0: {...cni0, kind: 'dummy'}, [name]: hostEnd}});
    expect(first).toEqual({what: expect.stringContaining('"cni0" exists and is not a bridge'), mend: []});
  });

  test('lets a container end that stays down be down', () => {
    const config = {disableContainerInterface: true};
    const down = {...sound, container: {eth0: {...eth0, up: false}}};
    const bare = {...result, ips: []};
    expect(faults(down, bare, config)).toEqual([]);
    expect(faults(down, bare, {}).map(({what}) => what)).toEqual(['"eth0" is down']);
  });

  test('finds a route by what it is, where the configuration leaves table and priority to the kernel', () => {
    const route = {link: 9, dst: '10.9.0.0/16', gw: '10.1.0.1', table: 254, priority: 1024};
    const of = {...result, routes: [{dst: '10.9.7.1/16', gw: '10.1.0.1', table: 0, priority: 0}]};
    expect(faults({...sound, routes: [route]}, of)).toEqual([]);
    expect(faults({...sound, routes: [{...route, table: 7}]}, of)).toHaveLength(1);
  });
});
