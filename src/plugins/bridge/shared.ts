// What all containers of a bridge network share: the bridge, its addresses, forwarding, masquerading. Planned only as far
// as it is not the case already, so in a network that stands this is an empty list.
import type {Facts, Link} from '../../kernel/facts.ts';
import {bridgeAlias, isOurs} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import {overlaps, parseCidr} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {ResultIp} from '../../spec/result.ts';
import {ensureForwarding, ensureMasquerade, hasIpv6} from '../interface/host-end.ts';
import {sysctl} from '../interface/sysctl.ts';
import type {BridgeConfig} from './config.ts';

/** `mac` is the bridge's, if it must be made. Throws `invalidConfig` if the host has something else in its place. */
export function ensureShared(
  config: BridgeConfig,
  network: string,
  ips: readonly ResultIp[],
  facts: Facts,
  mac: string,
): readonly Op[] {
  const existing = facts.host[config.bridge];
  if (existing && existing.kind !== 'bridge') {
    throw new CniError(
      'invalidConfig',
      `network "${network}": "${config.bridge}" exists and is not a bridge: choose another name under "bridge", or delete it`,
    );
  }
  const gateway = config.isGateway ? ensureGateway(config, network, existing, ips, mac) : [];
  return [
    ...ensureBridge(config, network, existing, mac, hasIpv6(facts)),
    ...gateway,
    ...(config.isGateway ? ensureForwarding(ips, facts) : []),
    ...(config.ipMasq ? ensureMasquerade(network, ips, facts) : []),
  ];
}

function ensureBridge(
  config: BridgeConfig,
  network: string,
  existing: Link | undefined,
  mac: string,
  ipv6: boolean,
): readonly Op[] {
  const link = config.bridge;
  const mtu = config.mtu === undefined ? {} : {mtu: config.mtu};
  const quiet = [
    sysctl('host', `net/ipv6/conf/${link}/accept_ra`, '0'),
    // Without this the bridge's own IPv6 address answers nobody for the second that duplicate detection takes.
    sysctl('host', `net/ipv6/conf/${link}/accept_dad`, '0'),
  ];
  const make: readonly Op[] = [
    {op: 'bridge.add', name: link, mac, ...mtu, alias: bridgeAlias(network)},
    ...(ipv6 ? quiet : []),
  ];
  const missing = {
    ...(config.promisc && !existing?.promisc && {promisc: true}),
    ...(!existing?.up && {up: true}),
  };
  const set: readonly Op[] = [{op: 'link.set', netns: 'host', link, ...missing}];
  return [...(existing ? [] : make), ...(Object.keys(missing).length > 0 ? set : [])];
}

function ensureGateway(
  config: BridgeConfig,
  network: string,
  existing: Link | undefined,
  ips: readonly ResultIp[],
  mac: string,
): readonly Op[] {
  const gateways = ips.flatMap(({address, gateway}) => (gateway ? [`${gateway}/${parseCidr(address).length}`] : []));
  const wanted = [...new Set(gateways)];
  const present = existing?.addresses ?? [];
  const missing = wanted.filter(address => !present.includes(address));
  if (missing.length === 0) return [];
  const inTheWay = present.filter(old => !wanted.includes(old) && missing.some(address => conflict(old, address)));
  if (inTheWay.length > 0 && !config.forceAddress) {
    throw new CniError(
      'invalidConfig',
      `network "${network}": bridge "${config.bridge}" already has the address ${inTheWay.join(', ')}, not ${missing.join(', ')}: choose another bridge, or set "forceAddress"`,
    );
  }
  const target = {netns: 'host', link: config.bridge} as const;
  // A bridge that nobody gave a MAC takes that of its lowest port; a gateway's must not change under its neighbours.
  const pin: readonly Op[] = existing && !isOurs(existing.alias) ? [{op: 'link.set', ...target, mac}] : [];
  return [
    ...inTheWay.map(address => ({op: 'address.delete', ...target, address}) as const),
    ...missing.map(address => ({op: 'address.add', ...target, address}) as const),
    ...pin,
  ];
}

/** One IPv4 address to a bridge; IPv6 addresses may stand side by side if their subnets don't overlap. */
function conflict(present: string, wanted: string): boolean {
  const [a, b] = [parseCidr(present), parseCidr(wanted)];
  return a.address.family === b.address.family && (a.address.family === 4 || overlaps(a, b));
}
