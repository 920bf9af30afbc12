// The container's end of a pair: its addresses and routes, and what makes them usable at once.
import type {AddRoute, Op} from '../../kernel/op.ts';
import {parseCidr} from '../../spec/address.ts';
import type {ResultIp, Route} from '../../spec/result.ts';
import {viaGateway} from './addressing.ts';
import {sysctl} from './sysctl.ts';

export interface ContainerEnd {
  readonly ifName: string;
  readonly ips: readonly ResultIp[];
  /** Whether the kernel has IPv6 at all. */
  readonly ipv6: boolean;
  /** Whether to find out first if somebody else has an IPv6 address: it takes a second or two, without it an address answers at once. */
  readonly detectDuplicates: boolean;
}

/** Gives it its addresses and brings it up. An IPv6 address can be no route's source before it is settled. */
export function raiseContainerEnd({ifName, ips, ipv6, detectDuplicates}: ContainerEnd): readonly Op[] {
  const target = {netns: 'container', link: ifName} as const;
  const conf = `net/ipv6/conf/${ifName}`;
  const hasV6 = ips.some(({address}) => parseCidr(address).address.family === 6);
  const enableV6 = [
    sysctl('container', 'net/ipv6/conf/lo/disable_ipv6', '0'),
    sysctl('container', `${conf}/disable_ipv6`, '0'),
    sysctl('container', `${conf}/keep_addr_on_down`, '1'),
  ];
  const detect = [sysctl('container', `${conf}/enhanced_dad`, '1'), sysctl('container', `${conf}/accept_dad`, '1')];
  const ignore = [sysctl('container', `${conf}/accept_dad`, '0')];
  return [
    ...(hasV6 ? enableV6 : []),
    ...(ipv6 ? (detectDuplicates ? detect : ignore) : []),
    sysctl('container', `net/ipv4/conf/${ifName}/arp_notify`, '1'),
    ...ips.map(({address}) => ({op: 'address.add', ...target, address}) as const),
    {op: 'link.set', ...target, up: true},
    ...(hasV6 ? [{op: 'addresses.settle', ...target} as const] : []),
  ];
}

export const addRoutes = (ifName: string, routes: readonly Route[], ips: readonly ResultIp[]): readonly AddRoute[] =>
  routes.map(route => ({op: 'route.add', netns: 'container', link: ifName, route: viaGateway(route, ips)}));
