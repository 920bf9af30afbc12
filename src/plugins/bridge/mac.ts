// The bridge's own MAC. One that nobody gave takes that of the bridge's lowest port, so that the next container may change it;
// a gateway's must not change under its neighbours, nor belie the result.
import type {Facts, Link} from '../../kernel/facts.ts';
import {isOurs, madeMac} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import type {BridgeConfig} from './config.ts';

/** True for a bridge whose last port has gone, and the MAC with it. */
export const hasNoMac = ({mac}: Link): boolean => mac === '00:00:00:00:00:00';

/** The MAC that the bridge, or the gateway's link, has or shall be given. */
export function macOf(link: string, facts: Facts, salt: string): string {
  const existing = facts.host[link];
  return existing && !hasNoMac(existing) ? existing.mac : madeMac(`bridge ${link}`, salt);
}

/** Gives somebody else's bridge the MAC that it has, for good. Ours have been given theirs. */
export function pinMac({bridge, isGateway}: BridgeConfig, facts: Facts): readonly Op[] {
  const existing = facts.host[bridge];
  if (!isGateway || !existing || hasNoMac(existing) || isOurs(existing.alias)) return [];
  return [{op: 'link.set', netns: 'host', link: bridge, mac: existing.mac}];
}
