// rtnetlink(7): links that few networks need, and the settings of a link that few plugins change. Pure.
// A macvlan goes straight into the container, while its parent is looked for where the message is sent.
import {parseMac} from '../../spec/mac.ts';
import type {AddIfb, AddMacvlan} from '../op.ts';
import {linkHeader, MACVLAN_MODE, macvlanModes} from './rtnetlink.ts';
import {attribute, type Bytes, concat, NLM, nest, type Request, text, u32} from './wire.ts';

const RTM_NEWLINK = 16;
const IFLA = {ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, LINKINFO: 18, IFALIAS: 20, NET_NS_FD: 28} as const;
const INFO = {KIND: 1, DATA: 2} as const;
const MACVLAN_BC_QUEUE_LEN = 7;
const create = NLM.ACK | NLM.CREATE | NLM.EXCL;

export function addIfb(op: AddIfb): Request {
  const info = nest(IFLA.LINKINFO, attribute(INFO.KIND, text('ifb')));
  return message(create, 0, [attribute(IFLA.IFNAME, text(op.name)), ...mac(op.mac), ...mtu(op.mtu), info]);
}

/** `parent` is the parent's index, `netns` an open file descriptor of the netns that it shall be in, if not in that of the socket. */
export function addMacvlan(op: AddMacvlan, parent: number, netns: number | undefined): Request {
  const data = [
    attribute(MACVLAN_MODE, u32(macvlanModes[op.mode])),
    ...(op.broadcastQueue === undefined ? [] : [attribute(MACVLAN_BC_QUEUE_LEN, u32(op.broadcastQueue))]),
  ];
  return message(create, 0, [
    attribute(IFLA.IFNAME, text(op.temporary)),
    ...mac(op.mac),
    ...mtu(op.mtu),
    attribute(IFLA.LINK, u32(parent)),
    ...(netns === undefined ? [] : [attribute(IFLA.NET_NS_FD, u32(netns))]),
    nest(IFLA.LINKINFO, attribute(INFO.KIND, text('macvlan')), nest(INFO.DATA, ...data)),
  ]);
}

/** Gives a link that is down another name, and its alias. */
export const renameLink = (index: number, name: string, alias: string): Request =>
  message(NLM.ACK, index, [attribute(IFLA.IFNAME, text(name)), attribute(IFLA.IFALIAS, text(alias))]);

function message(flags: number, index: number, settings: readonly Bytes[]): Request {
  return {type: RTM_NEWLINK, flags, body: concat([linkHeader(index), ...settings])};
}

const mac = (value: string | undefined): readonly Bytes[] =>
  value === undefined ? [] : [attribute(IFLA.ADDRESS, parseMac(value))];
const mtu = (value: number | undefined): readonly Bytes[] =>
  value === undefined ? [] : [attribute(IFLA.MTU, u32(value))];
