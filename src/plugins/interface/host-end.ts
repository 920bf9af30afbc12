// What the host does for a network: forwarding and masquerading. Each is planned only if it is not the case already.
import type {Facts} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import {formatCidr, parseAddress, parseCidr, subnetOf} from '../../spec/address.ts';
import type {ResultIp} from '../../spec/result.ts';
import {sysctl} from './sysctl.ts';

/** The sysctls that let the host forward, by family: to be asked for in the question. */
export const forwarding = {4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding'} as const;

/** True if the kernel has IPv6. */
export const hasIpv6 = (facts: Facts): boolean => facts.sysctls[forwarding[6]] !== undefined;

/** For a link of the host that containers' addresses are behind: it learns no addresses from them. */
export const quietIpv6 = (link: string): readonly Op[] => [
  sysctl('host', `net/ipv6/conf/${link}/accept_ra`, '0'),
  // Without this the link's own IPv6 address answers nobody for the second that duplicate detection takes.
  sysctl('host', `net/ipv6/conf/${link}/accept_dad`, '0'),
];

export function ensureForwarding(ips: readonly ResultIp[], facts: Facts): readonly Op[] {
  const families = new Set(ips.flatMap(({gateway}) => (gateway === undefined ? [] : [parseAddress(gateway).family])));
  return [...families]
    .filter(family => facts.sysctls[forwarding[family]] !== '1')
    .map(family => sysctl('host', forwarding[family], '1'));
}

export function ensureMasquerade(network: string, ips: readonly ResultIp[], facts: Facts): readonly Op[] {
  const wanted = ips.map(({address}) => formatCidr(subnetOf(parseCidr(address))));
  const subnets = [...new Set([...facts.masqueraded, ...wanted])];
  return subnets.length > facts.masqueraded.length ? [{op: 'masquerade.set', network, subnets}] : [];
}
