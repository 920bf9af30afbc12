// The VLANs of a bridge port: rtnetlink messages of family AF_BRIDGE (rtnetlink(7), linux/if_bridge.h). Pure.
// A run of VLANs is two entries, its begin and its end. To leave one that the port is not in is no error.
import type {PortVlans, SetPortVlans} from '../op.ts';
import {linkHeader} from './rtnetlink.ts';
import {
  attribute,
  attributes,
  attributesOf,
  type Bytes,
  concat,
  NLM,
  nest,
  type Reply,
  type Request,
  readU16,
  u16,
  u32,
} from './wire.ts';

const RTM = {DELLINK: 17, SETLINK: 19, NEWVLAN: 112, GETVLAN: 114} as const;
const AF_BRIDGE = 7;
const IFLA_AF_SPEC = 26;
const BRIDGE = {FLAGS: 0, VLAN_INFO: 2} as const;
const FLAGS_MASTER = 1;
/** struct br_vlan_msg, and what is in it. */
const vlanHeaderLength = 8;
const ENTRY = 1;
const VLANDB_ENTRY = {INFO: 1, RANGE: 2} as const;
const VLAN = {PVID: 2, UNTAGGED: 4, RANGE_BEGIN: 8, RANGE_END: 16} as const;
const all: PortVlans = {first: 1, last: 4094, untagged: false};

export function setPortVlans({clear, vlans}: SetPortVlans, index: number): readonly Request[] {
  return [
    ...(clear ? [message(RTM.DELLINK, index, all)] : []),
    ...vlans.map(vlan => message(RTM.SETLINK, index, vlan)),
  ];
}

/** Of one port. Kernels before 5.6 do not know it (EOPNOTSUPP). */
export const dumpPortVlans = (index: number): Request => ({
  type: RTM.GETVLAN,
  flags: NLM.DUMP,
  body: concat([u32(AF_BRIDGE), u32(index)]),
});

/** The VLANs that the port is in, those that are alike and stand side by side together. */
export function readPortVlans({type, body}: Reply): readonly PortVlans[] {
  if (type !== RTM.NEWVLAN) return [];
  return attributesOf(ENTRY, body, vlanHeaderLength).flatMap(bytes => {
    const of = attributes(bytes);
    const info = of.get(VLANDB_ENTRY.INFO);
    if (!info) return [];
    const [flags, first] = [readU16(info), readU16(info, 2)];
    const end = of.get(VLANDB_ENTRY.RANGE);
    const isOwn = (flags & VLAN.PVID) !== 0 && (flags & VLAN.UNTAGGED) !== 0;
    return [{first, last: end ? readU16(end) : first, untagged: isOwn}];
  });
}

function message(type: number, index: number, {first, last, untagged}: PortVlans): Request {
  const own = untagged ? VLAN.PVID | VLAN.UNTAGGED : 0;
  const entries = first === last ? [entry(own, first)] : [entry(VLAN.RANGE_BEGIN, first), entry(VLAN.RANGE_END, last)];
  const spec = nest(IFLA_AF_SPEC, attribute(BRIDGE.FLAGS, u16(FLAGS_MASTER)), ...entries);
  return {type, flags: NLM.ACK, body: concat([linkHeader(index, {family: AF_BRIDGE}), spec])};
}

/** struct bridge_vlan_info. */
const entry = (flags: number, vid: number): Bytes => attribute(BRIDGE.VLAN_INFO, concat([u16(flags), u16(vid)]));
