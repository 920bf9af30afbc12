// The container's end of a pair: its addresses and routes, and what makes them usable at once.
import type {Op} from '../../kernel/op.ts';
import {parseCidr} from '../../spec/address.ts';
import type {ResultIp, Route} from '../../spec/result.ts';
import {viaGateway} from './addressing.ts';
import {sysctl} from './sysctl.ts';

/** `ipv6` says whether the kernel has it at all. Without duplicate detection an address answers at once, not after a second or two. */
export function planContainerEnd(
  ifName: string,
  ips: readonly ResultIp[],
  routes: readonly Route[],
  ipv6: boolean,
): readonly Op[] {
  const target = {netns: 'container', link: ifName} as const;
  const conf = `net/ipv6/conf/${ifName}`;
  const hasV6 = ips.some(({address}) => parseCidr(address).address.family === 6);
  const enableV6 = [
    sysctl('container', 'net/ipv6/conf/lo/disable_ipv6', '0'),
    sysctl('container', `${conf}/disable_ipv6`, '0'),
    sysctl('container', `${conf}/keep_addr_on_down`, '1'),
  ];
  return [
    ...(hasV6 ? enableV6 : []),
    ...(ipv6 ? [sysctl('container', `${conf}/accept_dad`, '0')] : []),
    sysctl('container', `net/ipv4/conf/${ifName}/arp_notify`, '1'),
    ...ips.map(({address}) => ({op: 'address.add', ...target, address}) as const),
    {op: 'link.set', ...target, up: true},
    ...routes.map(route => ({op: 'route.add', ...target, route: viaGateway(route, ips)}) as const),
  ];
}
