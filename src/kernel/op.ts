// The things that may be done to Linux, as data. A plan is a list of these; render.ts shows each as the command that a
// person would type, apply.ts does it, undo.ts knows its inverse. Nothing else in the house changes the kernel.
import type {Route} from '../spec/result.ts';
import type {ChangePorts, SetPortRules, SetPorts} from './ports/port.ts';

/** Which of the two network namespaces an operation is for. */
export type Netns = 'host' | 'container';

/** Makes a bridge; what it is for stands in its alias. */
export interface AddBridge {
  readonly op: 'bridge.add';
  readonly name: string;
  readonly mac: string;
  readonly mtu?: number;
  /** Whether its ports are in VLANs: can't be turned on for the ports that it has already. */
  readonly vlanFiltering?: boolean;
  readonly alias: string;
}

/**
 * Makes a pair: one end in the host, maybe as a port of a bridge, and its peer in the container, or in the host too.
 * Both are down at first.
 */
export interface AddVeth {
  readonly op: 'veth.add';
  readonly name: string;
  readonly mac: string;
  readonly bridge?: string;
  readonly mtu?: number;
  readonly alias: string;
  readonly peer: {readonly name: string; readonly mac: string; readonly netns?: 'host'};
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
  /** What it is called if its maker died before it got its name. */
  readonly temporary?: string;
}

/** Makes an ifb in the host: what is redirected to it leaves by its queue. Unlike a pair it does not go with the container. */
export interface AddIfb {
  readonly op: 'ifb.add';
  readonly name: string;
  readonly mac: string;
  readonly mtu?: number;
  readonly alias: string;
}

/** As DeleteLink. */
export interface DeleteIfb {
  readonly op: 'ifb.delete';
  readonly name: string;
  readonly alias: string | undefined;
  readonly mac?: string;
}

export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru';

/**
 * Makes a macvlan of `parent` in the container. It is made under the temporary name and renamed: kernels before 6.15 look
 * for its name in the host as well, where there mostly is an "eth0".
 */
export interface AddMacvlan {
  readonly op: 'macvlan.add';
  readonly name: string;
  readonly temporary: string;
  /** The kernel's choice if it is not given, as in passthru mode, where it is the parent's. */
  readonly mac?: string;
  readonly parent: string;
  /** Where the parent is. */
  readonly parentNetns: Netns;
  readonly mode: MacvlanMode;
  readonly mtu?: number;
  /** How many broadcasts may wait. */
  readonly broadcastQueue?: number;
  readonly alias: string;
}

/** Lets a link of the host send so much and no more (tc-tbf(8)). */
export interface SetBucket {
  readonly op: 'bucket.set';
  readonly link: string;
  /** Bytes a second. */
  readonly rate: number;
  /** Bytes that may go at once. */
  readonly burst: number;
  /** Bytes that may wait; what comes on top is dropped. */
  readonly limit: number;
}

/** Has everything that comes in by a link of the host leave by another one, and come in from there. */
export interface AddRedirect {
  readonly op: 'redirect.add';
  readonly link: string;
  readonly to: string;
}

/** Takes the queueing discipline of a link of the host away, with its filters: that of what it sends, or of what it receives. */
export interface DeleteQdisc {
  readonly op: 'qdisc.delete';
  readonly link: string;
  readonly where: 'root' | 'ingress';
}

export interface SetLink {
  readonly op: 'link.set';
  readonly netns: Netns;
  readonly link: string;
  readonly up?: boolean;
  readonly mac?: string;
  readonly promisc?: boolean;
  readonly allmulti?: boolean;
  readonly mtu?: number;
  /** Packets that may wait to be sent. */
  readonly queueLength?: number;
  /** The bridge that it is to be a port of. */
  readonly master?: string;
}

/** Options of a bridge port. */
export interface SetPort {
  readonly op: 'port.set';
  readonly link: string;
  readonly hairpin?: boolean;
  /** Whether it reaches only ports that are not isolated. */
  readonly isolated?: boolean;
}

/** A run of VLANs that a port is in. */
export interface PortVlans {
  readonly first: number;
  readonly last: number;
  /** For one VLAN: it leaves the port untagged, and what comes in untagged belongs to it. */
  readonly untagged: boolean;
}

/** Puts a bridge port into VLANs. `clear` takes it out of those that it is in first. */
export interface SetPortVlans {
  readonly op: 'port.vlans';
  readonly link: string;
  readonly clear: boolean;
  readonly vlans: readonly PortVlans[];
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
  /** The address that what goes by this route comes from. */
  readonly source?: string;
}

/** Takes a route of the main table away: one that came with an address. */
export interface DeleteRoute {
  readonly op: 'route.delete';
  readonly netns: Netns;
  readonly link: string;
  /** CIDR form, host bits zero. */
  readonly dst: string;
}

/** Waits until nobody else was found to have one of the link's IPv6 addresses; fails if somebody has. */
export interface SettleAddresses {
  readonly op: 'addresses.settle';
  readonly netns: Netns;
  readonly link: string;
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

/** The network's guard: what comes in by a guarded link with a MAC that is not that link's own is dropped. */
export interface SetGuard {
  readonly op: 'guard.set';
  readonly network: string;
  readonly present: boolean;
}

/** Puts a link under its network's guard, or takes it out: `mac` is the only one that may come in by it. */
export interface ChangeGuard {
  readonly op: 'guard.add' | 'guard.delete';
  readonly network: string;
  readonly link: string;
  readonly mac: string;
}

/**
 * The network's place in the host's firewall, whole: what comes from its subnets, and the replies, are let through where iptables
 * or firewalld would drop them, and its bridges are kept from those of other networks. "clear" takes all of that away.
 */
export interface SetFirewall {
  readonly op: 'firewall.set' | 'firewall.clear';
  readonly network: string;
  /** CIDR form, host bits zero. */
  readonly subnets: readonly string[];
  /** The bridges that are kept from other bridges; if "isolated", what goes from a bridge back to it is dropped too. */
  readonly ingress?: {readonly policy: 'same-bridge' | 'isolated'; readonly links: readonly string[]};
  /** Who lets packets through: "auto" is whoever is there. */
  readonly backend: 'auto' | 'iptables' | 'firewalld';
  /** The operator's chain of iptables, which is asked first: if it is there, or else made. */
  readonly adminChain: {readonly name: string; readonly make: boolean};
  /** firewalld's zone for the subnets. */
  readonly zone: string;
}

export type Op =
  | AddBridge
  | AddVeth
  | AddIfb
  | DeleteIfb
  | AddMacvlan
  | SetBucket
  | AddRedirect
  | DeleteQdisc
  | DeleteLink
  | SetLink
  | SetPort
  | SetPortVlans
  | ChangeAddress
  | SettleAddresses
  | AddRoute
  | DeleteRoute
  | SetSysctl
  | SetMasquerade
  | SetGuard
  | ChangeGuard
  | SetPorts
  | ChangePorts
  | SetPortRules
  | SetFirewall;

/** What a plugin wants done: first to what all containers of the network share, then for this attachment alone. */
export interface Plan {
  readonly shared: readonly Op[];
  readonly own: readonly Op[];
}
