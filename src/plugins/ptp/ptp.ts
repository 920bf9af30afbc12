// ptp: a veth pair between host and container and nothing else: no bridge, and not even the subnet is on the link. Whatever
// the container sends goes to the gateway, an address that every host end carries, and a route for each container leads back.
// Pure: from configuration, addresses and facts to a plan.
import type {Facts, Question} from '../../kernel/facts.ts';
import {CniError} from '../../spec/error.ts';
import {type IpamResult, isEmptyDns, type Result, type ResultIp} from '../../spec/result.ts';
import {complete} from '../interface/addressing.ts';
import {forwarding, hasIpv6} from '../interface/host-end.ts';
import {dropStray, namePair, type Pair, pairOf} from '../interface/pair.ts';
import type {AttachmentRequest, InterfacePlugin, Planned} from '../plugin.ts';
import {check} from './check.ts';
import {type PtpConfig, parsePtpConfig} from './config.ts';
import {planPair} from './own.ts';
import {ensureShared} from './shared.ts';

/** The container's interface in the result: behind the host's end. */
const containerIndex = 1;

export const ptp: InterfacePlugin = {
  type: 'ptp',
  stray: dropStray,
  prepare: (conf, request) => {
    const config = parsePtpConfig(conf, request);
    const made = namePair(request, config.mac);
    const question: Question = {
      hostLinks: [],
      containerLinks: [request.ifName],
      sysctls: Object.values(forwarding),
      masquerade: config.ipMasq,
      routes: false,
    };
    return {
      ipam: config.ipam,
      makes: request.ifName,
      tools: config.ipMasq ? ['nft'] : [],
      question,
      add: (facts, ipam) => planAdd(config, request, made, facts, ipam),
      checkQuestion: result => {
        const {name} = pairOf(made, result, []).host;
        return {...question, hostLinks: [name], routes: true, hostRoutes: name};
      },
      check: (facts, result) => check(config, request, pairOf(made, result, []), facts, result),
      obstacles: () => [],
    };
  },
};

function planAdd(
  config: PtpConfig,
  request: AttachmentRequest,
  pair: Pair,
  facts: Facts,
  ipam: IpamResult | undefined,
): Planned {
  const ips = (ipam?.ips ?? []).map(ip => complete(ip, containerIndex, false));
  checkGateways(ips, request.network);
  const routes = ipam?.routes ?? [];
  const mtu = config.mtu === undefined ? {} : {mtu: config.mtu};
  const result: Result = {
    interfaces: [
      {...pair.host, ...mtu},
      {...pair.container, ...mtu, sandbox: request.netns},
    ],
    ips,
    routes,
    dns: isEmptyDns(config.dns) ? (ipam?.dns ?? {}) : config.dns,
  };
  const shared = ensureShared(config, request.network, ips, facts);
  return {plan: {shared, own: planPair(config, request, pair, ips, routes, hasIpv6(facts))}, result};
}

/** Throws `invalidConfig` where an address has no gateway: the host's end would have none. */
function checkGateways(ips: readonly ResultIp[], network: string): void {
  if (ips.length === 0) throw new CniError('invalidConfig', `network "${network}": the IPAM plugin gave no address`);
  const without = ips.find(({gateway}) => gateway === undefined);
  if (!without) return;
  throw new CniError('invalidConfig', `network "${network}": ${without.address} has no "gateway": ptp needs one`);
}
