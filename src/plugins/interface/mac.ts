// The MAC that is asked for. The capability wins over `args`, that over CNI_ARGS, that over our own key.
import {type CniArgs, checkKnown} from '../../spec/cni-args.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import {formatMac, parseMac} from '../../spec/mac.ts';
import {checked} from '../../spec/route.ts';

/** In the form that the kernel prints; undefined if none is asked for. Throws `invalidConfig`, `invalidEnvironment`. */
export function parseContainerMac(conf: Fields, args: CniArgs): string | undefined {
  checkKnown(args, ['MAC']);
  return macIn(conf.child('runtimeConfig')) ?? macIn(conf.child('args').child('cni')) ?? macInArgs(args) ?? macIn(conf);
}

/** That of CNI_ARGS. Throws `invalidEnvironment`. */
export function macInArgs({values}: CniArgs): string | undefined {
  const asked = values.get('MAC');
  if (!asked) return undefined;
  try {
    return formatMac(parseMac(asked));
  } catch (cause) {
    throw new CniError('invalidEnvironment', `CNI_ARGS: MAC: ${reasonOf(cause)}`, {cause});
  }
}

/** That under the key `mac`. Throws `invalidConfig`. */
export function macIn(fields: Fields): string | undefined {
  return fields.string('mac') === '' ? undefined : formatMac(checked(fields, 'mac', parseMac));
}
