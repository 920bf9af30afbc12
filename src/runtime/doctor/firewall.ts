// Firewalls of others that would eat the packets of our networks: for each network a packet that goes out, its answer, and,
// with ptp or where the kernel shows bridged packets to iptables, one from a container to its neighbour are taken through all
// chains of the forward hook. Every chain must let it pass: an "accept" ends only the chain that it stands in.

import {nftTable} from '../../kernel/names.ts';
import {readOrNothing} from '../../kernel/netns.ts';
import {findTool, runTool} from '../../kernel/tool.ts';
import {advance, type Cidr, parseAddress} from '../../spec/address.ts';
import {type Fault, fault, type Part} from './finding.ts';
import type {GatewayNetwork} from './gateways.ts';
import {forwardChainOf} from './packets/iptables-save.ts';
import {forwardChainsOf} from './packets/nft-json.ts';
import {type Fate, type ForwardChain, fateOf, type Packet} from './packets/ruleset.ts';

export const firewall: Part = {
  area: 'firewall',
  inOrder: "no firewall drops the networks' packets",
  examine: function* ({host, gateways}) {
    if (gateways.length === 0) return;
    const chains = [...nftChains(), ...legacyChains()];
    const uplink = host.links.find(({index}) => index === host.defaultRoutes[0]?.link)?.name ?? 'no-uplink';
    for (const network of gateways) for (const chain of chains) yield* dropped(network, chain, uplink);
  },
};

/** Hosts that no network of ours holds (RFC 5737, RFC 3849). */
const elsewhere = {4: parseAddress('203.0.113.1'), 6: parseAddress('2001:db8::1')} as const;

/** What the first container of a ptp network would come by. */
const anyPair = 'veth00000000000';

function* dropped(
  {name, bridge, links, ranges}: GatewayNetwork,
  chain: ForwardChain,
  uplink: string,
): Generator<Fault> {
  const [link = anyPair] = links;
  const told = new Set<string>();
  const subnets = ranges.map(({subnet}) => subnet).filter(({address}) => chain.families.includes(address.family));
  for (const {what, packet} of subnets.flatMap(subnet => packetsOf(subnet, link, uplink, bridge !== undefined))) {
    const {passes, isCertain, by} = fateOf(chain, packet);
    if (passes || told.has(by)) continue;
    told.add(by);
    yield faultOf(
      {passes, isCertain, by},
      `${what} of network "${name}"`,
      chain.letThrough(bridge ? {link} : {subnets}),
    );
  }
}

function faultOf({isCertain, by}: Fate, whose: string, mend: readonly string[]): Fault {
  if (isCertain) return fault('error', `${whose} are dropped by ${by}`, ...mend);
  return fault('warning', `${whose} may be dropped by ${by}, unless a rule before it lets them through`, ...mend);
}

function packetsOf(
  subnet: Cidr,
  link: string,
  uplink: string,
  isBridge: boolean,
): readonly {what: string; packet: Packet}[] {
  const {family} = subnet.address;
  const container = advance(subnet.address, 2n);
  const outside = elsewhere[family];
  const out = {from: link, to: uplink, source: container, destination: outside, state: 'new'} as const;
  const back = {from: uplink, to: link, source: outside, destination: container, state: 'established'} as const;
  const neighbour = {...out, to: link, destination: advance(subnet.address, 3n)};
  // Between the containers of a ptp network every packet is forwarded.
  const isForwarded =
    !isBridge || readOrNothing(`/proc/sys/net/bridge/bridge-nf-call-${family === 4 ? 'ip' : 'ip6'}tables`) === '1';
  return [
    {what: 'packets to the outside', packet: out},
    {what: 'answers from the outside', packet: back},
    ...(isForwarded ? [{what: 'packets between containers', packet: neighbour}] : []),
  ];
}

function nftChains(): readonly ForwardChain[] {
  if (!findTool('nft')) return [];
  return forwardChainsOf(
    runTool('nft', ['-j', 'list', 'ruleset']),
    runTool('nft', ['-a', 'list', 'ruleset']),
    nftTable,
  );
}

/** Asked only where the old tables are in use: asking would make them. */
function legacyChains(): readonly ForwardChain[] {
  const families: readonly (readonly [string, 'iptables-legacy' | 'ip6tables-legacy'])[] = [
    ['ip_tables_names', 'iptables-legacy'],
    ['ip6_tables_names', 'ip6tables-legacy'],
  ];
  return families.flatMap(([names, command]) => {
    const isUsed = readOrNothing(`/proc/net/${names}`)?.split('\n').includes('filter');
    if (!isUsed || !findTool(`${command}-save`)) return [];
    return forwardChainOf(runTool(`${command}-save`, ['-t', 'filter']), command);
  });
}
