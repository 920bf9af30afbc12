// A published port as the kernel is told of it: of one family, from one port of the host to one of a container.
import type {Family} from '../../spec/address.ts';
import type {Protocol} from '../../spec/port-mapping.ts';
import type {Attachment, PortRuleChains} from '../names.ts';

export interface HostPort {
  readonly family: Family;
  readonly protocol: Protocol;
  /** The address of the host that it is published on; absent for all of that family. */
  readonly hostIP?: string;
  readonly hostPort: number;
}

export interface PublishedPort extends HostPort {
  /** The container's. */
  readonly address: string;
  readonly containerPort: number;
}

/** What comes to a container's published ports by the link that it is behind, or from the host itself, must come back the same way. */
export interface NearAddress {
  readonly address: string;
  readonly link: string;
}

/** What is in the maps and sets for one attachment. */
export interface PortElements {
  readonly ports: readonly PublishedPort[];
  readonly near: readonly NearAddress[];
  /** The container's addresses that see the host's address for everybody who comes to a published port. */
  readonly masqueraded: readonly string[];
}

/** The table's part for published ports: the maps, and the constant number of rules that look things up in them. */
export interface SetPorts {
  readonly op: 'ports.set';
  readonly present: boolean;
}

/** Publishes ports of an attachment, in one transaction, or takes them back: only what is the attachment's own. */
export interface ChangePorts extends PortElements {
  readonly op: 'ports.add' | 'ports.delete';
  readonly attachment: Attachment;
}

/** Ports that are published on conditions: a chain of their own for the attachment, with a rule for each. */
export interface SetPortRules {
  readonly op: 'ports.rules';
  readonly chains: PortRuleChains;
  readonly present: boolean;
  readonly ports: readonly PublishedPort[];
  /** In nft's words; undefined for none. */
  readonly conditions: {readonly 4: string | undefined; readonly 6: string | undefined};
}

/** Whether a packet from or to 127.0.0.1 may pass by that link of the host: "0" or "1". */
export const localnetKey = (link: string): string => `net/ipv4/conf/${link}/route_localnet`;

export interface HeldPorts extends PortElements {
  readonly attachment: Attachment;
  /** Whether it has rules of its own besides. */
  readonly onCondition: boolean;
}

export interface PortsQuestion {
  /** Ports that shall be published: whether they are taken. */
  readonly wanted: readonly HostPort[];
  /** For which container: a process that was started for it is no stranger (conmon of podman holds the ports of its container). */
  readonly containerId: string;
  /** What should be there already: what of it is missing. */
  readonly held?: HeldPorts | undefined;
}

/** Somebody has the port already. */
export interface TakenPort {
  readonly port: HostPort;
  /** The comment of the element in the map: who published it. */
  readonly publishedFor?: string;
  /** Or else the process of the host that listens on it, in words. */
  readonly process?: string;
}

export interface PortFacts {
  /** Whether the rules are there. */
  readonly stands: boolean;
  readonly taken: readonly TakenPort[];
  /** What of `held` is not there; absent if it was not asked for. */
  readonly missing?: PortElements;
  /** True if its own rules should be there and are not. */
  readonly lostRules?: boolean;
}
