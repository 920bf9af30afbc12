// What of the limits is missing or changed, each with what mends it.
import type {Facts, Shaping} from '../../kernel/facts.ts';
import {ticksOf} from '../../kernel/netlink/shaping.ts';
import type {Op} from '../../kernel/op.ts';
import type {Result} from '../../spec/result.ts';
import {missing} from '../interface/fault.ts';
import type {End} from '../interface/pair.ts';
import type {AttachmentRequest, Fault} from '../plugin.ts';
import type {BandwidthConfig, Bucket} from './config.ts';
import {type HostEnd, planIfb, redirect, setBucket} from './own.ts';

/** `made` has the name of the ifb. */
export function check(
  {ingress, egress}: BandwidthConfig,
  request: AttachmentRequest,
  made: End,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const {peer} = facts;
  if (!peer || !result.interfaces.some(({name, sandbox}) => name === peer.name && !sandbox)) {
    return [{what: `"${request.ifName}" has no other end in the host that the result tells of`, mend: []}];
  }
  const mac = result.interfaces.find(({name, sandbox}) => name === made.name && !sandbox)?.mac ?? made.mac;
  return [
    ...(ingress ? checkBucket(peer.name, ingress, facts.shaped?.[peer.name]) : []),
    ...(egress ? checkEgress(egress, request, peer, {...made, mac}, facts) : []),
  ];
}

function checkEgress(
  egress: Bucket,
  request: AttachmentRequest,
  hostEnd: HostEnd,
  ifb: End,
  facts: Facts,
): readonly Fault[] {
  const link = facts.host[ifb.name];
  const redirectedTo = facts.shaped?.[hostEnd.name]?.redirectedTo;
  // What leads elsewhere, or to one that is no more, gives way first.
  const again: readonly Op[] = [
    ...(redirectedTo === undefined ? [] : [{op: 'qdisc.delete', link: hostEnd.name, where: 'ingress'} as const]),
    redirect(hostEnd, ifb),
  ];
  if (!link) return [{what: `"${ifb.name}" is not there`, mend: [...planIfb(request, hostEnd, ifb, egress), ...again]}];
  const isRedirected = redirectedTo === link.index;
  return [
    ...checkBucket(ifb.name, egress, facts.shaped?.[ifb.name]),
    ...(link.up ? [] : [missing({op: 'link.set', netns: 'host', link: ifb.name, up: true})]),
    ...(isRedirected
      ? []
      : [{what: `what "${hostEnd.name}" receives is not redirected to "${ifb.name}"`, mend: again}]),
  ];
}

function checkBucket(link: string, wanted: Bucket, found: Shaping | undefined): readonly Fault[] {
  const {bucket} = found ?? {};
  const isSame = bucket && bucket.rate === wanted.rate && bucket.limit === wanted.limit && isNear(bucket.ticks, wanted);
  if (isSame) return [];
  const is = bucket ? `is limited to ${bucket.rate * 8} bits a second` : 'has no limit';
  const what = `what "${link}" sends ${is}, and not to ${wanted.rate * 8} with a burst of ${wanted.burst * 8} bits`;
  return [
    {
      what: bucket?.rate === wanted.rate ? `the burst of what "${link}" sends is another` : what,
      mend: [setBucket(link, wanted)],
    },
  ];
}

/** The kernel works with whole nanoseconds of its own, and has room for 32 bits of ticks. */
function isNear(ticks: number, {burst, rate}: Bucket): boolean {
  const wanted = ticksOf(burst, rate);
  return wanted > 2 ** 31 || Math.abs(ticks - wanted) <= Math.max(32, wanted / 1000);
}
