// The operations of ptp, VLANs, duplicate detection and the guard: as commands, in words, and how they are taken back.
import {describe, expect, test} from '@jest/globals';
import {describe as describeOp} from '../../../src/kernel/describe.ts';
import type {Facts} from '../../../src/kernel/facts.ts';
import {mergeQuestions, noQuestion} from '../../../src/kernel/facts.ts';
import {guardNames} from '../../../src/kernel/names.ts';
import type {Op} from '../../../src/kernel/op.ts';
import {render} from '../../../src/kernel/render.ts';
import {undoOf} from '../../../src/kernel/undo.ts';
import {bareHost, cni0} from '../../plugins/situation.ts';

const inside = 'nsenter --net=/proc/7/ns/net';
const mac = '02:00:00:00:00:02';
const eth0 = {netns: 'container', link: 'eth0'} as const;
const guard = {network: 'n', link: 'veth1', mac} as const;
const waiting = 'while ip -6 address show dev eth0 tentative | grep -q inet6; do sleep 0.1; done';

/** Each operation with its commands and its place in the sentence "cannot …". */
const table: readonly (readonly [Op, readonly string[], string])[] = [
  [
    {op: 'port.set', link: 'veth1', hairpin: false, isolated: true},
    ['ip link set veth1 type bridge_slave hairpin off isolated on'],
    'change interface "veth1"',
  ],
  [
    {op: 'port.vlans', link: 'veth1', clear: false, vlans: [{first: 7, last: 9, untagged: false}]},
    ['bridge vlan add dev veth1 vid 7-9 master'],
    'put "veth1" into its VLANs',
  ],
  [
    {op: 'port.vlans', link: 'veth1', clear: true, vlans: [{first: 7, last: 7, untagged: true}]},
    ['bridge vlan delete dev veth1 vid 1-4094 master', 'bridge vlan add dev veth1 vid 7 pvid untagged master'],
    'put "veth1" into its VLANs',
  ],
  [
    {op: 'route.add', ...eth0, route: {dst: 'fd00::1/128', scope: 253}, source: 'fd00::2'},
    [`${inside} ip -6 route append fd00::1/128 dev eth0 src fd00::2 scope 253`],
    'add route "fd00::1/128" to "eth0"',
  ],
  [
    {op: 'route.delete', ...eth0, dst: '10.1.0.0/24'},
    [`${inside} ip route delete 10.1.0.0/24 dev eth0`],
    'take route "10.1.0.0/24" from "eth0"',
  ],
  [
    {op: 'route.delete', ...eth0, dst: 'fd00::/64'},
    [`${inside} ip -6 route delete fd00::/64 dev eth0`],
    'take route "fd00::/64" from "eth0"',
  ],
  [{op: 'addresses.settle', ...eth0}, [`${inside} timeout 5 sh -c '${waiting}'`], 'use the addresses of "eth0"'],
  [
    {op: 'guard.add', ...guard},
    [
      `nft 'add element bridge cni-hook guarded-n { "veth1" }'`,
      `nft 'add element bridge cni-hook allowed-n { "veth1" . ${mac} }'`,
    ],
    `let only MAC ${mac} in by "veth1"`,
  ],
  [
    {op: 'guard.delete', ...guard},
    [
      `nft 'delete element bridge cni-hook guarded-n { "veth1" }'`,
      `nft 'delete element bridge cni-hook allowed-n { "veth1" . ${mac} }'`,
    ],
    'take the guard from "veth1"',
  ],
];

test.each(table)('%j', (op, commands, words) => {
  expect(render([op], '/proc/7/ns/net')).toEqual(commands);
  expect(describeOp(op)).toBe(words);
});

test('a guard is put up and taken away whole, and the table with the last one', () => {
  const lines = (present: boolean) => render([{op: 'guard.set', network: 'n', present}], 'x');
  expect(lines(true).at(-1)).toBe(
    "nft 'add rule bridge cni-hook guard-n iifname @guarded-n iifname . ether saddr != @allowed-n drop'",
  );
  expect(lines(true).slice(0, -1)).toEqual(lines(false).slice(0, lines(true).length - 1));
  expect(lines(false).slice(-4)).toEqual([
    "nft 'delete chain bridge cni-hook guard-n'",
    "nft 'delete set bridge cni-hook guarded-n'",
    "nft 'delete set bridge cni-hook allowed-n'",
    'nft list table bridge cni-hook | grep -q chain || nft delete table bridge cni-hook',
  ]);
});

test('the names of a guard are three, and short enough for the kernel', () => {
  const {chain, guarded, allowed} = guardNames('x'.repeat(200));
  expect(new Set([chain, guarded, allowed]).size).toBe(3);
  for (const name of [chain, guarded, allowed]) expect(name.length).toBeLessThan(128);
  expect(guardNames('a.b_c-d').chain).toBe('guard-a.b_c-d');
});

describe('the undo', () => {
  const undo = (ops: readonly Op[], facts: Facts = bareHost) => undoOf(ops, facts);

  test('takes a link out of the guard, though the link is new: rules do not go with it', () => {
    const veth = {op: 'veth.add', name: 'veth1', mac, alias: 'a', peer: {name: 'eth0', mac}} as const;
    expect(undo([veth, {op: 'guard.add', ...guard}])).toEqual([
      {op: 'guard.delete', ...guard},
      {op: 'link.delete', netns: 'host', name: 'veth1', alias: 'a', mac},
    ]);
  });

  test('takes a guard away that was not there, and leaves one that was', () => {
    const set = {op: 'guard.set', network: 'n', present: true} as const;
    expect(undo([set])).toEqual([{...set, present: false}]);
    expect(undo([set], {...bareHost, guard: {links: []}})).toEqual([set]);
  });

  test('has nothing to do for what goes with a new pair, in the host or in the container', () => {
    const veth = {op: 'veth.add', name: 'v', mac, alias: 'a', peer: {name: 'br.7', mac, netns: 'host'}} as const;
    const host = {netns: 'host', link: 'br.7'} as const;
    const ops: readonly Op[] = [
      veth,
      {op: 'port.vlans', link: 'v', clear: true, vlans: []},
      {op: 'address.add', ...host, address: '10.1.0.1/24'},
      {op: 'route.delete', ...host, dst: '10.1.0.0/24'},
      {op: 'addresses.settle', ...host},
      {op: 'sysctl.set', netns: 'host', key: 'net/ipv6/conf/br.7/accept_ra', value: '0'},
    ];
    expect(undo(ops).map(({op}) => op)).toEqual(['link.delete']);
    // Not so for an interface of the same name in the container.
    const elsewhere = {op: 'address.add', netns: 'container', link: 'br.7', address: '10.1.0.1/24'} as const;
    expect(undo([veth, elsewhere]).map(({op}) => op)).toEqual(['address.delete', 'link.delete']);
  });

  test('gives a bridge its MAC back, but not none', () => {
    const give = {op: 'link.set', netns: 'host', link: 'cni0', mac} as const;
    expect(undo([give], {...bareHost, host: {cni0}})).toEqual([{...give, mac: cni0.mac}]);
    const bare = {...cni0, mac: '00:00:00:00:00:00'};
    expect(undo([give], {...bareHost, host: {cni0: bare}})).toEqual([]);
  });
});

test('what one plugin of a chain asks is asked for the chain', () => {
  const question = {...noQuestion, hostRoutes: 'veth1', containerSysctls: ['a'], guard: {links: []}};
  expect(mergeQuestions([noQuestion, question, noQuestion])).toEqual(question);
});
