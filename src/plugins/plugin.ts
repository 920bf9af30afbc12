// The shape of a plugin. Two kinds: one makes interfaces, one gives addresses. Both are pure but for the ports that they
// are handed: `prepare` parses and validates everything and says what it must know; `add` turns facts into a plan.
import type {Facts, Question} from '../kernel/facts.ts';
import type {Attachment} from '../kernel/names.ts';
import type {Plan} from '../kernel/op.ts';
import type {Fields} from '../spec/fields.ts';
import type {IpamResult, Result} from '../spec/result.ts';

/** The one attachment that is asked for. */
export interface AttachmentRequest extends Attachment {
  /** Path of the container's netns, as it shall stand in the result. */
  readonly netns: string;
  /** Differs from start to start; names and MACs are made from it. */
  readonly salt: string;
}

export interface Planned {
  readonly plan: Plan;
  readonly result: Result;
}

export interface PreparedInterface {
  /** The `ipam` section, if it has one. */
  readonly ipam: Fields | undefined;
  readonly question: Question;
  /** Throws if what is asked for can't be done on this host; nothing has been touched by then. */
  readonly add: (facts: Facts, ipam: IpamResult | undefined, previous: Result | undefined) => Planned;
}

export interface InterfacePlugin {
  readonly type: string;
  /** Throws `invalidConfig`. */
  readonly prepare: (conf: Fields, request: AttachmentRequest) => PreparedInterface;
}

/** Where addresses are leased, one directory per network. Calls of one `locked` are one step for everybody else. */
export interface LeaseStore {
  readonly locked: <T>(work: (leases: Leases) => T) => T;
}

export interface Leases {
  /** The addresses that the owner holds. */
  readonly heldBy: (owner: Owner) => readonly string[];
  /** False if somebody holds it. */
  readonly reserve: (address: string, owner: Owner) => boolean;
  /** Gives back all that the owner holds, and says what it was. */
  readonly release: (owner: Owner) => readonly string[];
  /** Every address that anybody holds. */
  readonly taken: () => ReadonlySet<string>;
  /** The address given out last from that range set. */
  readonly last: (set: number) => string | undefined;
  readonly setLast: (set: number, address: string) => void;
}

export interface Owner {
  readonly containerId: string;
  readonly ifName: string;
}

export interface IpamPorts {
  readonly openLeases: (directory: string) => LeaseStore;
  readonly readFile: (path: string) => string;
}

export interface PreparedIpam {
  /** The directory in which it takes leases, if it takes any. */
  readonly directory: string | undefined;
  /** Asked twice for the same owner, it answers the same. Throws `rangeExhausted`, `addressTaken`. */
  readonly add: (ports: IpamPorts) => IpamResult;
}

export interface IpamPlugin {
  readonly type: string;
  /** `dataDir` is where leases are kept unless the configuration says otherwise. Throws `invalidConfig`. */
  readonly prepare: (ipam: Fields, network: string, owner: Owner, dataDir: string) => PreparedIpam;
}
