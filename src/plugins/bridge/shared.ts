// What all containers of a bridge network share: the bridge, its addresses, forwarding, masquerading, the guard. Planned only
// as far as it is not the case already, so in a network that stands this is an empty list.
import type {Facts, Link} from '../../kernel/facts.ts';
import {bridgeAlias} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import type {ResultIp} from '../../spec/result.ts';
import {ensureForwarding, ensureMasquerade, hasIpv6, quietIpv6} from '../interface/host-end.ts';
import type {AttachmentRequest} from '../plugin.ts';
import type {BridgeConfig} from './config.ts';
import {ensureGateway} from './gateway.ts';
import {hasNoMac} from './mac.ts';

/** `macs` are those of links that must be made. Throws `invalidConfig` if the host has something else in their place. */
export function ensureShared(
  config: BridgeConfig,
  request: AttachmentRequest,
  ips: readonly ResultIp[],
  facts: Facts,
  macOf: (link: string) => string,
): readonly Op[] {
  const {network} = request;
  const existing = facts.host[config.bridge];
  const [obstacle] = obstacles(config, network, existing);
  if (obstacle !== undefined) throw new CniError('invalidConfig', obstacle);
  return [
    ...ensureBridge(config, network, existing, macOf(config.bridge), hasIpv6(facts)),
    ...(config.isGateway ? ensureGateway(config, request, ips, facts, macOf(config.gatewayLink)) : []),
    ...(config.isGateway ? ensureForwarding(ips, facts) : []),
    ...(config.ipMasq ? ensureMasquerade(network, ips, facts) : []),
    ...(config.guarded && !facts.guard ? [{op: 'guard.set', network, present: true} as const] : []),
  ];
}

/** Why `existing`, which bears the bridge's name, can't be the network's bridge. */
export function obstacles(config: BridgeConfig, network: string, existing: Link | undefined): readonly string[] {
  if (!existing) return [];
  const name = `network "${network}": "${config.bridge}" exists and`;
  if (existing.kind !== 'bridge') {
    return [`${name} is not a bridge: choose another name under "bridge", or delete it`];
  }
  if (config.vlans.ofPort.length > 0 && !existing.vlanFiltering) {
    const turnOn = `ip link set ${config.bridge} type bridge vlan_filtering 1`;
    return [`${name} keeps no VLANs apart: choose another name under "bridge", or turn that on with "${turnOn}"`];
  }
  return [];
}

function ensureBridge(
  config: BridgeConfig,
  network: string,
  existing: Link | undefined,
  mac: string,
  ipv6: boolean,
): readonly Op[] {
  const link = config.bridge;
  const settings = {
    ...(config.mtu !== undefined && {mtu: config.mtu}),
    ...(config.vlans.ofPort.length > 0 && {vlanFiltering: true}),
  };
  const make: readonly Op[] = [
    {op: 'bridge.add', name: link, mac, ...settings, alias: bridgeAlias(network)},
    ...(ipv6 ? quietIpv6(link) : []),
  ];
  const missing = {
    ...(existing && hasNoMac(existing) && {mac}),
    ...(config.promisc && !existing?.promisc && {promisc: true}),
    ...(!existing?.up && {up: true}),
  };
  const set: readonly Op[] = [{op: 'link.set', netns: 'host', link, ...missing}];
  return [...(existing ? [] : make), ...(Object.keys(missing).length > 0 ? set : [])];
}
