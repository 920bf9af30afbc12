// What is done for one container of a macvlan network: the interface itself, its addresses and routes.
import type {Facts, Link} from '../../kernel/facts.ts';
import {identityOf, madeMac, vethAlias, vethName} from '../../kernel/names.ts';
import type {AddMacvlan, Op} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import type {ResultIp, Route} from '../../spec/result.ts';
import {addRoutes, raiseContainerEnd} from '../interface/container-end.ts';
import {hasIpv6} from '../interface/host-end.ts';
import {sysctl} from '../interface/sysctl.ts';
import type {AttachmentRequest} from '../plugin.ts';
import type {MacvlanConfig} from './config.ts';

/** The interface that it is made of. Throws `invalidConfig` if there is none, or if its MTU is smaller than asked for. */
export function masterOf({master, masterInside, mtu}: MacvlanConfig, {network}: AttachmentRequest, facts: Facts): Link {
  const found = master === undefined ? facts.uplink : (masterInside ? facts.container : facts.host)[master];
  const place = masterInside ? 'the container' : 'this host';
  if (!found) {
    const reason = master === undefined ? `${place} has no default route: set "master"` : `${place} has no "${master}"`;
    throw new CniError('invalidConfig', `network "${network}": there is no "master" for a macvlan: ${reason}`);
  }
  if (mtu === undefined || mtu <= found.mtu) return found;
  const most = `that of its master "${found.name}" is ${found.mtu}`;
  throw new CniError('invalidConfig', `network "${network}": "mtu" ${mtu} is too much for a macvlan: ${most}`);
}

/** Made up from identity and salt; in passthru mode, where it is the master's, that. */
export function macOf({mac, mode}: MacvlanConfig, request: AttachmentRequest, master: Link): string {
  return mac ?? (mode === 'passthru' ? master.mac : madeMac(identityOf(request), request.salt));
}

export function planOwn(
  config: MacvlanConfig,
  request: AttachmentRequest,
  master: Link,
  ips: readonly ResultIp[],
  routes: readonly Route[],
  facts: Facts,
): readonly Op[] {
  const {ifName} = request;
  const ipv6 = hasIpv6(facts);
  const announce = ipv6 ? [sysctl('container', `net/ipv6/conf/${ifName}/ndisc_notify`, '1')] : [];
  return [
    makeMacvlan(config, request, master),
    // The kernel gives it the master's MAC, whatever the message says.
    ...(config.mode === 'passthru' && config.mac !== undefined
      ? [{op: 'link.set', netns: 'container', link: ifName, mac: config.mac} as const]
      : []),
    ...announce,
    ...raiseContainerEnd({ifName, ips, ipv6, detectDuplicates: false}),
    ...addRoutes(ifName, routes, ips),
  ];
}

function makeMacvlan(config: MacvlanConfig, request: AttachmentRequest, master: Link): AddMacvlan {
  const {mode, mtu, broadcastQueue, masterInside} = config;
  return {
    op: 'macvlan.add',
    name: request.ifName,
    temporary: vethName(request, request.salt),
    ...(mode !== 'passthru' && {mac: macOf(config, request, master)}),
    parent: master.name,
    parentNetns: masterInside ? 'container' : 'host',
    mode,
    ...(mtu !== undefined && {mtu}),
    ...(broadcastQueue !== undefined && {broadcastQueue}),
    alias: vethAlias(request),
  };
}
