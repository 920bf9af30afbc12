// A plan as the commands that a person would type: for --dry-run, for the log, and for the test that holds them against
// what apply.ts does. ip(8), nsenter(1), sysctl(8), nft(8).
import type {Route} from '../spec/result.ts';
import {renderFirewall} from './firewall/render.ts';
import {nftTable} from './names.ts';
import type {TableFamily} from './netlink/nfnetlink.ts';
import {guardElements, scriptOf} from './nft-script.ts';
import type {AddBridge, AddRoute, AddVeth, Netns, Op, SetLink, SetPort, SetPortVlans} from './op.ts';
import {renderPorts} from './ports/elements.ts';
import {renderShape} from './render-shape.ts';
import {quote, quoted} from './shell.ts';

/** How long duplicate address detection may take. The kernel's takes one to two seconds, and starts within one. */
export const secondsToSettle = 5;

/** The shell commands, one a line. `netns` is the path of the container's network namespace. */
export function render(ops: readonly Op[], netns: string): readonly string[] {
  return ops.flatMap(op => commandsOf(op, netns));
}

function commandsOf(op: Op, netns: string): readonly string[] {
  switch (op.op) {
    case 'bridge.add':
      return [
        `ip link add ${quoted(op.name)} address ${op.mac}${mtu(op)} type bridge${op.vlanFiltering ? ' vlan_filtering 1' : ''}`,
        setAlias(op),
      ];
    case 'veth.add':
      return [addVeth(op, netns), setAlias(op)];
    case 'ifb.add':
    case 'ifb.delete':
    case 'macvlan.add':
    case 'bucket.set':
    case 'redirect.add':
    case 'qdisc.delete':
      return renderShape(op, netns).map(([place, command]) => within(place, netns, command));
    case 'link.delete':
      return [within(op.netns, netns, `ip link delete ${quoted(op.name)}`)];
    case 'link.set':
      return [within(op.netns, netns, `ip link set ${quoted(op.link)}${linkSettings(op)}`)];
    case 'port.set':
      return [`ip link set ${quoted(op.link)} type bridge_slave${portSettings(op)}`];
    case 'port.vlans':
      return vlansOf(op);
    case 'address.add':
      return [
        within(
          op.netns,
          netns,
          `ip address add ${op.address}${op.address.includes(':') ? '' : ' broadcast +'} dev ${quoted(op.link)}`,
        ),
      ];
    case 'address.delete':
      return [within(op.netns, netns, `ip address delete ${op.address} dev ${quoted(op.link)}`)];
    case 'addresses.settle':
      return [within(op.netns, netns, `timeout ${secondsToSettle} sh -c ${quote(waitFor(op.link))}`)];
    case 'route.add':
      return [within(op.netns, netns, `ip ${family(op.route.dst)}route append ${routeOf(op)}`)];
    case 'route.delete':
      return [within(op.netns, netns, `ip ${family(op.dst)}route delete ${op.dst} dev ${quoted(op.link)}`)];
    case 'sysctl.set':
      return [within(op.netns, netns, `sysctl -qw ${quoted(`${op.key}=${op.value}`)}`)];
    case 'masquerade.set':
    case 'ports.set':
    case 'ports.rules':
    case 'guard.set': {
      const {lines, emptied} = scriptOf(op);
      return [...lines.map(line => nft(line)), ...(emptied ? [dropEmptyTable(emptied)] : [])];
    }
    case 'firewall.set':
    case 'firewall.clear':
      return renderFirewall(op);
    case 'ports.add':
    case 'ports.delete':
      return renderPorts(op).map(line => nft(line));
    case 'guard.add':
    case 'guard.delete':
      return guardElements(op).map(({set, key}) =>
        nft(`${op.op === 'guard.add' ? 'add' : 'delete'} element bridge ${nftTable} ${set} { ${key} }`),
      );
  }
}

function dropEmptyTable(family: TableFamily): string {
  const table = `${family} ${nftTable}`;
  return `nft list table ${table} | grep -q chain || nft delete table ${table}`;
}

function addVeth(op: AddVeth, netns: string): string {
  const host = `${quoted(op.name)} address ${op.mac}${mtu(op)}${op.bridge === undefined ? '' : ` master ${quoted(op.bridge)}`}`;
  const place = op.peer.netns === 'host' ? '' : ` netns ${quoted(netns)}`;
  return `ip link add ${host} type veth peer name ${quoted(op.peer.name)} address ${op.peer.mac}${mtu(op)}${place}`;
}

/** Apart, because the kernel ignores an alias in `ip link add`. */
const setAlias = ({name, alias}: AddBridge | AddVeth): string => `ip link set ${quoted(name)} alias ${quote(alias)}`;

function linkSettings(op: SetLink): string {
  return [
    op.mac === undefined ? '' : ` address ${op.mac}`,
    op.master === undefined ? '' : ` master ${quoted(op.master)}`,
    op.promisc === undefined ? '' : ` promisc ${onOff(op.promisc)}`,
    op.allmulti === undefined ? '' : ` allmulticast ${onOff(op.allmulti)}`,
    mtu(op),
    op.queueLength === undefined ? '' : ` txqueuelen ${op.queueLength}`,
    op.up === undefined ? '' : op.up ? ' up' : ' down',
  ].join('');
}

function portSettings({hairpin, isolated}: SetPort): string {
  return [
    hairpin === undefined ? '' : ` hairpin ${onOff(hairpin)}`,
    isolated === undefined ? '' : ` isolated ${onOff(isolated)}`,
  ].join('');
}

function vlansOf({link, clear, vlans}: SetPortVlans): readonly string[] {
  const added = vlans.map(({first, last, untagged}) => {
    const vid = first === last ? first : `${first}-${last}`;
    return `bridge vlan add dev ${quoted(link)} vid ${vid}${untagged ? ' pvid untagged' : ''} master`;
  });
  return [...(clear ? [`bridge vlan delete dev ${quoted(link)} vid 1-4094 master`] : []), ...added];
}

/** A duplicate stays "tentative" for ever, so that it ends in the timeout. */
const waitFor = (link: string): string =>
  `while ip -6 address show dev ${quoted(link)} tentative | grep -q inet6; do sleep 0.1; done`;

function routeOf({route, link, source}: AddRoute): string {
  const via = route.gw === undefined ? '' : ` via ${route.gw}`;
  const src = source === undefined ? '' : ` src ${source}`;
  return `${route.dst}${via} dev ${quoted(link)}${src}${routeOptions(route)}`;
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
  return netns === 'host' ? command : `nsenter --net=${quoted(path)} ${command}`;
}

const family = (dst: string): string => (dst.includes(':') ? '-6 ' : '');
const nft = (line: string): string => `nft ${quote(line)}`;
const mtu = (op: {readonly mtu?: number}): string => (op.mtu === undefined ? '' : ` mtu ${op.mtu}`);
const onOff = (on: boolean): string => (on ? 'on' : 'off');
