// A plan as the commands that a person would type: for --dry-run, for the log, and for the test that holds them against
// what apply.ts does. ip(8), nsenter(1), sysctl(8), nft(8).
import type {Route} from '../spec/result.ts';
import {nftTable} from './names.ts';
import {masqueradeScript} from './nft-script.ts';
import type {AddBridge, AddVeth, Netns, Op, SetLink} from './op.ts';

/** The shell commands, one a line. `netns` is the path of the container's network namespace. */
export function render(ops: readonly Op[], netns: string): readonly string[] {
  return ops.flatMap(op => commandsOf(op, netns));
}

function commandsOf(op: Op, netns: string): readonly string[] {
  switch (op.op) {
    case 'bridge.add':
      return [`ip link add ${op.name} address ${op.mac}${mtu(op)} type bridge`, setAlias(op)];
    case 'veth.add':
      return [addVeth(op, netns), setAlias(op)];
    case 'link.delete':
      return [within(op.netns, netns, `ip link delete ${op.name}`)];
    case 'link.set':
      return [within(op.netns, netns, `ip link set ${op.link}${linkSettings(op)}`)];
    case 'port.set':
      return [
        `ip link set ${op.link} type bridge_slave${op.hairpin === undefined ? '' : ` hairpin ${onOff(op.hairpin)}`}`,
      ];
    case 'address.add':
      return [
        within(
          op.netns,
          netns,
          `ip address add ${op.address}${op.address.includes(':') ? '' : ' broadcast +'} dev ${op.link}`,
        ),
      ];
    case 'address.delete':
      return [within(op.netns, netns, `ip address delete ${op.address} dev ${op.link}`)];
    case 'route.add':
      return [
        within(
          op.netns,
          netns,
          `ip ${op.route.dst.includes(':') ? '-6 ' : ''}route append ${routeOf(op.route)} dev ${op.link}${routeOptions(op.route)}`,
        ),
      ];
    case 'sysctl.set':
      return [within(op.netns, netns, `sysctl -qw ${op.key}=${op.value}`)];
    case 'masquerade.set':
      return [
        ...masqueradeScript(op).map(line => `nft ${quote(line)}`),
        ...(op.subnets.length === 0 ? [dropEmptyTable] : []),
      ];
  }
}

const table = `inet ${nftTable}`;
const dropEmptyTable = `nft list table ${table} | grep -q chain || nft delete table ${table}`;

function addVeth(op: AddVeth, netns: string): string {
  const host = `${op.name} address ${op.mac}${mtu(op)}${op.bridge === undefined ? '' : ` master ${op.bridge}`}`;
  return `ip link add ${host} type veth peer name ${op.peer.name} address ${op.peer.mac}${mtu(op)} netns ${netns}`;
}

/** Apart, because the kernel ignores an alias in `ip link add`. */
const setAlias = ({name, alias}: AddBridge | AddVeth): string => `ip link set ${name} alias ${quote(alias)}`;

function linkSettings(op: SetLink): string {
  return [
    op.mac === undefined ? '' : ` address ${op.mac}`,
    op.master === undefined ? '' : ` master ${op.master}`,
    op.promisc === undefined ? '' : ` promisc ${onOff(op.promisc)}`,
    op.up === undefined ? '' : op.up ? ' up' : ' down',
  ].join('');
}

function routeOf(route: Route): string {
  return route.gw === undefined ? route.dst : `${route.dst} via ${route.gw}`;
}

function routeOptions(route: Route): string {
  const options = [
    ['metric', route.priority],
    ['table', route.table],
    ['scope', route.scope],
    ['mtu', route.mtu],
    ['advmss', route.advmss],
  ] as const;
  return options.map(([name, value]) => (value === undefined ? '' : ` ${name} ${value}`)).join('');
}

function within(netns: Netns, path: string, command: string): string {
  return netns === 'host' ? command : `nsenter --net=${path} ${command}`;
}

const mtu = (op: {readonly mtu?: number}): string => (op.mtu === undefined ? '' : ` mtu ${op.mtu}`);
const onOff = (on: boolean): string => (on ? 'on' : 'off');
const quote = (text: string): string => `'${text}'`;
