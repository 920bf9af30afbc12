// macvlan: a second interface on a wire that the host is on already, with a MAC of its own, in the container. No bridge, no
// pair, nothing in the host; the host itself can't reach it, as the kernel has it. Pure: from configuration, addresses and
// facts to a plan.
import {type Facts, type Link, noQuestion, type Question} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import {type IpamResult, isEmptyDns, type Result} from '../../spec/result.ts';
import {complete} from '../interface/addressing.ts';
import {forwarding} from '../interface/host-end.ts';
import type {AttachmentRequest, InterfacePlugin, Planned} from '../plugin.ts';
import {check} from './check.ts';
import {type MacvlanConfig, parseMacvlanConfig} from './config.ts';
import {macOf, masterOf, planOwn} from './own.ts';

export const macvlan: InterfacePlugin = {
  type: 'macvlan',
  stray: dropStray,
  prepare: (conf, request) => {
    const config = parseMacvlanConfig(conf, request);
    const question = questionOf(config, request);
    return {
      ipam: config.ipam,
      makes: request.ifName,
      tools: [],
      question,
      add: (facts, ipam) => planAdd(config, request, facts, ipam),
      checkQuestion: () => ({...question, routes: true}),
      check: (facts, result) => check(config, request, facts, result),
      obstacles: ({host}) => {
        const {master} = config;
        if (config.masterInside || master === undefined || host[master]) return [];
        return [`there is no interface "${master}"`];
      },
    };
  },
};

function questionOf({master, masterInside}: MacvlanConfig, {ifName}: AttachmentRequest): Question {
  const named = master === undefined ? [] : [master];
  return {
    ...noQuestion,
    hostLinks: masterInside ? [] : named,
    containerLinks: masterInside ? [ifName, ...named] : [ifName],
    // Tells whether the kernel has IPv6.
    sysctls: [forwarding[6]],
    ...(master === undefined && {uplinkIn: masterInside ? 'container' : 'host'}),
  };
}

function planAdd(
  config: MacvlanConfig,
  request: AttachmentRequest,
  facts: Facts,
  ipam: IpamResult | undefined,
): Planned {
  if (ipam && ipam.ips.length === 0) {
    throw new CniError('invalidConfig', `network "${request.network}": the IPAM plugin gave no address`);
  }
  const master = masterOf(config, request, facts);
  const ips = (ipam?.ips ?? []).map(ip => complete(ip, 0, false));
  const routes = ipam?.routes ?? [];
  const mtu = config.mtu === undefined ? {} : {mtu: config.mtu};
  const result: Result = {
    interfaces: [{name: request.ifName, mac: macOf(config, request, master), ...mtu, sandbox: request.netns}],
    ips,
    routes,
    dns: isEmptyDns(config.dns) ? (ipam?.dns ?? {}) : config.dns,
  };
  return {plan: {shared: [], own: planOwn(config, request, master, ips, routes, facts)}, result};
}

function dropStray(link: Link | undefined): readonly Op[] {
  if (link?.kind !== 'macvlan') return [];
  return [{op: 'link.delete', netns: 'container', name: link.name, alias: link.alias}];
}
