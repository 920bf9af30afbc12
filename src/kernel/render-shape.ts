// The commands for what few networks need: an ifb, a macvlan, and the limits on what a link sends and receives.
// ip-link(8), tc(8), tc-tbf(8), tc-u32(8), tc-mirred(8).

import type {AddIfb, AddMacvlan, AddRedirect, DeleteIfb, DeleteQdisc, Netns, SetBucket} from './op.ts';
import {quote, quoted} from './shell.ts';

type ShapeOp = AddIfb | DeleteIfb | AddMacvlan | SetBucket | AddRedirect | DeleteQdisc;

/** The commands, each with the netns that it is for. `path` is that of the container's. */
export function renderShape(op: ShapeOp, path: string): readonly (readonly [Netns, string])[] {
  switch (op.op) {
    case 'ifb.add':
      return [
        ['host', `ip link add ${op.name} address ${op.mac}${option('mtu', op.mtu)} type ifb`],
        ['host', `ip link set ${op.name} alias ${quote(op.alias)}`],
      ];
    case 'ifb.delete':
      return [['host', `ip link delete ${op.name}`]];
    case 'macvlan.add':
      return [
        [op.parentNetns, addMacvlan(op, path)],
        ['container', `ip link set ${op.temporary} name ${quoted(op.name)} alias ${quote(op.alias)}`],
      ];
    case 'bucket.set': {
      const bucket = `rate ${op.rate}bps burst ${op.burst} limit ${op.limit}`;
      return [['host', `tc qdisc replace dev ${op.link} root handle 1: tbf ${bucket}`]];
    }
    case 'redirect.add':
      return [
        ['host', `tc qdisc add dev ${op.link} handle ffff: ingress`],
        [
          'host',
          `tc filter add dev ${op.link} parent ffff: protocol all prio 1 u32 match u32 0 0 classid 1:1 action mirred egress redirect dev ${op.to}`,
        ],
      ];
    case 'qdisc.delete':
      return [['host', `tc qdisc delete dev ${op.link} ${op.where}`]];
  }
}

function addMacvlan(op: AddMacvlan, path: string): string {
  const settings = `${option('address', op.mac)}${option('mtu', op.mtu)}${op.parentNetns === 'host' ? ` netns ${quoted(path)}` : ''}`;
  const kind = `type macvlan mode ${op.mode}${option('bcqueuelen', op.broadcastQueue)}`;
  return `ip link add link ${quoted(op.parent)} name ${op.temporary}${settings} ${kind}`;
}

const option = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : ` ${name} ${value}`;
