// The things that may be done to Linux, as data. A plan is a list of these; render.ts shows each as the command that a
// person would type, apply.ts does it, undo.ts knows its inverse. Nothing else in the house changes the kernel.
import type {Route} from '../spec/result.ts';

/** Which of the two network namespaces an operation is for. */
export type Netns = 'host' | 'container';

/** Makes a bridge; what it is for stands in its alias. */
export interface AddBridge {
  readonly op: 'bridge.add';
  readonly name: string;
  readonly mac: string;
  readonly mtu?: number;
  readonly alias: string;
}

/** Makes a pair: one end in the host, as a port of a bridge, and its peer in the container. Both are down at first. */
export interface AddVeth {
  readonly op: 'veth.add';
  readonly name: string;
  readonly mac: string;
  readonly bridge?: string;
  readonly mtu?: number;
  readonly alias: string;
  readonly peer: {readonly name: string; readonly mac: string};
}

/**
 * Takes a link away, if it still carries that alias, or none: a name may have a new owner by now. A link that we made
 * carries none yet if its maker died before he could write it; it is known by the MAC that it was made with.
 */
export interface DeleteLink {
  readonly op: 'link.delete';
  readonly netns: Netns;
  readonly name: string;
  readonly alias: string | undefined;
  readonly mac?: string;
}

export interface SetLink {
  readonly op: 'link.set';
  readonly netns: Netns;
  readonly link: string;
  readonly up?: boolean;
  readonly mac?: string;
  readonly promisc?: boolean;
  /** The bridge that it is to be a port of. */
  readonly master?: string;
}

/** Options of a bridge port. */
export interface SetPort {
  readonly op: 'port.set';
  readonly link: string;
  readonly hairpin?: boolean;
}

/** `address` is in CIDR form. An IPv4 address gets its broadcast address, as with `brd +`. */
export interface ChangeAddress {
  readonly op: 'address.add' | 'address.delete';
  readonly netns: Netns;
  readonly link: string;
  readonly address: string;
}

export interface AddRoute {
  readonly op: 'route.add';
  readonly netns: Netns;
  readonly link: string;
  readonly route: Route;
}

/** `key` with slashes, from the root of /proc/sys. */
export interface SetSysctl {
  readonly op: 'sysctl.set';
  readonly netns: Netns;
  readonly key: string;
  readonly value: string;
}

/** The network's own masquerade chain, whole: traffic from one of the subnets to anywhere else leaves with the host's address. */
export interface SetMasquerade {
  readonly op: 'masquerade.set';
  readonly network: string;
  /** CIDR form, host bits zero; an empty list takes the chain away. */
  readonly subnets: readonly string[];
}

export type Op =
  | AddBridge
  | AddVeth
  | DeleteLink
  | SetLink
  | SetPort
  | ChangeAddress
  | AddRoute
  | SetSysctl
  | SetMasquerade;

/** What a plugin wants done: first to what all containers of the network share, then for this attachment alone. */
export interface Plan {
  readonly shared: readonly Op[];
  readonly own: readonly Op[];
}
