// A container has one default route for each family: that of the network that was attached first. In all that come after, it
// is left out of plan and result, so that CHECK and repair don't look for it. Two would not fail: the kernel would send
// IPv6 by both in turn.
import type {Op} from '../../kernel/op.ts';
import type {Planned} from '../../plugins/plugin.ts';
import {type Family, parseCidr} from '../../spec/address.ts';
import type {Result, Route} from '../../spec/result.ts';
import type {Chain} from '../chain.ts';
import type {OwnSegment} from '../own-segment.ts';

const mainTable = 254;

/** The families that have a default route by one of these results. */
export const defaultsIn = (results: readonly Result[]): ReadonlySet<Family> =>
  new Set(results.flatMap(({routes}) => routes.filter(route => isDefault(route)).map(route => familyOf(route))));

/** The chain, of which our own plugins make no default route of these families. */
export function withoutDefaults(chain: Chain, families: ReadonlySet<Family>): Chain {
  if (families.size === 0) return chain;
  const segments = chain.segments.map(segment => (segment.kind === 'own' ? leaveOut(segment, families) : segment));
  return {...chain, segments};
}

const leaveOut = (segment: OwnSegment, families: ReadonlySet<Family>): OwnSegment => ({
  ...segment,
  plan: (facts, leased, previous) => without(segment.plan(facts, leased, previous), families, previous?.routes ?? []),
});

/** What a plugin of others made before stays in the result: it is there. */
function without({plan, result}: Planned, families: ReadonlySet<Family>, made: readonly Route[]): Planned {
  const isLeftOut = (route: Route) => isDefault(route) && families.has(familyOf(route)) && !made.includes(route);
  const stays = (op: Op) => !(op.op === 'route.add' && op.netns === 'container' && isLeftOut(op.route));
  return {
    plan: {shared: plan.shared, own: plan.own.filter(op => stays(op))},
    result: {...result, routes: result.routes.filter(route => !isLeftOut(route))},
  };
}

/** In another table it is the business of whoever wrote a rule for that. */
const isDefault = ({dst, table}: Route): boolean => parseCidr(dst).length === 0 && (table || mainTable) === mainTable;

const familyOf = ({dst}: Route): Family => parseCidr(dst).address.family;
