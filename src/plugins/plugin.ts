// The shape of a plugin. Two kinds: one makes interfaces, one gives addresses. Both are pure but for the ports that they
// are handed: `prepare` parses and validates everything and says what it must know; `add` turns facts into a plan.
import type {Facts, Link, Question} from '../kernel/facts.ts';
import type {Attachment} from '../kernel/names.ts';
import type {Op, Plan} from '../kernel/op.ts';
import type {CniArgs} from '../spec/cni-args.ts';
import type {Command} from '../spec/environment.ts';
import type {Fields, JsonObject} from '../spec/fields.ts';
import type {IpamResult, Result, ResultIp} from '../spec/result.ts';

/** The one attachment that is asked for. */
export interface AttachmentRequest extends Attachment {
  /** Path of the container's netns, as it shall stand in the result. */
  readonly netns: string;
  /** Differs from start to start; names and MACs are made from it. */
  readonly salt: string;
  /** CNI_ARGS. */
  readonly args: CniArgs;
}

export interface Planned {
  readonly plan: Plan;
  readonly result: Result;
}

/** Something that is not as the result says. */
export interface Fault {
  /** One sentence part: `address "10.1.0.1/24" is missing on "cnibr0"`. */
  readonly what: string;
  /** What puts it right; empty where nothing can. */
  readonly mend: readonly Op[];
}

export interface PreparedInterface {
  /** The type of its IPAM plugin, if it has one. */
  readonly ipam: string | undefined;
  readonly question: Question;
  /** What more must be known where the result of the plugins before it is: absent if nothing. */
  readonly questionAfter?: (previous: Result) => Question;
  /** The container's interface that it makes, if it makes one. */
  readonly makes: string | undefined;
  /** Throws if what is asked for can't be done on this host; nothing has been touched by then. */
  readonly add: (facts: Facts, ipam: IpamResult | undefined, previous: Result | undefined) => Planned;
  /** What `check` must know of an attachment that had this result. */
  readonly checkQuestion: (result: Result) => Question;
  /** What is missing or changed of an attachment that had this result. */
  readonly check: (facts: Facts, result: Result) => readonly Fault[];
  /** The programs of the host that an ADD may run. */
  readonly tools: readonly string[];
  /** Why no ADD could succeed on this host, as far as the host's links of `question` tell. */
  readonly obstacles: (facts: Facts) => readonly string[];
}

export interface InterfacePlugin {
  readonly type: string;
  /** Throws `invalidConfig`. */
  readonly prepare: (conf: Fields, request: AttachmentRequest) => PreparedInterface;
  /**
   * What takes back an attachment of which no record tells. `link` bears its interface's name, and is not somebody else's;
   * undefined where there is none, or no netns. `previous` is the whole chain's result, if the caller knows it.
   */
  readonly stray: (link: Link | undefined, attachment: Attachment, previous: Result | undefined) => readonly Op[];
}

/** Where addresses are leased, one directory per network. Calls of one `locked` are one step for everybody else. */
export interface LeaseStore {
  /** False only if the owner certainly holds nothing: asked without the lock. */
  readonly mayHold: (owner: Owner) => boolean;
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
  /** The lease on that address, if there is one. */
  readonly find: (address: string) => Lease | undefined;
  /** Every lease: reads every file. */
  readonly all: () => readonly Lease[];
  /** Takes a lease away from whoever holds it. */
  readonly drop: (lease: Lease) => void;
  /** The address given out last from that range set. */
  readonly last: (set: number) => string | undefined;
  readonly setLast: (set: number, address: string) => void;
}

export interface Owner {
  readonly containerId: string;
  readonly ifName: string;
}

export interface Lease {
  readonly address: string;
  /** Undefined for a file that is empty or torn. */
  readonly owner: Owner | undefined;
  /** When it was taken: milliseconds since 1970. */
  readonly modified: number;
}

export interface IpamPorts {
  readonly openLeases: (directory: string) => LeaseStore;
  /** Told of other leases that were met on the way: whoever listens may look whether their holders live. */
  readonly met: (directory: string, leases: readonly Lease[]) => void;
  readonly readFile: (path: string) => string;
  /** Calls a plugin that is not ours and returns its stdout. Throws what it answers with. */
  readonly call: (foreign: ForeignCall) => string;
}

/** The call of a plugin that is not ours. */
export interface ForeignCall {
  readonly type: string;
  readonly command: Command;
  /** Its stdin. */
  readonly conf: JsonObject;
  readonly request: AttachmentRequest;
  /** Names the configuration in messages. */
  readonly where: string;
}

export interface PreparedIpam {
  /** The directory in which it takes leases, if it takes any. */
  readonly directory: string | undefined;
  /** Asked twice for the same owner, it answers the same. Throws `rangeExhausted`, `addressTaken`. */
  readonly add: (ports: IpamPorts) => IpamResult;
  /** Gives back all that the owner holds. */
  readonly del: (ports: IpamPorts) => void;
  /** Throws `attachmentFaulty` if the owner does not hold these addresses. */
  readonly check: (ports: IpamPorts, ips: readonly ResultIp[]) => void;
  /** Gives back what everybody holds of whom `isValid` says no. */
  readonly gc: (ports: IpamPorts, isValid: (owner: Owner) => boolean) => void;
  /** Throws `pluginNotAvailable` if there is no address to give. */
  readonly status: (ports: IpamPorts) => void;
}

export interface IpamPlugin {
  readonly type: string;
  /**
   * `conf` is the whole configuration of the plugin that delegates to this one.
   * `dataDir` is where leases are kept unless the configuration says otherwise. Throws `invalidConfig`.
   */
  readonly prepare: (conf: Fields, request: AttachmentRequest, dataDir: string) => PreparedIpam;
}
