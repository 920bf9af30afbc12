// `ipMasqBackend`: with which of the two the caller would have masquerading done. Either is accepted, and both mean our own
// nftables table, in which nothing has to be taken away per container; a value that means nothing is refused.
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';

const backends = ['', 'iptables', 'nftables'];

/** Throws `invalidConfig`. */
export function checkBackend(conf: Fields): void {
  const asked = conf.string('ipMasqBackend');
  if (backends.includes(asked)) return;
  throw new CniError('invalidConfig', `${conf.where}: "ipMasqBackend" must be iptables or nftables, got "${asked}"`);
}
