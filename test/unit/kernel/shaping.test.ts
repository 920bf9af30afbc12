// What bandwidth, macvlan and tuning say to the kernel, held against bytes that tc(8) and ip(8) send too; and their operations
// as commands, in words, and how they are taken back.
import {describe, expect, test} from '@jest/globals';
import {describe as describeOp} from '../../../src/kernel/describe.ts';
import {setLink} from '../../../src/kernel/netlink/rtnetlink.ts';
import {
  dumpRedirects,
  getBucket,
  readBucket,
  readRedirect,
  shapingRequests,
  ticksOf,
} from '../../../src/kernel/netlink/shaping.ts';
import {addIfb, addMacvlan, renameLink} from '../../../src/kernel/netlink/virtual-links.ts';
import {decode, encode, type Request} from '../../../src/kernel/netlink/wire.ts';
import type {Op} from '../../../src/kernel/op.ts';
import {render} from '../../../src/kernel/render.ts';
import {undoOf} from '../../../src/kernel/undo.ts';
import {bareHost, cni0} from '../../plugins/situation.ts';
import {dump, sectionsOf} from './bytes.ts';

const mac = '02:00:00:00:00:01';
const bucket = {op: 'bucket.set', link: 'v0', rate: 10_000_000, burst: 1_000_000, limit: 1_250_000} as const;
const redirect = {op: 'redirect.add', link: 'v0', to: 'bwp0'} as const;
const macvlan = {
  op: 'macvlan.add',
  name: 'eth0',
  temporary: 'tmp0',
  mac,
  parent: 'v0',
  parentNetns: 'host',
  mode: 'private',
  mtu: 1400,
  broadcastQueue: 77,
  alias: 'a',
} as const;
const ifb = {op: 'ifb.add', name: 'bwp0', mac, mtu: 1400, alias: 'a'} as const;
const size = {op: 'link.set', netns: 'container', link: 'eth0', mtu: 1400, queueLength: 7, allmulti: true} as const;

const indexOf = (link: string): number => (link === 'v0' ? 3 : 4);
const [setBucket] = shapingRequests(bucket, indexOf) as [Request];
const [wideBucket] = shapingRequests({...bucket, rate: 2 ** 33 + 5}, indexOf) as [Request];
const [ingress, filter] = shapingRequests(redirect, indexOf) as [Request, Request];
const [deletion] = shapingRequests({op: 'qdisc.delete', link: 'v0', where: 'ingress'}, indexOf) as [Request];

const requests: Readonly<Record<string, Request>> = {
  'a bucket for link 3': setBucket,
  'a qdisc for what link 3 receives': ingress,
  'redirect what link 3 receives to link 4': filter,
  'take the qdisc for what it receives from link 3': deletion,
  'the bucket of link 3': getBucket(3),
  'the filters for what link 3 receives': dumpRedirects(3),
  'an ifb': addIfb(ifb),
  'a macvlan of link 3 in the netns of descriptor 4': addMacvlan(macvlan, 3, 4),
  'a name and an alias for link 3': renameLink(3, 'eth0', 'a'),
  'size, queue and all multicast of link 3': setLink(size, 3),
};

describe('bytes', () => {
  const golden = sectionsOf('shaping-requests.txt');

  test.each(Object.entries(requests))('%s', (title, request) => {
    expect(dump(encode(request, 7))).toBe(dump(golden.get(title) ?? new Uint8Array()));
  });

  test('every section of shaping-requests.txt is asked for', () => {
    expect(Object.keys(requests).sort()).toEqual([...golden.keys()].sort());
  });
});

describe('answers', () => {
  const reply = (request: Request) => decode(encode(request, 1))[0] as NonNullable<ReturnType<typeof decode>[0]>;

  test('the bucket in a message is the one that was put in, also where its rate needs more than 32 bits', () => {
    expect(readBucket(reply(setBucket))).toEqual({rate: 10_000_000, limit: 1_250_000, ticks: 1_562_500});
    expect(readBucket(reply(wideBucket))).toMatchObject({rate: 2 ** 33 + 5});
    for (const other of [filter, ingress, deletion]) expect(readBucket(reply(other))).toBeUndefined();
  });

  test('the link that a filter redirects to', () => {
    expect(readRedirect(reply(filter))).toBe(4);
    for (const other of [setBucket, ingress, deletion]) expect(readRedirect(reply(other))).toBeUndefined();
  });

  test('ticks are counted by whole microseconds, and fit into 32 bits', () => {
    expect([ticksOf(1, 1_000_000), ticksOf(3, 2_000_000), ticksOf(2 ** 32 - 1, 1)]).toEqual([15, 15, 2 ** 32 - 1]);
  });
});

const inside = 'nsenter --net=/proc/7/ns/net';
const table: readonly (readonly [Op, readonly string[], string])[] = [
  [
    bucket,
    ['tc qdisc replace dev v0 root handle 1: tbf rate 10000000bps burst 1000000 limit 1250000'],
    'limit what "v0" sends',
  ],
  [
    redirect,
    [
      'tc qdisc add dev v0 handle ffff: ingress',
      'tc filter add dev v0 parent ffff: protocol all prio 1 u32 match u32 0 0 classid 1:1 action mirred egress redirect dev bwp0',
    ],
    'redirect what "v0" receives to "bwp0"',
  ],
  [
    {op: 'qdisc.delete', link: 'v0', where: 'root'},
    ['tc qdisc delete dev v0 root'],
    'take the limit from what "v0" sends',
  ],
  [ifb, [`ip link add bwp0 address ${mac} mtu 1400 type ifb`, "ip link set bwp0 alias 'a'"], 'make interface "bwp0"'],
  [{op: 'ifb.delete', name: 'bwp0', alias: 'a'}, ['ip link delete bwp0'], 'delete interface "bwp0"'],
  [
    macvlan,
    [
      `ip link add link v0 name tmp0 address ${mac} mtu 1400 netns /proc/7/ns/net type macvlan mode private bcqueuelen 77`,
      `${inside} ip link set tmp0 name eth0 alias 'a'`,
    ],
    'make interface "eth0"',
  ],
  [size, [`${inside} ip link set eth0 allmulticast on mtu 1400 txqueuelen 7`], 'change interface "eth0"'],
  [
    {op: 'sysctl.set', netns: 'container', key: 'net/ipv4/tcp_rmem', value: "1 2 $(3) '4'"},
    [String.raw`nsenter --net=/proc/7/ns/net sysctl -qw 'net/ipv4/tcp_rmem=1 2 $(3) '\''4'\'''`],
    `set "net/ipv4/tcp_rmem" to "1 2 $(3) '4'"`,
  ],
];

test.each(table)('%j', (op, commands, words) => {
  expect(render([op], '/proc/7/ns/net')).toEqual(commands);
  expect(describeOp(op)).toBe(words);
});

describe('taken back is', () => {
  const limits: readonly Op[] = [ifb, {...bucket, link: 'bwp0'}, bucket, redirect];

  test('what was put on a link that was there, newest first, and the ifb by its name', () => {
    expect(undoOf(limits, bareHost)).toEqual([
      {op: 'qdisc.delete', link: 'v0', where: 'ingress'},
      {op: 'qdisc.delete', link: 'v0', where: 'root'},
      {op: 'ifb.delete', name: 'bwp0', alias: 'a', mac},
    ]);
  });

  test('a macvlan, with all that was done to it, also if it has its temporary name still', () => {
    const ops: readonly Op[] = [macvlan, size, {op: 'link.set', netns: 'container', link: 'eth0', up: true}];
    expect(undoOf(ops, bareHost)).toEqual([
      {op: 'link.delete', netns: 'container', name: 'eth0', temporary: 'tmp0', alias: 'a', mac},
    ]);
  });

  test('only what changed of a link that was there', () => {
    const eth0 = {...cni0, name: 'eth0', mtu: 1400, queueLength: 1000};
    const facts = {...bareHost, container: {eth0}};
    expect(undoOf([size], facts)).toEqual([
      {op: 'link.set', netns: 'container', link: 'eth0', allmulti: false, queueLength: 1000},
    ]);
    expect(undoOf([size], {...facts, container: {eth0: {...eth0, queueLength: 7, allmulti: true}}})).toEqual([]);
  });

  test("a container's sysctl, if it was read before", () => {
    const op = {op: 'sysctl.set', netns: 'container', key: 'net/core/somaxconn', value: '5'} as const;
    expect(undoOf([op], {...bareHost, containerSysctls: {[op.key]: '4096'}})).toEqual([{...op, value: '4096'}]);
    expect(undoOf([op], bareHost)).toEqual([]);
  });
});
