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
}

/** A route of the container, as far as a check looks at it. */
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
}

export interface Facts {
  readonly host: Readonly<Record<string, Link | undefined>>;
  readonly container: Readonly<Record<string, Link | undefined>>;
  readonly sysctls: Readonly<Record<string, string | undefined>>;
  /** The subnets in the network's masquerade chain, CIDR form. */
  readonly masqueraded: readonly string[];
  readonly routes: readonly RouteFact[];
}

export const noQuestion: Question = {hostLinks: [], containerLinks: [], sysctls: [], masquerade: false, routes: false};

/** One question out of many. */
export function mergeQuestions(questions: readonly Question[]): Question {
  const all = (pick: (question: Question) => readonly string[]) => [...new Set(questions.flatMap(pick))];
  return {
    hostLinks: all(question => question.hostLinks),
    containerLinks: all(question => question.containerLinks),
    sysctls: all(question => question.sysctls),
    masquerade: questions.some(question => question.masquerade),
    routes: questions.some(question => question.routes),
  };
}

/** The link of that name in that netns, if there is one. */
export function findLink(facts: Facts, netns: Netns, name: string): Link | undefined {
  return (netns === 'host' ? facts.host : facts.container)[name];
}
