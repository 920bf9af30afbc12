// The inverse of a plan, computed and never written by hand beside it.
// Taking a link away takes its addresses, routes and port options along, and the whole of a pair goes with one end, so
// what was done to a link that the same plan made needs no inverse of its own.
import type {Facts} from './facts.ts';
import type {AddMacvlan, Op} from './op.ts';

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
    case 'ifb.add':
      return {op: 'ifb.delete', name: op.name, alias: op.alias, mac: op.mac};
    case 'macvlan.add':
      return inverseOfMacvlan(op);
    case 'bucket.set':
      return {op: 'qdisc.delete', link: op.link, where: 'root'};
    case 'redirect.add':
      return {op: 'qdisc.delete', link: op.link, where: 'ingress'};
    case 'address.add':
      return {...op, op: 'address.delete'};
    case 'address.delete':
      return {...op, op: 'address.add'};
    case 'sysctl.set': {
      const before = (op.netns === 'host' ? facts.sysctls : facts.containerSysctls)?.[op.key];
      return before === undefined ? undefined : {...op, value: before};
    }
    case 'link.set':
      return inverseOfSet(op, facts);
    case 'masquerade.set':
      return {...op, subnets: facts.masqueraded};
    case 'guard.set':
      return {...op, present: facts.guard !== undefined};
    case 'firewall.set':
      return {...op, op: 'firewall.clear'};
    case 'guard.add':
      return {...op, op: 'guard.delete'};
    case 'guard.delete':
      return {...op, op: 'guard.add'};
    case 'ports.set':
      return {...op, present: facts.ports?.stands === true};
    case 'ports.add':
      return {...op, op: 'ports.delete'};
    case 'ports.delete':
      return {...op, op: 'ports.add'};
    case 'ports.rules':
      return {...op, present: !op.present};
    case 'port.set':
      return inverseOfPort(op, facts);
    // A route or a VLAN of a link that was there before: no plugin plans that.
    case 'route.add':
    case 'route.delete':
    case 'port.vlans':
    case 'link.delete':
    case 'ifb.delete':
    case 'qdisc.delete':
    case 'addresses.settle':
    case 'firewall.clear':
      return undefined;
  }
}

function inverseOfMacvlan({name, temporary, alias, mac}: AddMacvlan): Op {
  const made = mac === undefined ? {} : {mac};
  return {op: 'link.delete', netns: 'container', name, temporary, alias, ...made};
}

/** Isolation and reflection are put on a port that was there before. */
function inverseOfPort({link, isolated, hairpin}: Extract<Op, {op: 'port.set'}>, facts: Facts): Op | undefined {
  const before = facts.host[link] ?? (facts.peer?.name === link ? facts.peer : undefined);
  const off = {
    ...(isolated && !before?.isolated && {isolated: false}),
    ...(hairpin && !before?.hairpin && {hairpin: false}),
  };
  return Object.keys(off).length > 0 ? {op: 'port.set', link, ...off} : undefined;
}

const noMac = '00:00:00:00:00:00';

/** What a `link.set` changed on a link that was there before. A pinned MAC stays pinned: the kernel can't unpin it, nor take it away. */
function inverseOfSet(op: Extract<Op, {op: 'link.set'}>, facts: Facts): Op | undefined {
  const before = op.netns === 'host' ? facts.host[op.link] : facts.container[op.link];
  if (!before) return undefined;
  const {allmulti: isAllmulti = false, queueLength: queue} = before;
  const changed = {
    ...(op.up !== undefined && op.up !== before.up && {up: before.up}),
    ...(op.promisc !== undefined && op.promisc !== before.promisc && {promisc: before.promisc}),
    ...(op.allmulti !== undefined && op.allmulti !== isAllmulti && {allmulti: isAllmulti}),
    ...(op.mtu !== undefined && op.mtu !== before.mtu && {mtu: before.mtu}),
    ...(op.queueLength !== undefined && queue !== undefined && op.queueLength !== queue && {queueLength: queue}),
    ...(op.mac !== undefined && op.mac !== before.mac && before.mac !== noMac && {mac: before.mac}),
  };
  return Object.keys(changed).length > 0 ? {op: 'link.set', netns: op.netns, link: op.link, ...changed} : undefined;
}

function linksMadeBy(op: Op): readonly string[] {
  if (op.op === 'bridge.add' || op.op === 'ifb.add') return [`host/${op.name}`];
  if (op.op === 'macvlan.add') return [`container/${op.name}`];
  if (op.op === 'veth.add') return [`host/${op.name}`, `${op.peer.netns ?? 'container'}/${op.peer.name}`];
  return [];
}

/** The link that an operation is about, "" for none. A sysctl under conf/NAME or neigh/NAME is about that link. */
function linkOf(op: Op): string {
  switch (op.op) {
    case 'bridge.add':
    case 'veth.add':
    case 'ifb.add':
    case 'ifb.delete':
      return `host/${op.name}`;
    case 'macvlan.add':
      return `container/${op.name}`;
    case 'link.delete':
      return `${op.netns}/${op.name}`;
    case 'port.set':
    case 'port.vlans':
    case 'bucket.set':
    case 'redirect.add':
    case 'qdisc.delete':
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
    case 'firewall.set':
    case 'ports.set':
    case 'ports.add':
    case 'ports.delete':
    case 'ports.rules':
    case 'firewall.clear':
      return '';
  }
}
