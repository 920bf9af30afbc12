// Whether the container's end is what the result says. What later plugins of the chain, or the container itself, added is
// no fault: only what is missing is.
import type {Facts, Link, RouteFact} from '../../kernel/facts.ts';
import type {AddRoute, Op} from '../../kernel/op.ts';
import {formatAddress, formatCidr, parseAddress, parseCidr, subnetOf} from '../../spec/address.ts';
import type {Result, ResultIp, Route} from '../../spec/result.ts';
import type {Fault} from '../plugin.ts';
import {addRoutes} from './container-end.ts';
import {checkMac, missing} from './fault.ts';
import type {End} from './pair.ts';

const mainTable = 254;

export interface Expected extends End {
  /** Whether the plugin brings it up. */
  readonly up: boolean;
  /** What must follow where the interface has got these addresses again, CIDR form. */
  readonly afterwards: (addresses: readonly string[]) => readonly Op[];
  /** Its routes that stand in no result, and that those of the result may need. */
  readonly ownRoutes: readonly AddRoute[];
}

/** `expected` has the name and MAC that the result tells. */
export function checkContainerEnd(expected: Expected, link: Link, facts: Facts, result: Result): readonly Fault[] {
  const {name, up, afterwards, ownRoutes} = expected;
  const target = {netns: 'container', link: name} as const;
  const ips = ipsOf(result, name);
  const isThere = ({address}: ResultIp) => link.addresses.some(present => sameCidr(present, address));
  const kept = ips.filter(isThere).map(({address}) => address);
  const gone = ips.filter(ip => !isThere(ip)).map(({address}) => address);
  const lost = [...ownRoutes, ...addRoutes(name, result.routes, ips)].filter(
    ({route}) => !hasRoute(facts.routes, link, route),
  );
  return [
    ...checkMac(expected, link, 'container'),
    ...(link.up || !up ? [] : [missing({op: 'link.set', ...target, up: true}, afterwards(kept))]),
    ...gone.map(address => missing({op: 'address.add', ...target, address}, afterwards([address]))),
    ...lost.map(op => missing(op)),
  ];
}

/** The addresses of that interface of the container: another plugin of the chain may have made one more, with its own. */
export function ipsOf({ips, interfaces}: Result, ifName: string): readonly ResultIp[] {
  return ips.filter(({interface: index}) => {
    const owner = index === undefined ? undefined : interfaces[index];
    return owner === undefined || (owner.name === ifName && owner.sandbox !== undefined);
  });
}

/** True if the route goes by the link. A table or priority of 0 is the kernel's choice. */
export function hasRoute(routes: readonly RouteFact[], link: Link, {dst, gw, table, priority}: Route): boolean {
  const wanted = formatCidr(subnetOf(parseCidr(dst)));
  const gateway = gw === undefined ? undefined : formatAddress(parseAddress(gw));
  return routes.some(
    route =>
      route.link === link.index &&
      route.dst === wanted &&
      route.gw === gateway &&
      route.table === (table || mainTable) &&
      (!priority || route.priority === priority),
  );
}

const sameCidr = (a: string, b: string): boolean => formatCidr(parseCidr(a)) === formatCidr(parseCidr(b));
