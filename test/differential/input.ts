// One input of the comparison: what is there before, and the calls, one after the other, that both sides are given.
// It is data; an intended difference stands beside it with the place where it shows and the reason for it.
import type {Difference} from './reasons.ts';

export interface Call {
  readonly verb: string;
  /** The executable that is called. */
  readonly type: string;
  /** Text is given as it is. */
  readonly conf: object | string;
  /** Goes over what everybody gets; undefined takes a variable away. */
  readonly env?: Variables;
  /** The number, from 1 on, of the call whose answer is the prevResult. */
  readonly previous?: number;
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** Shell commands, in the host. The container is the netns "blue". */
export interface Shell {
  readonly sh: string;
}

export type Step = Call | Shell;

export interface Input {
  readonly what: string;
  readonly steps: readonly Step[];
  readonly differs?: readonly Difference[];
}

export const sh = (commands: string): Shell => ({sh: commands});

export const isCall = (step: Step): step is Call => 'verb' in step;

/** The verbs of one plugin. Without a configuration of its own a call has the plugin's. */
export function callsOf(type: string, conf: object | string) {
  const call = (verb: string, more: Partial<Call> = {}): Call => ({verb, type, conf, ...more});
  return {
    call,
    add: (more?: Partial<Call>) => call('ADD', more),
    del: (more?: Partial<Call>) => call('DEL', more),
    /** `previous` is the number of the ADD. */
    check: (previous: number, more?: Partial<Call>) => call('CHECK', {previous, ...more}),
    version: (more?: Partial<Call>) => call('VERSION', more),
  };
}
