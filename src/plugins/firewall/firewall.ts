// firewall: lets a network's packets through where the host would drop them, and keeps its bridge from those of other networks.
// Pure. All of it is the network's and not the container's, by its subnets and its bridge, so that a container that comes or
// goes changes no rule; only that it is isolated within its bridge is an option of its own port.
import {type Facts, type FirewallFacts, noQuestion} from '../../kernel/facts.ts';
import {notesOf, parseAcceptNote, parseIngressNote} from '../../kernel/firewall/rules.ts';
import type {Op, SetFirewall} from '../../kernel/op.ts';
import {formatCidr, parseCidr, subnetOf} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import {checkIfName} from '../../spec/names.ts';
import type {Result, ResultInterface} from '../../spec/result.ts';
import {missing} from '../interface/fault.ts';
import type {AttachmentRequest, Fault, InterfacePlugin, Planned} from '../plugin.ts';
import {type FirewallConfig, parseFirewallConfig} from './config.ts';

export const firewall: InterfacePlugin = {
  type: 'firewall',
  stray: () => [],
  prepare: (conf, request) => {
    const config = parseFirewallConfig(conf);
    const question = {
      ...noQuestion,
      firewall: {},
      ...(config.ingressPolicy === 'isolated' && {peerOf: request.ifName}),
    };
    return {
      ipam: undefined,
      makes: undefined,
      tools: ['nft', ...toolsOf[config.backend]],
      question,
      add: (facts, _ipam, previous) => planAdd(config, request, facts, previous),
      checkQuestion: result => ({
        ...question,
        hostLinks: portsOf(config, request, result),
        firewall: {expected: placeOf(config, request, result)},
      }),
      check: (facts, result) => check(config, request, facts, result),
      obstacles: () => [],
    };
  },
};

const toolsOf = {auto: [], iptables: ['iptables'], firewalld: ['firewall-cmd']} as const;

function planAdd(
  config: FirewallConfig,
  request: AttachmentRequest,
  facts: Facts,
  previous: Result | undefined,
): Planned {
  if (!previous) {
    const what = 'there is no result of a plugin before it: list "firewall" after the one that makes the interface';
    throw new CniError('invalidConfig', `network "${request.network}", plugin "firewall": ${what}`);
  }
  const place = placeOf(config, request, previous);
  const {notes, stands} = facts.firewall ?? nothingNoted;
  const isDone = stands && notesOf(place).every(note => notes.includes(note));
  const own = portsOf(config, request, previous).map(link => ({op: 'port.set', link, isolated: true}) as const);
  return {plan: {shared: isDone ? [] : [withNoted(place, notes)], own}, result: previous};
}

function check(config: FirewallConfig, request: AttachmentRequest, facts: Facts, result: Result): readonly Fault[] {
  const {notes, lost} = facts.firewall ?? nothingNoted;
  const place = withNoted(placeOf(config, request, result), notes);
  const isolate = (link: string): Op => ({op: 'port.set', link, isolated: true});
  return [
    // One fault, because one operation mends all of it.
    ...(lost.length > 0
      ? [{what: `network "${request.network}" in the firewall: ${lost.join(', ')}`, mend: [place]}]
      : []),
    ...portsOf(config, request, result)
      .filter(link => facts.host[link] && !facts.host[link].isolated)
      .map(link => ({...missing(isolate(link)), what: `port "${link}" is not isolated`})),
  ];
}

const nothingNoted: FirewallFacts = {notes: [], stands: true, lost: []};

/** What the network's place must be so that this attachment has its own. */
function placeOf(config: FirewallConfig, request: AttachmentRequest, {ips, interfaces}: Result): SetFirewall {
  const {backend, adminChain, zone, ingressPolicy: policy} = config;
  const subnets = [...new Set(ips.map(({address}) => formatCidr(subnetOf(parseCidr(address)))))];
  const common = {op: 'firewall.set', network: request.network, subnets, backend, adminChain, zone} as const;
  if (policy === 'open') return common;
  const [bridge, port] = beforeContainer(interfaces);
  if (bridge === undefined || port === undefined) throw needsBridge(policy, request);
  // With a VLAN what is routed comes by the gateway's own interface.
  const gateways = interfaces.filter(({name, sandbox}) => sandbox === undefined && name.startsWith(`${bridge}.`));
  const links = [bridge, ...gateways.map(({name}) => name)];
  return {...common, ingress: {policy, links: links.map(name => checkPlain(name))}};
}

/** For nft(8) some names would mean more than themselves. */
function checkPlain(name: string): string {
  if (!/["*\\]/.test(name)) return checkIfName(name);
  throw new CniError('invalidConfig', `plugin "firewall": no rule can be made for an interface called ${name}`);
}

const needsBridge = (policy: string, {network}: AttachmentRequest): CniError =>
  new CniError(
    'invalidConfig',
    `network "${network}", plugin "firewall": "ingressPolicy" ${policy} needs a bridge: list "firewall" after "bridge"`,
  );

/** The container's port on the bridge, if it is to be isolated. */
function portsOf({ingressPolicy}: FirewallConfig, request: AttachmentRequest, {interfaces}: Result): readonly string[] {
  if (ingressPolicy !== 'isolated') return [];
  const [, port] = beforeContainer(interfaces);
  if (port === undefined) throw needsBridge(ingressPolicy, request);
  return [port];
}

/** Of a bridge the bridge and the container's port. Behind the container's own come those of other plugins. */
function beforeContainer(interfaces: readonly ResultInterface[]): readonly string[] {
  const inside = interfaces.findIndex(({sandbox}) => sandbox !== undefined);
  return interfaces.slice(0, Math.max(inside, 0)).map(({name}) => name);
}

/** With what other containers of the network need of it: the operation is the whole. */
function withNoted(place: SetFirewall, notes: readonly string[]): SetFirewall {
  const subnets = [...new Set([...notes.flatMap(note => parseAcceptNote(note) ?? []), ...place.subnets])];
  if (!place.ingress) return {...place, subnets};
  const {policy, links} = place.ingress;
  const noted = notes.flatMap(note => parseIngressNote(note) ?? []).filter(one => one.policy === policy);
  return {...place, subnets, ingress: {policy, links: [...new Set([...noted.map(({link}) => link), ...links])]}};
}
