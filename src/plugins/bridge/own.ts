// What is done for one container of a bridge network: its pair, the port's options, the container's end.
import type {ChangeGuard, Op} from '../../kernel/op.ts';
import type {ResultIp} from '../../spec/result.ts';
import {raiseContainerEnd} from '../interface/container-end.ts';
import {makePair, type Pair} from '../interface/pair.ts';
import {sysctl} from '../interface/sysctl.ts';
import type {AttachmentRequest} from '../plugin.ts';
import type {BridgeConfig} from './config.ts';

/** Makes the pair, with its host end as a port of the bridge and up. It is guarded before anything can come in by it. */
export function planPair(config: BridgeConfig, request: AttachmentRequest, pair: Pair, ipv6: boolean): readonly Op[] {
  const {name} = pair.host;
  return [
    makePair(pair, request, config),
    ...setPort(config, name),
    ...setVlans(config, name),
    ...guardOf(config, request, pair, 'guard.add'),
    ...(ipv6 ? [sysctl('host', `net/ipv6/conf/${name}/accept_ra`, '0')] : []),
    {op: 'link.set', netns: 'host', link: name, up: true},
  ];
}

/** The port's options, those that are on. */
function setPort({hairpin, isolated}: BridgeConfig, link: string): readonly Op[] {
  const options = {...(hairpin && {hairpin}), ...(isolated && {isolated})};
  return hairpin || isolated ? [{op: 'port.set', link, ...options}] : [];
}

export function setVlans({vlans, keepDefaultVlan}: BridgeConfig, link: string): readonly Op[] {
  return vlans.ofPort.length > 0 ? [{op: 'port.vlans', link, clear: !keepDefaultVlan, vlans: vlans.ofPort}] : [];
}

export function guardOf(
  {guarded}: BridgeConfig,
  {network}: AttachmentRequest,
  {host, container}: Pair,
  op: ChangeGuard['op'],
): readonly ChangeGuard[] {
  return guarded ? [{op, network, link: host.name, mac: container.mac}] : [];
}

/** Brings the container's end up, unless it shall stay down. */
export function planContainerEnd(
  {containerUp, detectDuplicates}: BridgeConfig,
  {ifName}: AttachmentRequest,
  ips: readonly ResultIp[],
  ipv6: boolean,
): readonly Op[] {
  return containerUp ? raiseContainerEnd({ifName, ips, ipv6, detectDuplicates}) : [];
}
