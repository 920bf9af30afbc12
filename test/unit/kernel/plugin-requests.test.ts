// What ptp, VLANs and the guard say to the kernel, held against bytes that ip(8), bridge(8) and nft(8) send too.
import {describe, expect, test} from '@jest/globals';
import {changeElement, getElement, keyOf} from '../../../src/kernel/netlink/nf-elements.ts';
import {deleteEmptyTable, dumpRules, transaction} from '../../../src/kernel/netlink/nfnetlink.ts';
import {dumpPortVlans, readPortVlans, setPortVlans} from '../../../src/kernel/netlink/port-vlans.ts';
import {addRoute, deleteRoute, dumpRoutesBy, readRoute} from '../../../src/kernel/netlink/routes.ts';
import {addBridge, addVeth, changeAddress, readSettled, setPort} from '../../../src/kernel/netlink/rtnetlink.ts';
import {attributes, decode, encode, type Request} from '../../../src/kernel/netlink/wire.ts';
import {dump, sectionsOf} from './bytes.ts';

const [clear, own, run] = setPortVlans(
  {
    op: 'port.vlans',
    link: 'v0',
    clear: true,
    vlans: [
      {first: 100, last: 100, untagged: true},
      {first: 200, last: 210, untagged: false},
    ],
  },
  3,
) as [Request, Request, Request];
const allowed = {
  family: 'bridge',
  table: 'cni-hook',
  set: 'allowed-n',
  key: keyOf('veth0', '02:00:00:00:00:02'),
} as const;

const requests: Readonly<Record<string, Request>> = {
  "take the kernel's route from link 3": deleteRoute('10.1.0.0/24', 3),
  'a route with a source': addRoute({dst: '10.1.0.1/32', scope: 253}, 3, '10.1.0.2'),
  'an IPv6 route with a source': addRoute({dst: 'fd00::1/128'}, 3, 'fd00::2'),
  'the IPv4 routes by link 3': dumpRoutesBy(3, 4),
  'the IPv6 routes by link 3': dumpRoutesBy(3, 6),
  'hairpin and isolation on port 3': setPort({op: 'port.set', link: 'v0', hairpin: true, isolated: true}, 3),
  'take port 3 out of all VLANs': clear,
  'put port 3 into VLAN 100, its own': own,
  'put port 3 into VLANs 200 to 210, tagged': run,
  'the VLANs of port 3': dumpPortVlans(3),
  'a new element of two parts': changeElement('new', allowed),
  'an element of two parts that goes': changeElement('delete', allowed),
  'is this element there': getElement({...allowed, set: 'guarded-n', key: keyOf('veth0')}),
};

describe('bytes', () => {
  const golden = sectionsOf('plugin-requests.txt');

  test.each(Object.entries(requests))('%s', (title, request) => {
    expect(dump(encode(request, 7))).toBe(dump(golden.get(title) ?? new Uint8Array()));
  });

  test('every section of plugin-requests.txt is asked for', () => {
    expect(Object.keys(requests).sort()).toEqual([...golden.keys()].sort());
  });
});

describe('requests', () => {
  test('of a transaction stand between its two edges, which ask for no answer', () => {
    const requests = transaction([changeElement('new', allowed), changeElement('delete', allowed)]);
    expect(requests.map(({type, flags}) => [type, flags & 4])).toEqual([
      [16, 0],
      [0xa0c, 4],
      [0xa0e, 4],
      [17, 0],
    ]);
  });

  test('name the family of the table', () => {
    const familyOf = ({body}: Request) => body[0];
    expect([dumpRules('t', 'c'), dumpRules('t', 'c', 'bridge')].map(familyOf)).toEqual([1, 7]);
    expect([deleteEmptyTable('t'), deleteEmptyTable('t', 'bridge')].map(all => all[1] && familyOf(all[1]))).toEqual([
      1, 7,
    ]);
  });

  test('a route without a table, and one of table 0, are of the main one', () => {
    const tableOf = ({body}: Request) => [body[4], ...(attributes(body, 12).get(15) ?? [])];
    for (const route of [{dst: '10.0.0.0/8'}, {dst: '10.0.0.0/8', table: 0}]) {
      expect(tableOf(addRoute(route, 3))).toEqual([254, 254, 0, 0, 0]);
    }
    expect(tableOf(addRoute({dst: '10.0.0.0/8', table: 300}, 3))).toEqual([0, 44, 1, 0, 0]);
  });

  test('a bridge filters VLANs only if it is asked to', () => {
    const bridge = {op: 'bridge.add', name: 'b', mac: '02:00:00:00:00:01', alias: 'a'} as const;
    const infoOf = ({body}: Request) => attributes(attributes(body, 16).get(18) ?? new Uint8Array());
    expect(infoOf(addBridge(bridge)).get(2)).toBeUndefined();
    const data = attributes(infoOf(addBridge({...bridge, vlanFiltering: true})).get(2) ?? new Uint8Array());
    expect(data.get(7)).toEqual(Uint8Array.of(1));
  });

  test('a pair of which both ends stay here names no network namespace', () => {
    const mac = '02:00:00:00:00:01';
    const pair = {op: 'veth.add', name: 'v', mac, alias: 'a', peer: {name: 'w', mac, netns: 'host'}} as const;
    const length = (netns: number | undefined) => addVeth(pair, undefined, netns).body.length;
    expect(length(4) - length(undefined)).toBe(8);
  });
});

describe('answers', () => {
  const reply = (request: Request) => decode(encode(request, 1))[0] as NonNullable<ReturnType<typeof decode>[0]>;

  test('the VLANs of a port, those of a run together', () => {
    const [answer] = decode(
      sectionsOf('replies.txt').get('the VLANs of a port, as Linux 6.1 answered to bridge(8)') ?? new Uint8Array(),
    );
    expect(answer && readPortVlans(answer)).toEqual([
      {first: 100, last: 100, untagged: true},
      {first: 200, last: 202, untagged: false},
    ]);
    expect(readPortVlans(reply(dumpPortVlans(3)))).toEqual([]);
  });

  test('the route in a message is the one that was put in', () => {
    const route = {dst: '10.9.0.0/16', gw: '10.1.0.1', priority: 7, table: 300};
    expect(readRoute(reply(addRoute(route, 3)))).toEqual({link: 3, ...route});
    expect(readRoute(reply(deleteRoute('10.9.0.0/16', 3)))).toBeUndefined();
  });

  test.each([
    [0x80, 'yes'],
    [0x80 | 0x40, 'not yet'],
    [0x80 | 0x40 | 0x08, 'taken'],
  ])('an address with flags 0x%s is settled: %s', (flags, settled) => {
    const message = reply(changeAddress('address.add', 'fd00::2/64', 3));
    message.body[2] = flags;
    expect(readSettled(message)).toBe(settled);
  });
});
