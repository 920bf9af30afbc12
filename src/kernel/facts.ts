// What is the case in the kernel, read once into a plain object, and the question that says what to read.
import type {MacvlanMode, Netns, PortVlans, SetFirewall} from './op.ts';
import type {PortFacts, PortsQuestion} from './ports/port.ts';

export interface Link {
  readonly index: number;
  readonly name: string;
  /** "bridge", "veth", …; undefined for a physical one. */
  readonly kind: string | undefined;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly promisc: boolean;
  readonly master: number | undefined;
  readonly alias: string | undefined;
  /** For one end of a veth pair the index of the other end, in its own netns. */
  readonly peer: number | undefined;
  /** CIDR form; empty where the link itself was all that was looked for. */
  readonly addresses: readonly string[];
  /** Of a bridge: its ports are in VLANs. Of a port of one: the options. Absent where off. */
  readonly vlanFiltering?: true;
  readonly hairpin?: true;
  readonly isolated?: true;
  readonly allmulti?: true;
  /** Packets that may wait to be sent. */
  readonly queueLength?: number;
  /** Of a macvlan, whose `peer` is its parent. */
  readonly macvlanMode?: MacvlanMode;
}

/** How what goes through a link is held back. */
export interface Shaping {
  /** Of what it sends: bytes a second, bytes that may wait, and the time that the burst takes, in the kernel's ticks. */
  readonly bucket?: {readonly rate: number; readonly limit: number; readonly ticks: number};
  /** Index of the link to which what it receives is redirected. */
  readonly redirectedTo?: number;
}

/** A route, as far as a check looks at it. */
export interface RouteFact {
  /** Index of the link that it goes by. */
  readonly link: number;
  /** CIDR form. */
  readonly dst: string;
  readonly gw: string | undefined;
  readonly table: number;
  readonly priority: number;
}

export interface Question {
  /** Links of the host, by name. */
  readonly hostLinks: readonly string[];
  /** Links of the container, by name. */
  readonly containerLinks: readonly string[];
  /** Sysctls of the host, keys with slashes. */
  readonly sysctls: readonly string[];
  /** Whether to read the network's masquerade chain. */
  readonly masquerade: boolean;
  /** Whether to read the container's routes. */
  readonly routes: boolean;
  /** What few plugins ask, and but for the lists of a chain one at the most: the host's routes by that link; sysctls of the container; the network's guard. */
  readonly hostRoutes?: string | undefined;
  readonly containerSysctls?: readonly string[] | undefined;
  readonly guard?: {readonly links: readonly GuardedLink[]} | undefined;
  /** Published ports; and for each of `hostLinks`, and the way to `wayTo`, whether 127.0.0.1 may lead out by it. */
  readonly ports?: PortsQuestion | undefined;
  /** The network's place in the host's firewall. With `expected` all of it is looked at, and not our own note alone. */
  readonly firewall?: {readonly expected?: SetFirewall} | undefined;
  /** The link of the container whose other end, in the host, is looked for. */
  readonly peerOf?: string | undefined;
  /** Links of the host, by name, of which it is asked how they are shaped. */
  readonly shaped?: readonly string[] | undefined;
  /** Ports of bridges, by name, of which it is asked in which VLANs they are. */
  readonly portVlans?: readonly string[] | undefined;
  /** In which netns to look for the link that the default route goes by. */
  readonly uplinkIn?: Netns | undefined;
  /** An address of the container: it is asked by which link of the host one gets there. */
  readonly wayTo?: string | undefined;
  /** Files of the host. */
  readonly files?: readonly string[] | undefined;
}

/** A link of the host, and the only MAC that may come in by it. */
export interface GuardedLink {
  readonly name: string;
  readonly mac: string;
}

export interface Facts {
  readonly host: Readonly<Record<string, Link | undefined>>;
  readonly container: Readonly<Record<string, Link | undefined>>;
  readonly sysctls: Readonly<Record<string, string | undefined>>;
  /** The subnets in the network's masquerade chain, CIDR form. */
  readonly masqueraded: readonly string[];
  readonly routes: readonly RouteFact[];
  readonly hostRoutes?: readonly RouteFact[];
  readonly containerSysctls?: Readonly<Record<string, string | undefined>>;
  /** The names of those asked for that are under the network's guard; absent if the network has none. */
  readonly guard?: {readonly links: readonly string[]};
  readonly ports?: PortFacts;
  readonly firewall?: FirewallFacts;
  readonly peer?: Link;
  readonly shaped?: Readonly<Record<string, Shaping | undefined>>;
  /** Undefined for a port that is not there, and where the kernel can't be asked. */
  readonly portVlans?: Readonly<Record<string, readonly PortVlans[] | undefined>>;
  readonly uplink?: Link;
  readonly way?: Link;
  /** Their texts; undefined for one that is not there. */
  readonly files?: Readonly<Record<string, string | undefined>>;
}

export interface FirewallFacts {
  /** What was done for the network, as firewall/rules.ts notes it. */
  readonly notes: readonly string[];
  /** False if somebody has taken a chain of the network away since, as far as one message tells. */
  readonly stands: boolean;
  /** What is missing of what was expected, in words. */
  readonly lost: readonly string[];
}

export const noQuestion: Question = {hostLinks: [], containerLinks: [], sysctls: [], masquerade: false, routes: false};

/** One question out of many. */
export function mergeQuestions(questions: readonly Question[]): Question {
  const all = (pick: (question: Question) => readonly string[]) => [...new Set(questions.flatMap(pick))];
  const one = <T>(pick: (question: Question) => T | undefined) =>
    questions.map(pick).find(asked => asked !== undefined);
  const union = (pick: (question: Question) => readonly string[] | undefined) =>
    questions.some(question => pick(question)) ? all(question => pick(question) ?? []) : undefined;
  return {
    hostLinks: all(question => question.hostLinks),
    containerLinks: all(question => question.containerLinks),
    sysctls: all(question => question.sysctls),
    masquerade: questions.some(question => question.masquerade),
    routes: questions.some(question => question.routes),
    hostRoutes: one(question => question.hostRoutes),
    containerSysctls: union(question => question.containerSysctls),
    guard: one(question => question.guard),
    ports: one(question => question.ports),
    firewall: one(question => question.firewall),
    peerOf: one(question => question.peerOf),
    shaped: union(question => question.shaped),
    portVlans: union(question => question.portVlans),
    uplinkIn: one(question => question.uplinkIn),
    wayTo: one(question => question.wayTo),
    files: union(question => question.files),
  };
}

/** The link of that name in that netns, if there is one. */
export function findLink(facts: Facts, netns: Netns, name: string): Link | undefined {
  return (netns === 'host' ? facts.host : facts.container)[name];
}
