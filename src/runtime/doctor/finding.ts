// The shape of a finding: what a part of the host was found to be like. Each file beside this one looks at one part, and
// yields what is wrong there; that a part is in order is said once, by examine.ts.
import type {Kernel} from '../../kernel/kernel.ts';
import type {Network} from '../../spec/network.ts';
import type {AttachmentRecord} from '../record.ts';
import type {Settings} from '../settings.ts';
import type {HostLinks} from '../topology.ts';
import type {GatewayNetwork} from './gateways.ts';

/** error: containers do not start, or their packets do not arrive. warning: nothing is broken yet, or something is left over. */
export type Level = 'ok' | 'warning' | 'error';

export interface Finding {
  readonly level: Level;
  /** The part of the host that was looked at: "kernel", "firewall", "leases", … */
  readonly area: string;
  /** One line. */
  readonly what: string;
  /** The commands that mend it, in this order, for a shell; empty where no command can. */
  readonly mend: readonly string[];
}

/** What is wrong, before it is said in which part. */
export type Fault = Omit<Finding, 'area' | 'level'> & {readonly level: 'warning' | 'error'};

export interface Examination {
  readonly settings: Settings;
  readonly kernel: Kernel;
  readonly host: HostLinks;
  /** Every record that can be read. */
  readonly records: readonly AttachmentRecord[];
  /** Those that are configured, and those that are still in use. */
  readonly networks: readonly Network[];
  /** The networks whose containers reach others through this host. */
  readonly gateways: readonly GatewayNetwork[];
  /** A command of our own as it must be called to look at the same directories. */
  readonly ourCommand: (words: string) => string;
}

/** One part of the host. */
export interface Part {
  readonly area: string;
  /** What is said of it if nothing is wrong. */
  readonly inOrder: string;
  readonly examine: (examination: Examination) => Iterable<Fault>;
}

export const fault = (level: Fault['level'], what: string, ...mend: readonly string[]): Fault => ({level, what, mend});
