// The shape of garbage: something of ours that nobody will come back for. Each file beside this one finds one kind.
import type {Kernel} from '../../kernel/kernel.ts';
import type {Attachment} from '../../kernel/names.ts';
import type {Settings} from '../settings.ts';
import type {Look} from '../signs.ts';

export interface Garbage {
  readonly kind: 'attachment' | 'lease' | 'interface' | 'rules' | 'network' | 'names' | 'file';
  /** One line: what it is, and why it is garbage. */
  readonly what: string;
  readonly network: string;
  readonly containerId?: string;
  /** Takes it away, if it still is garbage; throws if that fails. */
  readonly takeBack: () => void;
}

export interface Search {
  readonly settings: Settings;
  readonly kernel: Kernel;
  readonly look: Look;
  /** Only this network; undefined for all. */
  readonly network: string | undefined;
  /** Whether a network that nobody is attached to counts as garbage. */
  readonly idleNetworks: boolean;
  /** Attachments of which no record tells, or none that can be read, and that live all the same: what they have is no garbage. */
  readonly unrecorded: () => readonly Attachment[];
}

/** True if the search is for this network. */
export const concerns = (search: Search, network: string): boolean =>
  search.network === undefined || search.network === network;
