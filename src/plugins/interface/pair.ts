// The pair of one attachment, by names and MACs that are made from its identity and a salt: the same salt, the same names.
import type {Link} from '../../kernel/facts.ts';
import {identityOf, madeMac, vethAlias, vethName} from '../../kernel/names.ts';
import type {AddVeth, Op} from '../../kernel/op.ts';
import type {Result} from '../../spec/result.ts';
import type {AttachmentRequest} from '../plugin.ts';

export interface End {
  readonly name: string;
  readonly mac: string;
}

export interface Pair {
  readonly host: End;
  readonly container: End;
}

/** `mac` is the container's, if one is asked for. */
export function namePair(request: AttachmentRequest, mac: string | undefined): Pair {
  const identity = identityOf(request);
  const made = madeMac(identity, request.salt);
  return {
    host: {name: vethName(request, request.salt), mac: madeMac(`host ${identity}`, request.salt)},
    container: {name: request.ifName, mac: mac ?? made},
  };
}

/**
 * The pair as a result tells it, whoever made it, with "" for a MAC that it leaves out; `made` stands in for an end that it
 * leaves out. `others` of the host are no end of it.
 */
export function pairOf(made: Pair, {interfaces}: Result, others: readonly string[]): Pair {
  const host = interfaces.find(({name, sandbox}) => !sandbox && !others.includes(name));
  const container = interfaces.find(({name, sandbox}) => sandbox && name === made.container.name);
  return {
    host: host ? {name: host.name, mac: host.mac ?? ''} : made.host,
    container: container ? {name: container.name, mac: container.mac ?? ''} : made.container,
  };
}

/** Makes the pair, its host end a port of that bridge if there is one. `mtu` undefined leaves it to the kernel. */
export function makePair(
  pair: Pair,
  request: AttachmentRequest,
  {bridge, mtu}: {readonly bridge?: string; readonly mtu: number | undefined},
): AddVeth {
  const settings = {...(bridge !== undefined && {bridge}), ...(mtu !== undefined && {mtu})};
  return {op: 'veth.add', ...pair.host, ...settings, alias: vethAlias(request), peer: pair.container};
}

/** Takes the container's end of a pair away, and so the pair. */
export const dropStray = (link: Link | undefined): readonly Op[] =>
  link?.kind === 'veth' ? [{op: 'link.delete', netns: 'container', name: link.name, alias: link.alias}] : [];
