// Operations as the commands that a person would type. That these do the same as our messages is for test/kernel to show.
import {expect, test} from '@jest/globals';
import {describe as describeOp} from '../../../src/kernel/describe.ts';
import type {Op} from '../../../src/kernel/op.ts';
import {render} from '../../../src/kernel/render.ts';

const peer = {name: 'eth0', mac: '02:00:00:00:00:03'};
const masquerade = {op: 'masquerade.set', network: 'mynet'} as const;

/** Each operation with its commands and its place in the sentence "cannot …". */
const table: readonly (readonly [Op, string, string])[] = [
  [
    {op: 'bridge.add', name: 'cni0', mac: '02:00:00:00:00:01', alias: 'cni-hook mynet'},
    "ip link add cni0 address 02:00:00:00:00:01 type bridge\nip link set cni0 alias 'cni-hook mynet'",
    'make bridge "cni0"',
  ],
  [
    {op: 'bridge.add', name: 'cni0', mac: '02:00:00:00:00:01', mtu: 1400, alias: 'cni-hook mynet'},
    "ip link add cni0 address 02:00:00:00:00:01 mtu 1400 type bridge\nip link set cni0 alias 'cni-hook mynet'",
    'make bridge "cni0"',
  ],
  [
    {op: 'veth.add', name: 'veth1', mac: '02:00:00:00:00:02', bridge: 'cni0', mtu: 1400, alias: 'a b', peer},
    "ip link add veth1 address 02:00:00:00:00:02 mtu 1400 master cni0 type veth peer name eth0 address 02:00:00:00:00:03 mtu 1400 netns /proc/7/ns/net\nip link set veth1 alias 'a b'",
    'make the pair "veth1" and "eth0"',
  ],
  [
    {op: 'veth.add', name: 'veth1', mac: '02:00:00:00:00:02', alias: 'a b', peer},
    "ip link add veth1 address 02:00:00:00:00:02 type veth peer name eth0 address 02:00:00:00:00:03 netns /proc/7/ns/net\nip link set veth1 alias 'a b'",
    'make the pair "veth1" and "eth0"',
  ],
  [{op: 'link.delete', netns: 'host', name: 'veth1', alias: 'a b'}, 'ip link delete veth1', 'delete interface "veth1"'],
  [
    {op: 'link.delete', netns: 'container', name: 'eth0', alias: undefined},
    'nsenter --net=/proc/7/ns/net ip link delete eth0',
    'delete interface "eth0"',
  ],
  [{op: 'link.set', netns: 'host', link: 'cni0', up: true}, 'ip link set cni0 up', 'change interface "cni0"'],
  [
    {op: 'link.set', netns: 'container', link: '$(reboot)', up: true},
    "nsenter --net=/proc/7/ns/net ip link set '$(reboot)' up",
    'change interface "$(reboot)"',
  ],
  [
    {op: 'veth.add', name: 'veth1', mac: '02:00:00:00:00:02', alias: "n/c1/a'b", peer: {...peer, name: "a'b"}},
    `ip link add veth1 address 02:00:00:00:00:02 type veth peer name 'a'\\''b' address 02:00:00:00:00:03 netns /proc/7/ns/net\nip link set veth1 alias 'n/c1/a'\\''b'`,
    `make the pair "veth1" and "a'b"`,
  ],
  [
    {op: 'addresses.settle', netns: 'container', link: 'a;b'},
    "nsenter --net=/proc/7/ns/net timeout 5 sh -c 'while ip -6 address show dev '\\''a;b'\\'' tentative | grep -q inet6; do sleep 0.1; done'",
    'use the addresses of "a;b"',
  ],
  [
    {op: 'link.set', netns: 'container', link: 'eth0', up: false, promisc: false},
    'nsenter --net=/proc/7/ns/net ip link set eth0 promisc off down',
    'change interface "eth0"',
  ],
  [
    {op: 'link.set', netns: 'host', link: 'cni0', mac: '02:00:00:00:00:09', promisc: true},
    'ip link set cni0 address 02:00:00:00:00:09 promisc on',
    'change interface "cni0"',
  ],
  [
    {op: 'link.set', netns: 'host', link: 'veth1', master: 'cni0'},
    'ip link set veth1 master cni0',
    'change interface "veth1"',
  ],
  [
    {op: 'port.set', link: 'veth1', hairpin: true},
    'ip link set veth1 type bridge_slave hairpin on',
    'change interface "veth1"',
  ],
  [
    {op: 'address.add', netns: 'container', link: 'eth0', address: '10.1.0.2/24'},
    'nsenter --net=/proc/7/ns/net ip address add 10.1.0.2/24 broadcast + dev eth0',
    'add address "10.1.0.2/24" to "eth0"',
  ],
  [
    {op: 'address.add', netns: 'host', link: 'cni0', address: 'fd00::1/64'},
    'ip address add fd00::1/64 dev cni0',
    'add address "fd00::1/64" to "cni0"',
  ],
  [
    {op: 'address.delete', netns: 'host', link: 'cni0', address: '10.1.0.1/24'},
    'ip address delete 10.1.0.1/24 dev cni0',
    'take address "10.1.0.1/24" from "cni0"',
  ],
  [
    {op: 'route.add', netns: 'container', link: 'eth0', route: {dst: '0.0.0.0/0', gw: '10.1.0.1'}},
    'nsenter --net=/proc/7/ns/net ip route append 0.0.0.0/0 via 10.1.0.1 dev eth0',
    'add route "0.0.0.0/0" via "10.1.0.1" to "eth0"',
  ],
  [
    {
      op: 'route.add',
      netns: 'container',
      link: 'eth0',
      route: {dst: '::/0', priority: 9, table: 100, scope: 0, mtu: 1400, advmss: 1360},
    },
    'nsenter --net=/proc/7/ns/net ip -6 route append ::/0 dev eth0 metric 9 table 100 scope 0 mtu 1400 advmss 1360',
    'add route "::/0" to "eth0"',
  ],
  [
    {op: 'sysctl.set', netns: 'host', key: 'net/ipv6/conf/eth0.1/accept_ra', value: '0'},
    'sysctl -qw net/ipv6/conf/eth0.1/accept_ra=0',
    'set "net/ipv6/conf/eth0.1/accept_ra" to "0"',
  ],
  [
    {...masquerade, subnets: ['10.1.0.0/24', 'fd00::/64']},
    [
      "nft 'add table inet cni-hook'",
      "nft 'add chain inet cni-hook masquerade-mynet { type nat hook postrouting priority srcnat; }'",
      "nft 'flush chain inet cni-hook masquerade-mynet'",
      'nft \'add rule inet cni-hook masquerade-mynet ip saddr 10.1.0.0/24 ip daddr != 10.1.0.0/24 ip daddr != 224.0.0.0/4 masquerade comment "10.1.0.0/24"\'',
      'nft \'add rule inet cni-hook masquerade-mynet ip6 saddr fd00::/64 ip6 daddr != fd00::/64 ip6 daddr != ff00::/8 masquerade comment "fd00::/64"\'',
    ].join('\n'),
    'masquerade network "mynet"',
  ],
  [
    {...masquerade, subnets: []},
    [
      "nft 'add table inet cni-hook'",
      "nft 'add chain inet cni-hook masquerade-mynet { type nat hook postrouting priority srcnat; }'",
      "nft 'flush chain inet cni-hook masquerade-mynet'",
      "nft 'delete chain inet cni-hook masquerade-mynet'",
      'nft list table inet cni-hook | grep -q chain || nft delete table inet cni-hook',
    ].join('\n'),
    'masquerade network "mynet"',
  ],
];

test.each(table.map(([op, commands, words]) => ({op, commands, words})))('$commands', ({op, commands, words}) => {
  expect(render([op], '/proc/7/ns/net').join('\n')).toBe(commands);
  expect(describeOp(op)).toBe(words);
});

test('commands stand in the order of the operations', () => {
  const ops = table.map(([op]) => op);
  expect(render(ops, '/proc/7/ns/net').join('\n')).toBe(table.map(([, commands]) => commands).join('\n'));
});
