// Queueing disciplines over rtnetlink(7): the token bucket of what a link sends (tc-tbf(8)), and the redirection of what it
// receives (tc-mirred(8)). linux/pkt_sched.h, pkt_cls.h, tc_act/tc_mirred.h. Pure.
// What a link receives can't wait; so it is redirected to an ifb, which sends it back, and there it can.
import type {Shaping} from '../facts.ts';
import type {AddRedirect, DeleteQdisc, SetBucket} from '../op.ts';
import {
  type Attributes,
  attribute,
  attributes,
  type Bytes,
  concat,
  NLM,
  nest,
  type Reply,
  type Request,
  readU32,
  text,
  u32,
} from './wire.ts';

const RTM = {NEWQDISC: 36, DELQDISC: 37, GETQDISC: 38, NEWTFILTER: 44, GETTFILTER: 46} as const;
const TCA = {KIND: 1, OPTIONS: 2} as const;
const TBF = {PARMS: 1, RATE64: 4, BURST: 6} as const;
const U32 = {CLASSID: 1, SEL: 5, ACT: 7} as const;
const ACT = {KIND: 1, OPTIONS: 2} as const;
const MIRRED_PARMS = 2;
const LINKLAYER_ETHERNET = 1;
const TC_U32_TERMINAL = 1;
const TC_ACT_STOLEN = 4;
const EGRESS_REDIR = 1;
const ECHO = 8;
const most = 2 ** 32 - 1;

/** Where it hangs on the link, and the handle that it has there: "1:" and "ffff:". */
const places = {
  root: {parent: 0xffffffff, handle: 0x10000},
  ingress: {parent: 0xfffffff1, handle: 0xffff0000},
} as const;

/** The first filter, for packets of every protocol: ETH_P_ALL in the network's order. */
const firstFilter = (1 << 16) | 0x0300;

/** The messages for an operation; `indexOf` gives the index of a link of the host. */
export function shapingRequests(
  op: SetBucket | AddRedirect | DeleteQdisc,
  indexOf: (link: string) => number,
): readonly Request[] {
  switch (op.op) {
    case 'bucket.set':
      return [setBucket(op, indexOf(op.link))];
    case 'redirect.add':
      return addRedirect(indexOf(op.link), indexOf(op.to));
    case 'qdisc.delete':
      return [deleteQdisc(op, indexOf(op.link))];
  }
}

/** Takes the place of what is there. */
function setBucket({rate, burst, limit}: SetBucket, index: number): Request {
  const ratespec = (bytes: number) => concat([Uint8Array.of(0, LINKLAYER_ETHERNET, 0, 0, 0, 0, 0, 0), u32(bytes)]);
  const none = new Uint8Array(12);
  const parms = concat([ratespec(Math.min(rate, most)), none, u32(limit), u32(ticksOf(burst, rate)), u32(0)]);
  const options = [
    attribute(TBF.PARMS, parms),
    ...(rate > most ? [attribute(TBF.RATE64, concat([u32(rate % 2 ** 32), u32(Math.floor(rate / 2 ** 32))]))] : []),
    attribute(TBF.BURST, u32(burst)),
  ];
  const {parent, handle} = places.root;
  const settings = [attribute(TCA.KIND, text('tbf')), nest(TCA.OPTIONS, ...options)];
  return message(RTM.NEWQDISC, NLM.ACK | NLM.CREATE | NLM.REPLACE, {index, parent, handle}, settings);
}

/** How long so many bytes take: in the kernel's ticks, of which a microsecond has 15.625. Whole microseconds, as tc(8) has it. */
export const ticksOf = (bytes: number, rate: number): number =>
  Math.min(most, Math.floor(Math.floor((bytes * 1e6) / rate) * 15.625));

/** Both are indexes. The qdisc may be there already. */
function addRedirect(index: number, to: number): readonly Request[] {
  const {parent, handle} = places.ingress;
  const kind = attribute(TCA.KIND, text('ingress'));
  // Every packet matches a key whose mask is 0.
  const selector = concat([Uint8Array.of(TC_U32_TERMINAL, 0, 1, 0), new Uint8Array(12 + 16)]);
  const mirred = concat([u32(0), u32(0), u32(TC_ACT_STOLEN), u32(0), u32(0), u32(EGRESS_REDIR), u32(to)]);
  const action = nest(1, attribute(ACT.KIND, text('mirred')), nest(ACT.OPTIONS, attribute(MIRRED_PARMS, mirred)));
  const options = nest(
    TCA.OPTIONS,
    attribute(U32.CLASSID, u32(0x10001)),
    attribute(U32.SEL, selector),
    nest(U32.ACT, action),
  );
  return [
    message(RTM.NEWQDISC, NLM.ACK | NLM.CREATE, {index, parent, handle}, [kind]),
    message(RTM.NEWTFILTER, NLM.ACK | NLM.CREATE, {index, parent: handle, handle: 0, info: firstFilter}, [
      attribute(TCA.KIND, text('u32')),
      options,
    ]),
  ];
}

const deleteQdisc = ({where}: DeleteQdisc, index: number): Request =>
  message(RTM.DELQDISC, NLM.ACK, {index, parent: places[where].parent, handle: 0}, []);

/** Asks for the qdisc of what a link sends. The kernel tells it to who listens, and with ECHO to who asks; one of its own making it tells to nobody. */
export const getBucket = (index: number): Request =>
  message(RTM.GETQDISC, NLM.ACK | ECHO, {index, parent: places.root.parent, handle: 0}, []);

/** Asks for the filters of what a link receives. */
export const dumpRedirects = (index: number): Request =>
  message(RTM.GETTFILTER, NLM.DUMP, {index, parent: places.ingress.handle, handle: 0}, []);

/** The bucket in a message that getBucket brought; undefined for any other message. */
export function readBucket(reply: Reply): Shaping['bucket'] {
  const options = optionsOf(reply, RTM.NEWQDISC, 'tbf');
  const parms = options?.get(TBF.PARMS);
  if (!parms || parms.length < 36) return undefined;
  const wide = options?.get(TBF.RATE64);
  const rate = wide ? readU32(wide) + readU32(wide, 4) * 2 ** 32 : readU32(parms, 8);
  return {rate, limit: readU32(parms, 24), ticks: readU32(parms, 28)};
}

/** The index of the link to which a filter that dumpRedirects brought redirects; undefined for any other message. */
export function readRedirect(reply: Reply): number | undefined {
  const action = inside(inside(optionsOf(reply, RTM.NEWTFILTER, 'u32')?.get(U32.ACT)).get(1));
  const parms = inside(action.get(ACT.OPTIONS)).get(MIRRED_PARMS);
  return parms && parms.length >= 28 ? readU32(parms, 24) : undefined;
}

const inside = (bytes: Uint8Array | undefined): Attributes => attributes(bytes ?? new Uint8Array());

function optionsOf(reply: Reply, type: number, kind: string): Attributes | undefined {
  if (reply.type !== type) return undefined;
  const found = attributes(reply.body, 20);
  const name = new TextDecoder().decode(found.get(TCA.KIND)).replace(/\0.*$/s, '');
  return name === kind ? inside(found.get(TCA.OPTIONS)) : undefined;
}

interface Place {
  readonly index: number;
  readonly handle: number;
  readonly parent: number;
  readonly info?: number;
}

/** struct tcmsg, and what follows it. */
function message(
  type: number,
  flags: number,
  {index, handle, parent, info = 0}: Place,
  rest: readonly Bytes[],
): Request {
  return {type, flags, body: concat([u32(0), u32(index), u32(handle), u32(parent), u32(info), ...rest])};
}
