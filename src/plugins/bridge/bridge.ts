// bridge: a veth pair, one end in the container, the other a port of a bridge that all containers of the network share.
// Pure: from configuration, addresses and facts to a plan. Names and MACs are decided here, so the result is known
// before anything is touched.
import type {Facts, Question} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import {type IpamResult, isEmptyDns, type Result, type ResultInterface} from '../../spec/result.ts';
import {addDefaultRoutes, complete} from '../interface/addressing.ts';
import {addRoutes} from '../interface/container-end.ts';
import {forwarding, hasIpv6} from '../interface/host-end.ts';
import {dropStray, namePair, type Pair, pairOf} from '../interface/pair.ts';
import type {AttachmentRequest, InterfacePlugin, Planned} from '../plugin.ts';
import {check} from './check.ts';
import {type BridgeConfig, parseBridgeConfig} from './config.ts';
import {macOf, pinMac, refuseBridgeMac} from './mac.ts';
import {planContainerEnd, planPair} from './own.ts';
import {ensureShared, obstacles} from './shared.ts';

/** The container's interface in the result: behind the bridge and the host's end. */
const containerIndex = 2;

export const bridge: InterfacePlugin = {
  type: 'bridge',
  stray: dropStray,
  prepare: (conf, request) => {
    const config = parseBridgeConfig(conf, request.args);
    const made = namePair(request, config.mac);
    const hostLinks = [...new Set([config.bridge, config.gatewayLink])];
    const pairIn = (result: Result) => pairOf(made, result, hostLinks);
    const question: Question = {
      hostLinks,
      containerLinks: [request.ifName],
      sysctls: Object.values(forwarding),
      masquerade: config.ipMasq,
      routes: false,
      ...(config.guarded && {guard: {links: []}}),
    };
    return {
      ipam: config.ipam,
      makes: request.ifName,
      tools: config.ipMasq || config.guarded ? ['nft'] : [],
      question,
      add: (facts, ipam) => planAdd(config, request, made, facts, ipam),
      checkQuestion: result => checkQuestion(config, question, pairIn(result)),
      check: (facts, result) => check(config, request, pairIn(result), facts, result),
      obstacles: facts => obstacles(config, request.network, facts.host[config.bridge]),
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
  const macs = (link: string) => macOf(link, facts, request.salt);
  refuseBridgeMac(config, macs);
  const shared = ensureShared(config, request, ips, facts, macs);
  const own: readonly Op[] = [
    ...pinMac(config, facts),
    ...planPair(config, request, pair, hasIpv6(facts)),
    ...planContainerEnd(config, request, ips, hasIpv6(facts)),
    ...addRoutes(request.ifName, routes, ips),
  ];
  const result: Result = {
    interfaces: interfacesOf(config, request, pair, macs, ips.length > 0),
    ips,
    routes,
    dns: isEmptyDns(config.dns) ? (ipam?.dns ?? {}) : config.dns,
  };
  return {plan: {shared, own}, result};
}

function interfacesOf(
  config: BridgeConfig,
  {netns}: AttachmentRequest,
  pair: Pair,
  macOf: (link: string) => string,
  hasGateway: boolean,
): readonly ResultInterface[] {
  const {bridge, gatewayLink} = config;
  const mtu = config.mtu === undefined ? {} : {mtu: config.mtu};
  return [
    {name: bridge, mac: macOf(bridge)},
    {...pair.host, ...mtu},
    {...pair.container, ...mtu, sandbox: netns},
    ...(hasGateway && gatewayLink !== bridge ? [{name: gatewayLink, mac: macOf(gatewayLink)}] : []),
  ];
}

function checkQuestion(config: BridgeConfig, question: Question, {host, container}: Pair): Question {
  const guard = {links: [{name: host.name, mac: container.mac}]};
  return {
    ...question,
    hostLinks: [...question.hostLinks, host.name],
    routes: true,
    ...(config.guarded && {guard}),
    ...(config.vlans.ofPort.length > 0 && {portVlans: [host.name]}),
  };
}
