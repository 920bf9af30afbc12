// bridge: a veth pair, one end in the container, the other a port of a bridge that all containers of the network share.
// Pure: from configuration, addresses and facts to a plan. Names and MACs are decided here, so the result is known
// before anything is touched.

import type {Facts, Link} from '../../kernel/facts.ts';
import {bridgeAlias, identityOf, macSeed, vethAlias, vethName} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import {
  advance,
  type Family,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
  subnetOf,
  tryParseAddress,
} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import {localMac} from '../../spec/mac.ts';
import {type IpamResult, isEmptyDns, type Result, type ResultIp, type Route} from '../../spec/result.ts';
import type {AttachmentRequest, InterfacePlugin, Planned} from '../plugin.ts';
import {type BridgeConfig, parseBridgeConfig} from './config.ts';

const forwarding = {4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding'} as const;
const everywhere = {4: '0.0.0.0/0', 6: '::/0'} as const;

export const bridge: InterfacePlugin = {
  type: 'bridge',
  prepare: (conf, request) => {
    const config = parseBridgeConfig(conf);
    return {
      ipam: config.ipam,
      question: {
        hostLinks: [config.bridge],
        containerLinks: [request.ifName],
        sysctls: Object.values(forwarding),
        masquerade: config.ipMasq,
      },
      add: (facts, ipam) => planAdd(config, request, facts, ipam),
    };
  },
};

function planAdd(
  config: BridgeConfig,
  request: AttachmentRequest,
  facts: Facts,
  ipam: IpamResult | undefined,
): Planned {
  if (ipam && ipam.ips.length === 0) {
    throw new CniError('invalidConfig', `network "${request.network}": the IPAM plugin gave no address`);
  }
  const ips = (ipam?.ips ?? []).map(ip => withGateway(config, ip));
  const routes = withDefaultRoutes(config, ips, ipam?.routes ?? []);
  const existing = facts.host[config.bridge];
  if (existing && existing.kind !== 'bridge') {
    throw new CniError(
      'invalidConfig',
      `network "${request.network}": "${config.bridge}" exists and is not a bridge: choose another name under "bridge", or delete it`,
    );
  }
  const bridgeMac = existing?.mac ?? localMac(macSeed(`bridge ${config.bridge}`, request.salt));
  const host = {
    name: vethName(request, request.salt),
    mac: localMac(macSeed(`host ${identityOf(request)}`, request.salt)),
  };
  const mac = config.mac ?? localMac(macSeed(identityOf(request), request.salt));
  const ipv6 = facts.sysctls[forwarding[6]] !== undefined;
  return {
    plan: {
      shared: [
        ...ensureBridge(config, request, existing, bridgeMac, ipv6),
        ...(config.isGateway
          ? [...ensureGateway(config, request, existing, ips, bridgeMac), ...ensureForwarding(ips, facts)]
          : []),
        ...(config.ipMasq ? ensureMasquerade(request.network, ips, facts) : []),
      ],
      own: [...planPair(config, request, host, mac, ipv6), ...planContainer(request, ips, routes, ipv6)],
    },
    result: resultOf(config, request, {bridgeMac, host, mac}, ips, routes, ipam),
  };
}

function withGateway(config: BridgeConfig, ip: ResultIp): ResultIp {
  const {address} = subnetOf(parseCidr(ip.address));
  const gateway = ip.gateway ?? (config.isGateway ? formatAddress(advance(address, 1n)) : undefined);
  return {...ip, interface: 2, ...(gateway !== undefined && {gateway})};
}

/** With isDefaultGateway a default route per family, unless the configuration brings one with a gateway. */
function withDefaultRoutes(config: BridgeConfig, ips: readonly ResultIp[], routes: readonly Route[]): readonly Route[] {
  const added = new Map<Family, Route>();
  for (const {gateway} of config.isDefaultGateway ? ips : []) {
    const family = gateway === undefined ? undefined : parseAddress(gateway).family;
    if (gateway === undefined || family === undefined) continue;
    const has = routes.some(route => route.gw !== undefined && isDefault(route, family));
    if (!has && !added.has(family)) added.set(family, {dst: everywhere[family], gw: gateway});
  }
  return [...routes, ...added.values()];
}

function isDefault(route: Route, family: Family): boolean {
  const dst = parseCidr(route.dst);
  return dst.length === 0 && dst.address.family === family;
}

function ensureBridge(
  config: BridgeConfig,
  request: AttachmentRequest,
  existing: Link | undefined,
  mac: string,
  ipv6: boolean,
): readonly Op[] {
  const name = config.bridge;
  const made: readonly Op[] = [
    {
      op: 'bridge.add',
      name,
      mac,
      ...(config.mtu !== undefined && {mtu: config.mtu}),
      alias: bridgeAlias(request.network),
    },
    // Without this the bridge's own IPv6 address answers nobody for the second that duplicate detection takes.
    ...(ipv6
      ? [
          sysctl('host', `net/ipv6/conf/${name}/accept_ra`, '0'),
          sysctl('host', `net/ipv6/conf/${name}/accept_dad`, '0'),
        ]
      : []),
  ];
  const promisc =
    config.promisc && !existing?.promisc ? [{op: 'link.set', netns: 'host', link: name, promisc: true} as const] : [];
  const up = existing?.up ? [] : [{op: 'link.set', netns: 'host', link: name, up: true} as const];
  return [...(existing ? [] : made), ...promisc, ...up];
}

function ensureGateway(
  config: BridgeConfig,
  request: AttachmentRequest,
  existing: Link | undefined,
  ips: readonly ResultIp[],
  mac: string,
): readonly Op[] {
  const wanted = ips.flatMap(({address, gateway}) =>
    gateway === undefined ? [] : [`${gateway}/${parseCidr(address).length}`],
  );
  const present = existing?.addresses ?? [];
  const missing = wanted.filter(address => !present.includes(address));
  if (missing.length === 0) return [];
  const inTheWay = present.filter(
    address => !wanted.includes(address) && missing.some(other => conflict(address, other)),
  );
  if (inTheWay.length > 0 && !config.forceAddress) {
    throw new CniError(
      'invalidConfig',
      `network "${request.network}": bridge "${config.bridge}" already has the address ${inTheWay.join(', ')}, not ${missing.join(', ')}: choose another bridge, or set "forceAddress"`,
    );
  }
  const target = {netns: 'host', link: config.bridge} as const;
  return [
    ...inTheWay.map(address => ({op: 'address.delete', ...target, address}) as const),
    ...missing.map(address => ({op: 'address.add', ...target, address}) as const),
    // A bridge that nobody gave a MAC takes that of its lowest port; a gateway's must not change under its neighbours.
    ...(existing ? [{op: 'link.set', ...target, mac} as const] : []),
  ];
}

/** One IPv4 address to a bridge; IPv6 addresses may stand side by side if their subnets don't overlap. */
function conflict(present: string, wanted: string): boolean {
  const [a, b] = [parseCidr(present), parseCidr(wanted)];
  return a.address.family === b.address.family && (a.address.family === 4 || overlaps(a, b));
}

function ensureForwarding(ips: readonly ResultIp[], facts: Facts): readonly Op[] {
  const families = new Set(ips.flatMap(({gateway}) => (gateway === undefined ? [] : [parseAddress(gateway).family])));
  return [...families]
    .filter(family => facts.sysctls[forwarding[family]] !== '1')
    .map(family => sysctl('host', forwarding[family], '1'));
}

function ensureMasquerade(network: string, ips: readonly ResultIp[], facts: Facts): readonly Op[] {
  const wanted = ips.map(({address}) => formatCidr(subnetOf(parseCidr(address))));
  const subnets = [...new Set([...facts.masqueraded, ...wanted])];
  return subnets.length > facts.masqueraded.length ? [{op: 'masquerade.set', network, subnets}] : [];
}

function planPair(
  config: BridgeConfig,
  request: AttachmentRequest,
  host: {name: string; mac: string},
  mac: string,
  ipv6: boolean,
): readonly Op[] {
  const {name} = host;
  return [
    {
      op: 'veth.add',
      name,
      mac: host.mac,
      bridge: config.bridge,
      ...(config.mtu !== undefined && {mtu: config.mtu}),
      alias: vethAlias(request),
      peer: {name: request.ifName, mac},
    },
    ...(config.hairpin ? [{op: 'port.set', link: name, hairpin: true} as const] : []),
    ...(ipv6 ? [sysctl('host', `net/ipv6/conf/${name}/accept_ra`, '0')] : []),
    {op: 'link.set', netns: 'host', link: name, up: true},
  ];
}

function planContainer(
  {ifName}: AttachmentRequest,
  ips: readonly ResultIp[],
  routes: readonly Route[],
  ipv6: boolean,
): readonly Op[] {
  const target = {netns: 'container', link: ifName} as const;
  const v6 = ips.some(({address}) => parseCidr(address).address.family === 6);
  const conf = `net/ipv6/conf/${ifName}`;
  return [
    ...(v6
      ? [
          sysctl('container', 'net/ipv6/conf/lo/disable_ipv6', '0'),
          sysctl('container', `${conf}/disable_ipv6`, '0'),
          sysctl('container', `${conf}/keep_addr_on_down`, '1'),
        ]
      : []),
    ...(ipv6 ? [sysctl('container', `${conf}/accept_dad`, '0')] : []),
    sysctl('container', `net/ipv4/conf/${ifName}/arp_notify`, '1'),
    ...ips.map(({address}) => ({op: 'address.add', ...target, address}) as const),
    {op: 'link.set', ...target, up: true},
    ...routes.map(route => ({op: 'route.add', ...target, route: viaGateway(route, ips)}) as const),
  ];
}

/** A route without a gateway goes by the first one of its family. */
function viaGateway(route: Route, ips: readonly ResultIp[]): Route {
  if (route.gw !== undefined) return route;
  const {family} = parseCidr(route.dst).address;
  const gw = ips
    .map(({gateway}) => gateway)
    .find(gateway => gateway !== undefined && tryParseAddress(gateway)?.family === family);
  return gw === undefined ? route : {...route, gw};
}

function resultOf(
  config: BridgeConfig,
  request: AttachmentRequest,
  made: {readonly bridgeMac: string; readonly host: {name: string; mac: string}; readonly mac: string},
  ips: readonly ResultIp[],
  routes: readonly Route[],
  ipam: IpamResult | undefined,
): Result {
  const mtu = config.mtu === undefined ? {} : {mtu: config.mtu};
  return {
    interfaces: [
      {name: config.bridge, mac: made.bridgeMac},
      {...made.host, ...mtu},
      {name: request.ifName, mac: made.mac, ...mtu, sandbox: request.netns},
    ],
    ips,
    routes,
    dns: isEmptyDns(config.dns) ? (ipam?.dns ?? {}) : config.dns,
  };
}

function sysctl(netns: 'host' | 'container', key: string, value: string): Op {
  return {op: 'sysctl.set', netns, key, value};
}
