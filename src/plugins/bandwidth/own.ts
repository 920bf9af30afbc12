// What is done for one container: a bucket for what the host's end of its pair sends, which is what the container receives;
// and for what it sends an ifb with a bucket, because what a link receives can't wait.
import type {Facts} from '../../kernel/facts.ts';
import {vethAlias, vethName} from '../../kernel/names.ts';
import type {Op, SetBucket} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';
import type {End} from '../interface/pair.ts';
import type {AttachmentRequest} from '../plugin.ts';
import type {BandwidthConfig, Bucket} from './config.ts';

export interface HostEnd {
  readonly name: string;
  /** Bytes; undefined if it has the kernel's. */
  readonly mtu: number | undefined;
}

/** The host's end of the pair: as it is, or as it will be made by the same plan. Throws `invalidConfig` if the result names none. */
export function hostEndOf(request: AttachmentRequest, {peer}: Facts, {interfaces}: Result): HostEnd {
  const name = peer?.name ?? vethName(request, request.salt);
  const told = interfaces.find(item => item.name === name && !item.sandbox);
  if (told) return {name, mtu: peer?.mtu ?? told.mtu};
  const reason = `"${request.ifName}" has no other end in the host that "prevResult" tells of`;
  const advice = 'bandwidth limits pairs, as bridge and ptp make them';
  throw new CniError('invalidConfig', `network "${request.network}": ${reason}: ${advice}`);
}

export function planOwn(
  config: BandwidthConfig,
  request: AttachmentRequest,
  hostEnd: HostEnd,
  ifb: End,
  facts: Facts,
): readonly Op[] {
  const {ingress, egress} = config;
  return [
    ...(egress ? [...dropFormer(request, ifb, facts), ...planIfb(request, hostEnd, ifb, egress)] : []),
    ...(ingress ? [setBucket(hostEnd.name, ingress)] : []),
    ...(egress ? [redirect(hostEnd, ifb)] : []),
  ];
}

/** The ifb, up and with its bucket; nothing is redirected to it yet. */
export function planIfb(request: AttachmentRequest, {mtu}: HostEnd, ifb: End, egress: Bucket): readonly Op[] {
  return [
    {op: 'ifb.add', ...ifb, ...(mtu !== undefined && {mtu}), alias: vethAlias(request)},
    setBucket(ifb.name, egress),
    {op: 'link.set', netns: 'host', link: ifb.name, up: true},
  ];
}

export const redirect = ({name}: HostEnd, ifb: End): Op => ({op: 'redirect.add', link: name, to: ifb.name});

export const setBucket = (link: string, bucket: Bucket): SetBucket => ({op: 'bucket.set', link, ...bucket});

/** One that an attachment of the same name has left behind, of which no record tells. */
function dropFormer(request: AttachmentRequest, {name}: End, facts: Facts): readonly Op[] {
  const former = facts.host[name];
  if (!former) return [];
  if (former.alias === vethAlias(request)) return [{op: 'ifb.delete', name, alias: former.alias}];
  throw new CniError(
    'attachmentExists',
    `network "${request.network}": there is an interface "${name}", and it is not ours`,
  );
}
