// What a caller wishes for an attachment beside the network itself: CNI_ARGS, arguments for the plugins' capabilities, and
// for how long to keep the addresses. A hook says it by annotations, a command by flags and environment.
import {type CniArgs, noCniArgs} from '../spec/cni-args.ts';
import {parseDuration} from '../spec/duration.ts';
import type {CapabilityArgs} from './request-config.ts';

export interface Wishes {
  readonly args: CniArgs;
  readonly capabilityArgs: CapabilityArgs;
  /** Seconds; undefined leaves it to the network. */
  readonly keepSeconds: number | undefined;
}

export const keepAnnotation = 'io.cni-hook.keep-ip';

export const noWishes: Wishes = {args: noCniArgs, capabilityArgs: {}, keepSeconds: undefined};

/** The wishes in a container's annotations. Throws `invalidConfig`. */
export function wishesOf(annotations: Readonly<Record<string, string>>): Wishes {
  const keep = annotations[keepAnnotation];
  if (keep === undefined) return noWishes;
  return {...noWishes, keepSeconds: parseDuration(keep, `annotation "${keepAnnotation}"`)};
}
