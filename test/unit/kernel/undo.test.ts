// The undo against a model of the kernel: facts, and what each operation makes of them. What the model refuses, such as
// taking away what is not there, the kernel would refuse too, so a plan that comes through is one that could be real.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import type {Facts, Link} from '../../../src/kernel/facts.ts';
import type {Op} from '../../../src/kernel/op.ts';
import {undoOf} from '../../../src/kernel/undo.ts';
import {bridge} from '../../../src/plugins/bridge/bridge.ts';
import {Fields} from '../../../src/spec/fields.ts';
import {request} from '../../plugins/situation.ts';

const v4 = {address: '10.1.0.2/24', gateway: '10.1.0.1'};
const v6 = {address: 'fd00::2/64', gateway: 'fd00::1'};
const veth = {
  op: 'veth.add',
  name: 'veth1',
  mac: '02:00:00:00:00:02',
  alias: 'a',
  peer: {name: 'eth0', mac: '02:00:00:00:00:03'},
} as const;

const configuration = fc.record({
  isGateway: fc.boolean(),
  isDefaultGateway: fc.boolean(),
  forceAddress: fc.constant(true),
  ipMasq: fc.boolean(),
  promiscMode: fc.boolean(),
  mtu: fc.constantFrom(0, 1400),
});

const existingBridge: fc.Arbitrary<Link> = fc.record({
  index: fc.constant(2),
  name: fc.constant('cni0'),
  kind: fc.constant('bridge'),
  mac: fc.constant('02:00:00:00:00:09'),
  mtu: fc.constant(1500),
  up: fc.boolean(),
  promisc: fc.boolean(),
  master: fc.constant(undefined),
  alias: fc.constant(undefined),
  peer: fc.constant(undefined),
  addresses: fc.subarray(['10.1.0.1/24', '192.0.2.1/24', 'fd00::1/64', 'fd00::9/48', 'fe80::1/64']),
});

const host: fc.Arbitrary<Facts> = fc.record({
  host: fc.option(existingBridge, {nil: undefined}).map(link => (link ? {cni0: link} : {})),
  container: fc.constant({}),
  sysctls: fc.record({
    'net/ipv4/ip_forward': fc.constantFrom('0', '1'),
    'net/ipv6/conf/all/forwarding': fc.constantFrom('0', '1', undefined),
  }),
  masqueraded: fc.subarray(['10.1.0.0/24', 'fd00::/64', '10.9.0.0/16']),
  routes: fc.constant([]),
});

const addresses = fc.subarray([v4, v6], {minLength: 1});

/** A configuration, a host, and addresses for the container: of IPv6 only if the host has it. */
const situation = fc
  .tuple(configuration, host, addresses)
  .filter(([, facts, ips]) => facts.sysctls['net/ipv6/conf/all/forwarding'] !== undefined || !ips.includes(v6));

describe('whatever a bridge network is and the host was', () => {
  test('every link that is made is taken away again, the newest first', () => {
    fc.assert(
      fc.property(situation, ([conf, facts, ips]) => {
        const {shared, own} = planOf(conf, facts, ips);
        for (const ops of [shared, own, [...shared, ...own]]) {
          const made = ops.flatMap(op => (op.op === 'bridge.add' || op.op === 'veth.add' ? [[op.name, op.alias]] : []));
          const taken = undoOf(ops, facts).flatMap(op => (op.op === 'link.delete' ? [[op.name, op.alias]] : []));
          expect(taken).toEqual(made.reverse());
        }
      }),
    );
  });

  test('the undo of what is shared brings the host back to what it was', () => {
    fc.assert(
      fc.property(situation, ([conf, facts, ips]) => {
        const {shared} = planOf(conf, facts, ips);
        const changed = shared.reduce(applied, facts);
        expect(undoOf(shared, facts).reduce(applied, changed)).toEqual(facts);
      }),
    );
  });

  test('what stands already is not planned again', () => {
    fc.assert(
      fc.property(situation, ([conf, facts, ips]) => {
        const changed = planOf(conf, facts, ips).shared.reduce(applied, facts);
        expect(planOf(conf, changed, ips).shared).toEqual([]);
      }),
    );
  });

  test('the undo of an attachment is to delete its end of the pair, and nothing else', () => {
    fc.assert(
      fc.property(situation, ([conf, facts, ips]) => {
        expect(undoOf(planOf(conf, facts, ips).own, facts)).toEqual([
          {
            op: 'link.delete',
            netns: 'host',
            name: expect.stringMatching(/^veth/),
            alias: 'cni-hook mynet/c1/eth0',
            mac: expect.any(String),
          },
        ]);
      }),
    );
  });
});

describe('one operation', () => {
  const link = {index: 2, name: 'cni0', kind: 'bridge', mac: 'm', mtu: 1500, up: true, promisc: false} as Link;
  const facts: Facts = {
    host: {cni0: link},
    container: {},
    sysctls: {'a/b': '0'},
    masqueraded: ['10.9.0.0/16'],
    routes: [],
  };
  const target = {netns: 'host', link: 'cni0'} as const;

  test.each<[string, Op, readonly Op[]]>([
    [
      'a new address is taken away',
      {op: 'address.add', ...target, address: '10.1.0.1/24'},
      [{op: 'address.delete', ...target, address: '10.1.0.1/24'}],
    ],
    [
      'an address that was taken comes back',
      {op: 'address.delete', ...target, address: '10.1.0.1/24'},
      [{op: 'address.add', ...target, address: '10.1.0.1/24'}],
    ],
    [
      'a sysctl gets its old value',
      {op: 'sysctl.set', netns: 'host', key: 'a/b', value: '1'},
      [{op: 'sysctl.set', netns: 'host', key: 'a/b', value: '0'}],
    ],
    ['a sysctl that nobody has read stays', {op: 'sysctl.set', netns: 'host', key: 'a/c', value: '1'}, []],
    ['a sysctl of the container goes with it', {op: 'sysctl.set', netns: 'container', key: 'a/b', value: '1'}, []],
    [
      'what was up stays up',
      {op: 'link.set', ...target, up: true, promisc: true},
      [{op: 'link.set', ...target, promisc: false}],
    ],
    ['a change that changes nothing needs no undo', {op: 'link.set', ...target, up: true, mac: 'm'}, []],
    ['a link that was not there can not be put back', {op: 'link.set', netns: 'host', link: 'x', up: true}, []],
    [
      'the masquerade chain holds again what it held',
      {op: 'masquerade.set', network: 'n', subnets: ['10.1.0.0/24']},
      [{op: 'masquerade.set', network: 'n', subnets: ['10.9.0.0/16']}],
    ],
  ])('%s', (_what, op, undo) => {
    expect(undoOf([op], facts)).toEqual(undo);
  });

  test('what was done to either end of a new pair goes with the pair', () => {
    const ops: readonly Op[] = [
      veth,
      {op: 'link.set', netns: 'host', link: 'veth1', up: true},
      {op: 'sysctl.set', netns: 'host', key: 'net/ipv6/conf/veth1/accept_ra', value: '0'},
      {op: 'port.set', link: 'veth1', hairpin: true},
      {op: 'address.add', netns: 'container', link: 'eth0', address: '10.1.0.2/24'},
      {op: 'route.add', netns: 'container', link: 'eth0', route: {dst: '0.0.0.0/0'}},
    ];
    expect(undoOf(ops, facts)).toEqual([{op: 'link.delete', netns: 'host', name: 'veth1', alias: 'a', mac: veth.mac}]);
  });

  test("the host's own link is not taken for the container's of the same name", () => {
    const address = {op: 'address.add', netns: 'host', link: 'eth0', address: '192.0.2.1/24'} as const;
    expect(undoOf([veth, address], facts)).toContainEqual({...address, op: 'address.delete'});
  });
});

function planOf(conf: Record<string, boolean | number>, facts: Facts, ips: readonly (typeof v4)[]) {
  const prepared = bridge.prepare(new Fields({type: 'bridge', ...conf}, 'x'), request);
  return prepared.add(facts, {ips, routes: [], dns: {}}, undefined).plan;
}

/** What the host is like when the operation is done: the model. */
function applied(facts: Facts, op: Op): Facts {
  const change = (name: string, to: (link: Link) => Link): Facts => {
    const link = facts.host[name];
    if (!link) throw new Error(`there is no "${name}"`);
    return {...facts, host: {...facts.host, [name]: to(link)}};
  };
  switch (op.op) {
    case 'bridge.add':
      expect(facts.host[op.name]).toBeUndefined();
      return {...facts, host: {...facts.host, [op.name]: madeBridge(op)}};
    case 'link.delete': {
      expect(facts.host[op.name]?.alias).toBe(op.alias);
      const {[op.name]: _gone, ...others} = facts.host;
      const theirs = ([key]: [string, unknown]) => key.split('/')[3] !== op.name;
      return {...facts, host: others, sysctls: Object.fromEntries(Object.entries(facts.sysctls).filter(theirs))};
    }
    case 'link.set':
      return change(op.link, link => ({
        ...link,
        ...(op.up !== undefined && {up: op.up}),
        ...(op.promisc !== undefined && {promisc: op.promisc}),
        ...(op.mac !== undefined && {mac: op.mac}),
      }));
    case 'address.add':
      return change(op.link, link => {
        expect(link.addresses).not.toContain(op.address);
        return {...link, addresses: [...link.addresses, op.address].sort(byFixedOrder)};
      });
    case 'address.delete':
      return change(op.link, link => {
        expect(link.addresses).toContain(op.address);
        return {...link, addresses: link.addresses.filter(address => address !== op.address)};
      });
    case 'sysctl.set':
      return {...facts, sysctls: {...facts.sysctls, [op.key]: op.value}};
    case 'masquerade.set':
      return {...facts, masqueraded: op.subnets};
    default:
      throw new Error(`nothing that is shared is changed by "${op.op}"`);
  }
}

function madeBridge({name, mac, mtu, alias}: Extract<Op, {op: 'bridge.add'}>): Link {
  const off = {up: false, promisc: false, master: undefined, peer: undefined, addresses: []};
  return {index: 9, name, kind: 'bridge', mac, mtu: mtu ?? 1500, alias, ...off};
}

/** The order in which they are made up above, so that facts can be compared. */
const byFixedOrder = (a: string, b: string): number => orderOf(a) - orderOf(b);
const orderOf = (address: string): number =>
  ['10.1.0.1/24', '192.0.2.1/24', 'fd00::1/64', 'fd00::9/48', 'fe80::1/64'].indexOf(address);
