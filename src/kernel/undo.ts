// The inverse of a plan, computed and never written by hand beside it.
// Taking a link away takes its addresses, routes and port options along, and the whole of a pair goes with one end, so
// what was done to a link that the same plan made needs no inverse of its own.
import type {Facts} from './facts.ts';
import type {Op} from './op.ts';

/** The operations that put back what `ops` change, in the order in which to apply them. `facts` are from before. */
export function undoOf(ops: readonly Op[], facts: Facts): readonly Op[] {
  const made = new Set(ops.flatMap(op => linksMadeBy(op)));
  return ops
    .map(op => (made.has(linkOf(op)) && linksMadeBy(op).length === 0 ? undefined : inverseOf(op, facts)))
    .filter(op => op !== undefined)
    .reverse();
}

function inverseOf(op: Op, facts: Facts): Op | undefined {
  switch (op.op) {
    case 'bridge.add':
    case 'veth.add':
      return {op: 'link.delete', netns: 'host', name: op.name, alias: op.alias, mac: op.mac};
    case 'address.add':
      return {...op, op: 'address.delete'};
    case 'address.delete':
      return {...op, op: 'address.add'};
    case 'sysctl.set': {
      const before = op.netns === 'host' ? facts.sysctls[op.key] : undefined;
      return before === undefined ? undefined : {...op, value: before};
    }
    case 'link.set':
      return inverseOfSet(op, facts);
    case 'masquerade.set':
      return {...op, subnets: facts.masqueraded};
    case 'guard.set':
      return {...op, present: facts.guard !== undefined};
    case 'guard.add':
      return {...op, op: 'guard.delete'};
    case 'guard.delete':
      return {...op, op: 'guard.add'};
    // A route or a port option on a link that was there before: no plugin plans that.
    case 'route.add':
    case 'route.delete':
    case 'port.set':
    case 'port.vlans':
    case 'link.delete':
    case 'addresses.settle':
      return undefined;
  }
}

const noMac = '00:00:00:00:00:00';

/** What a `link.set` changed on a link that was there before. A pinned MAC stays pinned: the kernel can't unpin it, nor take it away. */
function inverseOfSet(op: Extract<Op, {op: 'link.set'}>, facts: Facts): Op | undefined {
  const before = op.netns === 'host' ? facts.host[op.link] : facts.container[op.link];
  if (!before) return undefined;
  const changed = {
    ...(op.up !== undefined && op.up !== before.up && {up: before.up}),
    ...(op.promisc !== undefined && op.promisc !== before.promisc && {promisc: before.promisc}),
    ...(op.mac !== undefined && op.mac !== before.mac && before.mac !== noMac && {mac: before.mac}),
  };
  return Object.keys(changed).length > 0 ? {op: 'link.set', netns: op.netns, link: op.link, ...changed} : undefined;
}

function linksMadeBy(op: Op): readonly string[] {
  if (op.op === 'bridge.add') return [`host/${op.name}`];
  if (op.op === 'veth.add') return [`host/${op.name}`, `${op.peer.netns ?? 'container'}/${op.peer.name}`];
  return [];
}

/** The link that an operation is about, "" for none. A sysctl under conf/NAME or neigh/NAME is about that link. */
function linkOf(op: Op): string {
  switch (op.op) {
    case 'bridge.add':
    case 'veth.add':
      return `host/${op.name}`;
    case 'link.delete':
      return `${op.netns}/${op.name}`;
    case 'port.set':
    case 'port.vlans':
      return `host/${op.link}`;
    case 'link.set':
    case 'address.add':
    case 'address.delete':
    case 'addresses.settle':
    case 'route.add':
    case 'route.delete':
      return `${op.netns}/${op.link}`;
    case 'sysctl.set':
      return `${op.netns}/${op.key.split('/')[3] ?? ''}`;
    // Rules don't go with the links that they name.
    case 'masquerade.set':
    case 'guard.set':
    case 'guard.add':
    case 'guard.delete':
      return '';
  }
}
