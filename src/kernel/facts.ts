// What is the case in the kernel, read once into a plain object, and the question that says what to read.
import type {Netns} from './op.ts';

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
  /** What few plugins ask, and of a chain one at the most: the host's routes by that link; sysctls of the container; the network's guard. */
  readonly hostRoutes?: string | undefined;
  readonly containerSysctls?: readonly string[] | undefined;
  readonly guard?: {readonly links: readonly GuardedLink[]} | undefined;
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
}

export const noQuestion: Question = {hostLinks: [], containerLinks: [], sysctls: [], masquerade: false, routes: false};

/** One question out of many. */
export function mergeQuestions(questions: readonly Question[]): Question {
  const all = (pick: (question: Question) => readonly string[]) => [...new Set(questions.flatMap(pick))];
  const one = <T>(pick: (question: Question) => T | undefined) =>
    questions.map(pick).find(asked => asked !== undefined);
  return {
    hostLinks: all(question => question.hostLinks),
    containerLinks: all(question => question.containerLinks),
    sysctls: all(question => question.sysctls),
    masquerade: questions.some(question => question.masquerade),
    routes: questions.some(question => question.routes),
    hostRoutes: one(question => question.hostRoutes),
    containerSysctls: one(question => question.containerSysctls),
    guard: one(question => question.guard),
  };
}

/** The link of that name in that netns, if there is one. */
export function findLink(facts: Facts, netns: Netns, name: string): Link | undefined {
  return (netns === 'host' ? facts.host : facts.container)[name];
}
