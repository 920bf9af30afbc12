// CNI_ARGS: "K=V;K=V" (SPEC.md, "Parameters"). Keys are matched with regard to case, as everybody does it.
import {CniError} from './error.ts';

export interface CniArgs {
  readonly values: ReadonlyMap<string, string>;
  /** Set by IgnoreUnknown=1: then a key that nobody knows is no error. */
  readonly ignoreUnknown: boolean;
}

export const noCniArgs: CniArgs = {values: new Map(), ignoreUnknown: false};

const truths: Readonly<Record<string, boolean>> = {'1': true, true: true, '0': false, false: false};

/** Throws `invalidEnvironment` for what is not a list of pairs. */
export function parseCniArgs(text: string): CniArgs {
  const values = new Map<string, string>();
  for (const pair of text.split(';').filter(part => part !== '')) {
    const [key, value, ...more] = pair.split('=');
    if (!key || value === undefined || more.length > 0) {
      throw new CniError('invalidEnvironment', `CNI_ARGS: invalid pair "${pair}": expected KEY=VALUE`);
    }
    values.set(key, value);
  }
  const ignore = values.get('IgnoreUnknown');
  const ignoreUnknown = ignore === undefined ? false : truths[ignore.toLowerCase()];
  if (ignoreUnknown === undefined) {
    throw new CniError('invalidEnvironment', `CNI_ARGS: IgnoreUnknown must be true or false, got "${ignore}"`);
  }
  return {values, ignoreUnknown};
}

/** As it stands in CNI_ARGS. */
export const formatCniArgs = ({values}: CniArgs): string => [...values].map(pair => pair.join('=')).join(';');

/** Throws `invalidEnvironment` if there is a key that is not among `known`, unless such are to be ignored. */
export function checkKnown({values, ignoreUnknown}: CniArgs, known: readonly string[]): void {
  if (ignoreUnknown) return;
  const unknown = [...values.keys()].filter(key => key !== 'IgnoreUnknown' && !known.includes(key));
  if (unknown.length === 0) return;
  throw new CniError(
    'invalidEnvironment',
    `CNI_ARGS: unknown args ${JSON.stringify(unknown)}: this plugin knows ${known.join(', ') || 'none'}; IgnoreUnknown=1 lets them pass`,
  );
}
