// The bridge's own MAC. One that nobody gave takes that of the bridge's lowest port, so that the next container may change it;
// a gateway's must not change under its neighbours, nor belie the result.
import type {Facts, Link} from '../../kernel/facts.ts';
import {isOurs, madeMac} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import type {BridgeConfig} from './config.ts';

/** True for a bridge whose last port has gone, and the MAC with it. */
export const hasNoMac = ({mac}: Link): boolean => mac === '00:00:00:00:00:00';

/** The MAC that the bridge, or the gateway's link, has or shall be given. */
export function macOf(link: string, facts: Facts, salt: string): string {
  const existing = facts.host[link];
  return existing && !hasNoMac(existing) ? existing.mac : madeMac(`bridge ${link}`, salt);
}

/** Throws `invalidConfig` if the container asks for the MAC of its bridge or gateway: the bridge would send it nothing. */
export function refuseBridgeMac({bridge, gatewayLink, mac}: BridgeConfig, macOf: (link: string) => string): void {
  const owner = mac === undefined ? undefined : [bridge, gatewayLink].find(link => macOf(link) === mac);
  if (owner === undefined) return;
  throw new CniError('invalidConfig', `MAC ${mac} is that of "${owner}" on the host: choose another for the container`);
}

/** Gives somebody else's bridge the MAC that it has, for good. Ours have been given theirs. */
export function pinMac({bridge, isGateway}: BridgeConfig, facts: Facts): readonly Op[] {
  const existing = facts.host[bridge];
  if (!isGateway || !existing || hasNoMac(existing) || isOurs(existing.alias)) return [];
  return [{op: 'link.set', netns: 'host', link: bridge, mac: existing.mac}];
}
