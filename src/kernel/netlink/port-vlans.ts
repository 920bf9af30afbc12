// The VLANs of a bridge port: rtnetlink messages of family AF_BRIDGE (rtnetlink(7), linux/if_bridge.h). Pure.
// A run of VLANs is two entries, its begin and its end. To leave one that the port is not in is no error.
import type {PortVlans, SetPortVlans} from '../op.ts';
import {linkHeader} from './rtnetlink.ts';
import {attribute, type Bytes, concat, NLM, nest, type Request, u16} from './wire.ts';

const RTM = {DELLINK: 17, SETLINK: 19} as const;
const AF_BRIDGE = 7;
const IFLA_AF_SPEC = 26;
const BRIDGE = {FLAGS: 0, VLAN_INFO: 2} as const;
const FLAGS_MASTER = 1;
const VLAN = {PVID: 2, UNTAGGED: 4, RANGE_BEGIN: 8, RANGE_END: 16} as const;
const all: PortVlans = {first: 1, last: 4094, untagged: false};

export function setPortVlans({clear, vlans}: SetPortVlans, index: number): readonly Request[] {
  return [
    ...(clear ? [message(RTM.DELLINK, index, all)] : []),
    ...vlans.map(vlan => message(RTM.SETLINK, index, vlan)),
  ];
}

function message(type: number, index: number, {first, last, untagged}: PortVlans): Request {
  const own = untagged ? VLAN.PVID | VLAN.UNTAGGED : 0;
  const entries = first === last ? [entry(own, first)] : [entry(VLAN.RANGE_BEGIN, first), entry(VLAN.RANGE_END, last)];
  const spec = nest(IFLA_AF_SPEC, attribute(BRIDGE.FLAGS, u16(FLAGS_MASTER)), ...entries);
  return {type, flags: NLM.ACK, body: concat([linkHeader(index, {family: AF_BRIDGE}), spec])};
}

/** struct bridge_vlan_info. */
const entry = (flags: number, vid: number): Bytes => attribute(BRIDGE.VLAN_INFO, concat([u16(flags), u16(vid)]));
