// What few plugins ask: the other end of a pair, how links are shaped, in which VLANs a port is, by which link the default
// route goes, or one to an address.
import type {Link, Shaping} from './facts.ts';
import type {Kernel} from './kernel.ts';
import {dumpPortVlans, readPortVlans} from './netlink/port-vlans.ts';
import {dumpRoutes, getRoute, readRoute} from './netlink/routes.ts';
import {dumpRedirects, getBucket, readBucket, readRedirect} from './netlink/shaping.ts';
import {findLinkIn} from './observe.ts';
import type {Netns, PortVlans} from './op.ts';

const mainTable = 254;

/** The host's end of the pair of which the container has the other end under that name. */
export function readPeer(kernel: Kernel, name: string): Link | undefined {
  const inside = findLinkIn(kernel, 'container', name);
  if (inside?.kind !== 'veth' || inside.peer === undefined) return undefined;
  const peer = findLinkIn(kernel, 'host', inside.peer);
  return peer?.kind === 'veth' && peer.peer === inside.index ? peer : undefined;
}

export function readShaped(kernel: Kernel, names: readonly string[]): Record<string, Shaping | undefined> {
  return Object.fromEntries(names.map(name => [name, readShaping(kernel, name)]));
}

export function readVlans(kernel: Kernel, names: readonly string[]): Record<string, readonly PortVlans[] | undefined> {
  return Object.fromEntries(names.map(name => [name, readVlansOf(kernel, name)]));
}

function readVlansOf(kernel: Kernel, name: string): readonly PortVlans[] | undefined {
  const index = findLinkIn(kernel, 'host', name)?.index;
  const [answer] = index === undefined ? [] : kernel.socket('host').exchange([dumpPortVlans(index)]);
  return answer?.error === 0 ? answer.replies.flatMap(reply => readPortVlans(reply)) : undefined;
}

function readShaping(kernel: Kernel, name: string): Shaping | undefined {
  const index = findLinkIn(kernel, 'host', name)?.index;
  if (index === undefined) return undefined;
  const bucket = kernel
    .socket('host')
    .exchange([getBucket(index)])
    .flatMap(({replies}) => replies.flatMap(reply => readBucket(reply) ?? []))[0];
  const redirectedTo = redirectOf(kernel, index);
  return {...(bucket && {bucket}), ...(redirectedTo !== undefined && {redirectedTo})};
}

/** The index of the link to which what that link of the host receives is redirected. */
export function redirectOf(kernel: Kernel, index: number): number | undefined {
  const answers = kernel.socket('host').exchange([dumpRedirects(index)]);
  return answers.flatMap(({replies}) => replies.flatMap(reply => readRedirect(reply) ?? []))[0];
}

/** The link that the first default route of the main table goes by; of an IPv4 one if there is one. */
export function readUplink(kernel: Kernel, netns: Netns): Link | undefined {
  const routes = kernel
    .socket(netns)
    .exchange([dumpRoutes()])
    .flatMap(({replies}) => replies.flatMap(reply => readRoute(reply) ?? []))
    .filter(({table, link}) => table === mainTable && link !== 0);
  const byDestination = (dst: string) =>
    routes.filter(route => route.dst === dst).sort((a, b) => a.priority - b.priority)[0];
  const found = byDestination('0.0.0.0/0') ?? byDestination('::/0');
  return found && findLinkIn(kernel, netns, found.link);
}

/** The link of the host that leads to that address. */
export function readWay(kernel: Kernel, address: string): Link | undefined {
  const [answer] = kernel.socket('host').exchange([getRoute(address)]);
  const [route] = (answer?.replies ?? []).flatMap(reply => readRoute(reply) ?? []);
  return route && findLinkIn(kernel, 'host', route.link);
}
