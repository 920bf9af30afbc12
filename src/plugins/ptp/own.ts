// What is done for one container of a ptp network. Its address comes with the prefix of the subnet, so that the subnet is
// known, but nothing of the subnet is on the link: the kernel's route for it gives way to one to the gateway alone, and one to
// the subnet by way of the gateway.
import type {AddRoute, DeleteRoute, Op} from '../../kernel/op.ts';
import {bitsOf, formatAddress, formatCidr, parseAddress, parseCidr, subnetOf} from '../../spec/address.ts';
import type {ResultIp, Route} from '../../spec/result.ts';
import {addRoutes, raiseContainerEnd} from '../interface/container-end.ts';
import {quietIpv6} from '../interface/host-end.ts';
import {makePair, type Pair} from '../interface/pair.ts';
import type {AttachmentRequest} from '../plugin.ts';
import type {PtpConfig} from './config.ts';

const scopes = {link: 253, host: 254} as const;

export function planPair(
  config: PtpConfig,
  request: AttachmentRequest,
  pair: Pair,
  ips: readonly ResultIp[],
  routes: readonly Route[],
  ipv6: boolean,
): readonly Op[] {
  const {ifName} = request;
  const host = {netns: 'host', link: pair.host.name} as const;
  const addresses = ips.map(({address}) => address);
  return [
    makePair(pair, request, config),
    ...(ipv6 ? quietIpv6(pair.host.name) : []),
    {op: 'link.set', ...host, up: true},
    ...gatewaysOf(ips).map(address => ({op: 'address.add', ...host, address}) as const),
    ...raiseContainerEnd({ifName, ips, ipv6, detectDuplicates: false}),
    ...withoutSubnets(ifName, addresses),
    ...routesToGateway(ifName, ips),
    ...addRoutes(ifName, routes, ips),
    ...routesBack(pair.host.name, ips),
  ];
}

/** The host end's addresses, CIDR form. */
export const gatewaysOf = (ips: readonly ResultIp[]): readonly string[] => [
  ...new Set(ips.flatMap(({gateway}) => (gateway === undefined ? [] : [alone(gateway)]))),
];

/** The container's own: to each gateway, and by way of it to the rest of its subnet. */
export function routesToGateway(link: string, ips: readonly ResultIp[]): readonly AddRoute[] {
  const target = {op: 'route.add', netns: 'container', link} as const;
  return firstOfEach(ips).flatMap(({address, gateway}) => {
    if (gateway === undefined) return [];
    const source = formatAddress(parseCidr(address).address);
    const [subnet] = subnetsOf([address]);
    return [
      {...target, route: {dst: alone(gateway), scope: scopes.link}, source},
      ...(subnet === undefined ? [] : [{...target, route: {dst: subnet, gw: gateway}, source}]),
    ];
  });
}

/** The host's: to each of the container's addresses. */
export function routesBack(link: string, ips: readonly ResultIp[]): readonly AddRoute[] {
  return ips.map(({address}) => {
    const dst = alone(formatAddress(parseCidr(address).address));
    return {op: 'route.add', netns: 'host', link, route: {dst, scope: scopes.host}};
  });
}

/** Takes the routes away that the kernel made with the addresses, which are in CIDR form. */
export const withoutSubnets = (link: string, addresses: readonly string[]): readonly DeleteRoute[] =>
  subnetsOf(addresses).map(dst => ({op: 'route.delete', netns: 'container', link, dst}));

/** The subnets of the addresses, all in CIDR form, each once. An address with the full length has none. */
function subnetsOf(addresses: readonly string[]): readonly string[] {
  const subnets = addresses.map(address => subnetOf(parseCidr(address)));
  const wide = subnets.filter(({address, length}) => length < bitsOf(address.family));
  return [...new Set(wide.map(subnet => formatCidr(subnet)))];
}

/** The first address of each subnet. */
function firstOfEach(ips: readonly ResultIp[]): readonly ResultIp[] {
  const subnetOfIp = ({address}: ResultIp) => formatCidr(subnetOf(parseCidr(address)));
  return ips.filter((ip, i) => ips.findIndex(other => subnetOfIp(other) === subnetOfIp(ip)) === i);
}

/** "10.1.0.1/32" */
const alone = (address: string): string => `${address}/${bitsOf(parseAddress(address).family)}`;
