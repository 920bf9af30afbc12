// bridge: a veth pair, one end in the container, the other a port of a bridge that all containers of the network share.
// Pure: from configuration, addresses and facts to a plan. Names and MACs are decided here, so the result is known
// before anything is touched.
import type {Facts} from '../../kernel/facts.ts';
import {madeMac} from '../../kernel/names.ts';
import {CniError} from '../../spec/error.ts';
import {type IpamResult, isEmptyDns, type Result} from '../../spec/result.ts';
import {addDefaultRoutes, complete} from '../interface/addressing.ts';
import {planContainerEnd} from '../interface/container-end.ts';
import {forwarding, hasIpv6} from '../interface/host-end.ts';
import type {AttachmentRequest, InterfacePlugin, Planned} from '../plugin.ts';
import {check} from './check.ts';
import {type BridgeConfig, parseBridgeConfig} from './config.ts';
import {namePair, type Pair, pairOf, planPair} from './pair.ts';
import {ensureShared} from './shared.ts';

/** The container's interface in the result: behind the bridge and the host's end. */
const containerIndex = 2;

export const bridge: InterfacePlugin = {
  type: 'bridge',
  prepare: (conf, request) => {
    const config = parseBridgeConfig(conf, request.args);
    const pair = namePair(config, request);
    const question = {
      hostLinks: [config.bridge],
      containerLinks: [request.ifName],
      sysctls: Object.values(forwarding),
      masquerade: config.ipMasq,
      routes: false,
    };
    return {
      ipam: config.ipam,
      makes: request.ifName,
      question,
      add: (facts, ipam) => planAdd(config, request, pair, facts, ipam),
      checkQuestion: result => ({
        ...question,
        hostLinks: [config.bridge, pairOf(config, pair, result).host.name],
        routes: true,
      }),
      check: (facts, result) => check(config, request, pairOf(config, pair, result), facts, result),
    };
  },
};

function planAdd(
  config: BridgeConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  ipam: IpamResult | undefined,
): Planned {
  if (ipam && ipam.ips.length === 0) {
    throw new CniError('invalidConfig', `network "${request.network}": the IPAM plugin gave no address`);
  }
  const ips = (ipam?.ips ?? []).map(ip => complete(ip, containerIndex, config.isGateway));
  const configured = ipam?.routes ?? [];
  const routes = config.isDefaultGateway ? addDefaultRoutes(ips, configured) : configured;
  const bridgeMac = facts.host[config.bridge]?.mac ?? madeMac(`bridge ${config.bridge}`, request.salt);
  const mtu = config.mtu === undefined ? {} : {mtu: config.mtu};
  const result: Result = {
    interfaces: [
      {name: config.bridge, mac: bridgeMac},
      {...pair.host, ...mtu},
      {...pair.container, ...mtu, sandbox: request.netns},
    ],
    ips,
    routes,
    dns: isEmptyDns(config.dns) ? (ipam?.dns ?? {}) : config.dns,
  };
  const ipv6 = hasIpv6(facts);
  const own = [...planPair(config, request, pair, ipv6), ...planContainerEnd(request.ifName, ips, routes, ipv6)];
  return {plan: {shared: ensureShared(config, request.network, ips, facts, bridgeMac), own}, result};
}
