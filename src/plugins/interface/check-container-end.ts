// Whether the container's end is what the result says. What later plugins of the chain, or the container itself, added is
// no fault: only what is missing is.
import {describe} from '../../kernel/describe.ts';
import type {Facts, Link} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import {formatAddress, formatCidr, parseAddress, parseCidr, subnetOf} from '../../spec/address.ts';
import type {Result, Route} from '../../spec/result.ts';
import type {Fault} from '../plugin.ts';
import {viaGateway} from './addressing.ts';

const mainTable = 254;

/** A fault that doing the operation mends. */
export const missing = (op: Op): Fault => ({what: `missing: ${describe(op)}`, mend: [op]});

/** `expected` is the name and MAC that the result tells. */
export function checkContainerEnd(
  expected: {readonly name: string; readonly mac: string},
  link: Link,
  facts: Facts,
  {ips, routes}: Result,
): readonly Fault[] {
  const target = {netns: 'container', link: expected.name} as const;
  const unaddressed = ips.filter(({address}) => !link.addresses.some(present => sameCidr(present, address)));
  const lost = routes.map(route => viaGateway(route, ips)).filter(route => !hasRoute(facts, link, route));
  const hasMac = link.mac === expected.mac.toLowerCase();
  return [
    ...(hasMac ? [] : [missing({op: 'link.set', ...target, mac: expected.mac})]),
    ...(link.up ? [] : [missing({op: 'link.set', ...target, up: true})]),
    ...unaddressed.map(({address}) => missing({op: 'address.add', ...target, address})),
    ...lost.map(route => missing({op: 'route.add', ...target, route})),
  ];
}

function hasRoute({routes}: Facts, link: Link, {dst, gw, table, priority}: Route): boolean {
  const wanted = formatCidr(subnetOf(parseCidr(dst)));
  const gateway = gw === undefined ? undefined : formatAddress(parseAddress(gw));
  return routes.some(
    route =>
      route.link === link.index &&
      route.dst === wanted &&
      route.gw === gateway &&
      route.table === (table ?? mainTable) &&
      (priority === undefined || route.priority === priority),
  );
}

const sameCidr = (a: string, b: string): boolean => formatCidr(parseCidr(a)) === formatCidr(parseCidr(b));
