// The pair of one attachment, by names and MACs that are made from its identity and a salt: the same salt, the same names.
import {identityOf, madeMac, vethAlias, vethName} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import type {Result} from '../../spec/result.ts';
import {sysctl} from '../interface/sysctl.ts';
import type {AttachmentRequest} from '../plugin.ts';
import type {BridgeConfig} from './config.ts';

export interface Pair {
  readonly host: {readonly name: string; readonly mac: string};
  readonly container: {readonly name: string; readonly mac: string};
}

export function namePair(config: BridgeConfig, request: AttachmentRequest): Pair {
  const identity = identityOf(request);
  const made = madeMac(identity, request.salt);
  return {
    host: {name: vethName(request, request.salt), mac: madeMac(`host ${identity}`, request.salt)},
    container: {name: request.ifName, mac: config.mac ?? made},
  };
}

/** The pair as a result tells it, whoever made it; `made` stands in for what the result leaves out. */
export function pairOf(config: BridgeConfig, made: Pair, {interfaces}: Result): Pair {
  const host = interfaces.find(({name, sandbox}) => !sandbox && name !== config.bridge);
  const container = interfaces.find(({name, sandbox}) => sandbox && name === made.container.name);
  return {
    host: {name: host?.name ?? made.host.name, mac: host?.mac ?? made.host.mac},
    container: {name: made.container.name, mac: container?.mac ?? made.container.mac},
  };
}

/** Makes the pair, with its host end as a port of the bridge and up. */
export function planPair(config: BridgeConfig, request: AttachmentRequest, pair: Pair, ipv6: boolean): readonly Op[] {
  const {name, mac} = pair.host;
  const mtu = config.mtu === undefined ? {} : {mtu: config.mtu};
  const alias = vethAlias(request);
  return [
    {op: 'veth.add', name, mac, bridge: config.bridge, ...mtu, alias, peer: pair.container},
    ...(config.hairpin ? [{op: 'port.set', link: name, hairpin: true} as const] : []),
    ...(ipv6 ? [sysctl('host', `net/ipv6/conf/${name}/accept_ra`, '0')] : []),
    {op: 'link.set', netns: 'host', link: name, up: true},
  ];
}
