// Answers a Question with Facts: a get for each thing asked for, never a dump of the whole host.
import {CniError} from '../spec/error.ts';
import type {Facts, FirewallFacts, GuardedLink, Link, Question, RouteFact} from './facts.ts';
import {readFirewall} from './firewall/read.ts';
import type {Kernel} from './kernel.ts';
import {errno} from './libc.ts';
import {guardNames, masqueradeChain, nftTable} from './names.ts';
import {getElement, keyOf} from './netlink/nf-elements.ts';
import {dumpRules, readRuleComment} from './netlink/nfnetlink.ts';
import {dumpRoutes, dumpRoutesBy, readRoute} from './netlink/routes.ts';
import {dumpAddresses, dumpLinks, getLink, readAddress, readLink} from './netlink/rtnetlink.ts';
import type {NetlinkSocket} from './netlink/socket.ts';
import {readIfThere, readOrNothing} from './netns.ts';
import {readPeer, readShaped, readUplink, readVlans, readWay} from './observe-shaping.ts';
import type {Netns, SetFirewall} from './op.ts';
import {localnetKey} from './ports/port.ts';
import {readPorts} from './ports/read.ts';

/** What was read of the host before, for who looks at many attachments and changes nothing in between. */
export type Known = Map<string, unknown>;

/** Reads what is asked for; `network` is whose rules are meant. What is `known` of the host is not read again. */
export function observe(kernel: Kernel, question: Question, network: string, known?: Known): Facts {
  const {hostRoutes, containerSysctls, peerOf, shaped, portVlans, uplinkIn, wayTo, files} = question;
  const guard = question.guard && readGuard(kernel, network, question.guard.links);
  const way = wayTo === undefined ? undefined : readWay(kernel, wayTo);
  const near = way ? [...question.hostLinks, way.name] : question.hostLinks;
  const localnet = question.ports ? near.map(name => localnetKey(name)) : [];
  const peer = peerOf === undefined ? undefined : readPeer(kernel, peerOf);
  const uplink = uplinkIn && readUplink(kernel, uplinkIn);
  return {
    host: readLinks(kernel, 'host', question.hostLinks, known),
    container: readLinks(kernel, 'container', question.containerLinks),
    sysctls: readSysctls([...question.sysctls, ...localnet], known),
    masqueraded: question.masquerade ? once(known, `rules of ${network}`, () => readMasqueraded(kernel, network)) : [],
    routes: question.routes ? readRoutes(kernel) : [],
    ...(hostRoutes !== undefined && {hostRoutes: readRoutesBy(kernel, hostRoutes)}),
    ...(containerSysctls && {containerSysctls: kernel.within('container', () => readSysctls(containerSysctls))}),
    ...(guard && {guard}),
    ...(question.ports && {ports: readPorts(kernel, question.ports, known)}),
    ...(question.firewall && {firewall: readPlace(kernel, network, question.firewall.expected, known)}),
    ...(peer && {peer}),
    ...(shaped && {shaped: readShaped(kernel, shaped)}),
    ...(portVlans && {portVlans: readVlans(kernel, portVlans)}),
    ...(uplink && {uplink}),
    ...(way && {way}),
    ...(files && {files: Object.fromEntries(files.map(path => [path, readIfThere(path)]))}),
  };
}

/** One link, by name or index, without its addresses. */
export function findLinkIn(kernel: Kernel, netns: Netns, which: string | number): Link | undefined {
  const [answer] = kernel.socket(netns).exchange([getLink(which)]);
  if (!answer || answer.error === errno.ENODEV) return undefined;
  if (answer.error !== 0) throw new CniError('kernelRefused', `cannot look for interface "${which}": ${answer.reason}`);
  return answer.replies.map(reply => readLink(reply)).find(link => link !== undefined);
}

/** All links of the host: for what looks at the whole host, never for a hook. */
export function allHostLinks(kernel: Kernel): readonly Link[] {
  const [answer] = kernel.socket('host').exchange([dumpLinks()]);
  return (answer?.replies ?? []).map(reply => readLink(reply)).filter(link => link !== undefined);
}

/** For all attachments that expect the same it is looked at once: programs are asked. */
const readPlace = (kernel: Kernel, network: string, expected?: SetFirewall, known?: Known): FirewallFacts =>
  once(known, `firewall of ${network}: ${JSON.stringify(expected)}`, () => readFirewall(kernel, network, expected));

function once<T>(known: Known | undefined, what: string, read: () => T): T {
  if (!known) return read();
  if (!known.has(what)) known.set(what, read());
  return known.get(what) as T;
}

function readLinks(
  kernel: Kernel,
  netns: Netns,
  names: readonly string[],
  known?: Known,
): Record<string, Link | undefined> {
  const find = (name: string) => {
    const link = findLinkIn(kernel, netns, name);
    return link && withAddresses(kernel.socket(netns), link);
  };
  return Object.fromEntries(names.map(name => [name, once(known, `link ${name}`, () => find(name))]));
}

function withAddresses(socket: NetlinkSocket, link: Link): Link {
  const [answer] = socket.exchange([dumpAddresses(link.index)]);
  const found = (answer?.replies ?? []).map(reply => readAddress(reply));
  return {...link, addresses: found.flatMap(item => (item?.index === link.index ? [item.address] : []))};
}

function readRoutes(kernel: Kernel): readonly RouteFact[] {
  const [answer] = kernel.socket('container').exchange([dumpRoutes()]);
  return (answer?.replies ?? []).flatMap(reply => readRoute(reply) ?? []);
}

function readRoutesBy(kernel: Kernel, name: string): readonly RouteFact[] {
  const index = findLinkIn(kernel, 'host', name)?.index;
  if (index === undefined) return [];
  const answers = ([4, 6] as const).flatMap(family => kernel.socket('host').exchange([dumpRoutesBy(index, family)]));
  return answers.flatMap(({replies}) => replies.flatMap(reply => readRoute(reply) ?? []));
}

function readSysctls(keys: readonly string[], known?: Known): Facts['sysctls'] {
  return Object.fromEntries(keys.map(key => [key, once(known, key, () => readOrNothing(`/proc/sys/${key}`))]));
}

/** A chain without a rule guards nothing. */
function readGuard(kernel: Kernel, network: string, links: readonly GuardedLink[]): Facts['guard'] {
  const {chain, guarded, allowed} = guardNames(network);
  const of = {family: 'bridge', table: nftTable} as const;
  const [rules] = kernel.netfilter().exchange([dumpRules(nftTable, chain, of.family)]);
  if (!rules?.replies.some(reply => readRuleComment(reply) !== undefined)) return undefined;
  const isIn = ({name, mac}: GuardedLink) =>
    kernel
      .netfilter()
      .exchange([
        getElement({...of, set: guarded, key: keyOf(name)}),
        getElement({...of, set: allowed, key: keyOf(name, mac)}),
      ])
      .every(({error}) => error === 0);
  return {links: links.filter(isIn).map(({name}) => name)};
}

function readMasqueraded(kernel: Kernel, network: string): readonly string[] {
  const [answer] = kernel.netfilter().exchange([dumpRules(nftTable, masqueradeChain(network))]);
  return (answer?.replies ?? []).flatMap(reply => readRuleComment(reply) ?? []);
}
