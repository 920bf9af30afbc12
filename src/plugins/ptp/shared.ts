// What all containers of a ptp network share: forwarding and masquerading.
import type {Facts} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import type {ResultIp} from '../../spec/result.ts';
import {ensureForwarding, ensureMasquerade} from '../interface/host-end.ts';
import type {PtpConfig} from './config.ts';

/** Each as far as it is not the case already. Masquerading is by subnet, as for a bridge, so that a container changes no rule. */
export function ensureShared(
  {ipMasq}: PtpConfig,
  network: string,
  ips: readonly ResultIp[],
  facts: Facts,
): readonly Op[] {
  return [...ensureForwarding(ips, facts), ...(ipMasq ? ensureMasquerade(network, ips, facts) : [])];
}
