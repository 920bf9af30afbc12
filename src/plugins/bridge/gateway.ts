// The gateway's addresses: on the bridge itself, or where the network is a VLAN of it on one end of a pair whose other end is
// a port of that VLAN.
import type {Facts, Link} from '../../kernel/facts.ts';
import {bridgeAlias, madeMac, vethName} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import {overlaps, parseCidr} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {ResultIp} from '../../spec/result.ts';
import {hasIpv6, quietIpv6} from '../interface/host-end.ts';
import type {AttachmentRequest} from '../plugin.ts';
import type {BridgeConfig} from './config.ts';

/** `mac` is that of the link, if it must be made. Throws `invalidConfig` if it has other addresses. */
export function ensureGateway(
  config: BridgeConfig,
  request: AttachmentRequest,
  ips: readonly ResultIp[],
  facts: Facts,
  mac: string,
): readonly Op[] {
  const link = config.gatewayLink;
  const existing = facts.host[link];
  const present = existing?.addresses ?? [];
  const wanted = gatewaysOf(ips);
  const missing = wanted.filter(address => !present.includes(address));
  const inTheWay = present.filter(old => !wanted.includes(old) && missing.some(address => conflict(old, address)));
  if (inTheWay.length > 0 && !config.forceAddress) {
    const instead = `${inTheWay.join(', ')}, not ${missing.join(', ')}`;
    throw new CniError(
      'invalidConfig',
      `network "${request.network}": bridge "${link}" already has the address ${instead}: choose another bridge, or set "forceAddress"`,
    );
  }
  const target = {netns: 'host', link} as const;
  return [
    ...(link === config.bridge || wanted.length === 0 ? [] : ensureVlanLink(config, request, existing, facts, mac)),
    ...inTheWay.map(address => ({op: 'address.delete', ...target, address}) as const),
    ...missing.map(address => ({op: 'address.add', ...target, address}) as const),
  ];
}

/** CIDR form, each once. */
export const gatewaysOf = (ips: readonly ResultIp[]): readonly string[] => [
  ...new Set(ips.flatMap(({address, gateway}) => (gateway ? [`${gateway}/${parseCidr(address).length}`] : []))),
];

/** One IPv4 address to a bridge; IPv6 addresses may stand side by side if their subnets don't overlap. */
function conflict(present: string, wanted: string): boolean {
  const [a, b] = [parseCidr(present), parseCidr(wanted)];
  return a.address.family === b.address.family && (a.address.family === 4 || overlaps(a, b));
}

function ensureVlanLink(
  config: BridgeConfig,
  {network, salt}: AttachmentRequest,
  existing: Link | undefined,
  facts: Facts,
  mac: string,
): readonly Op[] {
  const {bridge, gatewayLink: link, keepDefaultVlan, mtu} = config;
  const up = {op: 'link.set', netns: 'host', up: true} as const;
  if (existing) return existing.up ? [] : [{...up, link}];
  const {gateway: vlan} = config.vlans;
  const port = vethName({network, containerId: bridge, ifName: link}, salt);
  const settings = {bridge, ...(mtu !== undefined && {mtu}), alias: bridgeAlias(network)};
  return [
    {
      op: 'veth.add',
      name: port,
      mac: madeMac(`port ${link}`, salt),
      ...settings,
      peer: {name: link, mac, netns: 'host'},
    },
    {op: 'port.vlans', link: port, clear: !keepDefaultVlan, vlans: [{first: vlan, last: vlan, untagged: true}]},
    ...(hasIpv6(facts) ? quietIpv6(link) : []),
    {...up, link: port},
    {...up, link},
  ];
}
