// What we say to the kernel, held against bytes that ip(8) sends too, and what it answered, read into a Link.
import {describe, expect, test} from '@jest/globals';
import {deleteEmptyTable, dumpRules, readRuleComment} from '../../../src/kernel/netlink/nfnetlink.ts';
import {addRoute} from '../../../src/kernel/netlink/routes.ts';
import * as rtnetlink from '../../../src/kernel/netlink/rtnetlink.ts';
import {concat, decode, encode, type Request} from '../../../src/kernel/netlink/wire.ts';
import {dump, sectionsOf} from './bytes.ts';

const bridge = {
  op: 'bridge.add',
  name: 'cnibr0',
  mac: '02:00:00:00:00:01',
  mtu: 1400,
  alias: 'cni-hook mynet',
} as const;
const veth = {
  op: 'veth.add',
  name: 'veth0',
  mac: '02:00:00:00:00:02',
  bridge: 'cnibr0',
  mtu: 1400,
  alias: 'cni-hook mynet/c1/eth0',
  peer: {name: 'eth0', mac: '02:00:00:00:00:03'},
} as const;
const change = {op: 'link.set', netns: 'host', link: 'veth0'} as const;
const wholeRoute = {dst: '10.9.0.0/16', gw: '10.1.0.2', priority: 100, table: 300, mtu: 1300, advmss: 1260};

const requests: Readonly<Record<string, Request | readonly Request[]>> = {
  'make a bridge': rtnetlink.addBridge(bridge),
  'make a pair, one end on bridge 2, the other in the netns of descriptor 4': rtnetlink.addVeth(veth, 2, 4),
  'give link 2 an alias': rtnetlink.setAlias(2, 'cni-hook mynet'),
  'bring link 3 up': rtnetlink.setLink({...change, up: true}, 3),
  'take link 3 down': rtnetlink.setLink({...change, up: false}, 3),
  'make link 2 promiscuous': rtnetlink.setLink({...change, promisc: true}, 2),
  'give link 2 a MAC': rtnetlink.setLink({...change, mac: '02:00:00:00:00:09'}, 2),
  'hairpin on port 3': rtnetlink.setPort({op: 'port.set', link: 'veth0', hairpin: true}, 3),
  'delete link 3': rtnetlink.deleteLink(3),
  'look for a link by name': rtnetlink.getLink('cnibr0'),
  'look for a link by index': rtnetlink.getLink(2),
  'list all links': rtnetlink.dumpLinks(),
  'list the addresses of link 2': rtnetlink.dumpAddresses(2),
  'add an IPv4 address to link 2': rtnetlink.changeAddress('address.add', '10.1.0.1/24', 2),
  'add an IPv4 address without broadcast': rtnetlink.changeAddress('address.add', '10.1.0.0/31', 2),
  'take an IPv4 address from link 2': rtnetlink.changeAddress('address.delete', '10.1.0.1/24', 2),
  'add an IPv6 address to link 2': rtnetlink.changeAddress('address.add', 'fd00::1/64', 2),
  'add a default route': addRoute({dst: '0.0.0.0/0', gw: '10.1.0.2'}, 2),
  'add a route with all that it can have': addRoute(wholeRoute, 2),
  'add an IPv6 default route': addRoute({dst: '::/0', gw: 'fd00::2'}, 2),
  'add a route without gateway, scope link': addRoute({dst: '10.8.0.0/16', scope: 253}, 2),
  'list the rules of a chain': dumpRules('cni-hook', 'masquerade-mynet'),
  'delete a table if it is empty': deleteEmptyTable('cni-hook'),
};

describe('bytes', () => {
  const golden = sectionsOf('requests.txt');

  test.each(Object.entries(requests))('%s', (title, request) => {
    const sent = concat([request].flat().map((one, i) => encode(one, 7 + i)));
    expect(dump(sent)).toBe(dump(golden.get(title) ?? new Uint8Array()));
  });

  test('every section of requests.txt is asked for', () => {
    expect(Object.keys(requests).sort()).toEqual([...golden.keys()].sort());
  });

  test('what is not asked for is not sent', () => {
    const plain = rtnetlink.addVeth({...veth, mtu: undefined as never, bridge: undefined as never}, undefined, 4);
    expect(encode(plain, 7).length).toBe((golden.get(Object.keys(requests)[1] ?? '')?.length ?? 0) - 3 * 8);
  });
});

describe('answers', () => {
  const replies = (title: string) => decode(sectionsOf('replies.txt').get(title) ?? new Uint8Array());

  test('the host end of a pair: its bridge, its peer, whose it is', () => {
    expect(replies('the host end of a pair').map(reply => rtnetlink.readLink(reply))).toEqual([
      {
        index: 4,
        name: 'veth0',
        kind: 'veth',
        mac: '02:00:00:00:00:02',
        mtu: 1400,
        up: true,
        promisc: false,
        queueLength: 1000,
        master: 3,
        alias: 'cni-hook mynet/c1/eth0',
        peer: 2,
        addresses: [],
      },
    ]);
  });

  test('a bridge: no master, no peer, promiscuous', () => {
    expect(replies('a bridge').map(reply => rtnetlink.readLink(reply))).toEqual([
      expect.objectContaining({
        index: 3,
        name: 'cnibr0',
        kind: 'bridge',
        up: true,
        promisc: true,
        master: undefined,
        alias: 'cni-hook mynet',
        peer: undefined,
      }),
    ]);
  });

  test('the addresses of a bridge, and the end of the list', () => {
    expect(replies('the addresses of a bridge').map(reply => rtnetlink.readAddress(reply))).toEqual([
      {index: 3, address: '10.1.0.1/24'},
      {index: 3, address: 'fd00::1/64'},
      undefined,
    ]);
  });

  test('the comments of rules, "" where there is none', () => {
    const title = 'the rules of a chain, one with a comment and one without';
    expect(replies(title).map(reply => readRuleComment(reply))).toEqual(['10.1.0.0/24', '', undefined]);
  });

  test('a message of another kind is no link, no address and no rule', () => {
    const [link] = replies('a bridge');
    const [address] = replies('the addresses of a bridge');
    expect(link && rtnetlink.readAddress(link)).toBeUndefined();
    expect(link && readRuleComment(link)).toBeUndefined();
    expect(address && rtnetlink.readLink(address)).toBeUndefined();
  });
});
