// The addresses that the caller asks for, by the three ways on which they come: CNI_ARGS, `args`, and the `ips` capability.
import type {CniArgs} from '../../spec/cni-args.ts';
import {CniError, type ErrorKind, reasonOf} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';

export interface Wishes<T> {
  readonly environment: readonly T[];
  readonly args: readonly T[];
  readonly capability: readonly T[];
}

/** Throws `invalidEnvironment` or `invalidConfig` for what `parse` throws at, and says where it stands. */
export function parseWishes<T>(conf: Fields, cniArgs: CniArgs, parse: (text: string) => T): Wishes<T> {
  const args = conf.child('args').child('cni');
  const capability = conf.child('runtimeConfig');
  return {
    environment: valuesOf(cniArgs, 'IP', parse),
    args: args.strings('ips').map(text => parseAt('invalidConfig', `${args.where}, "ips"`, text, parse)),
    capability: capability
      .strings('ips')
      .map(text => parseAt('invalidConfig', `${capability.where}, "ips"`, text, parse)),
  };
}

/** The values of one of CNI_ARGS, which are separated by commas. Throws `invalidEnvironment`. */
export function valuesOf<T>({values}: CniArgs, key: string, parse: (text: string) => T): readonly T[] {
  const texts = (values.get(key) || undefined)?.split(',') ?? [];
  return texts.map(text => parseAt('invalidEnvironment', `CNI_ARGS: ${key}`, text.trim(), parse));
}

function parseAt<T>(kind: ErrorKind, where: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    throw new CniError(kind, `${where}: ${reasonOf(cause)}`, {cause});
  }
}
