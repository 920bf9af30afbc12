// Everything in the maps and sets of published ports, by whose it is: for who looks for what is left behind, never for a
// hook that has nothing to look for.
import {nftTable} from '../names.ts';
import {changeElements, dumpElements, type Element, readElements} from '../netlink/nf-elements.ts';
import {transaction} from '../netlink/nfnetlink.ts';
import type {NetlinkSocket} from '../netlink/socket.ts';
import {portSets} from './tables.ts';

/** The elements of each holder, by the comment that they bear. */
export function elementsByHolder(netfilter: NetlinkSocket): ReadonlyMap<string, readonly Element[]> {
  const held = new Map<string, Element[]>();
  for (const set of Object.values(portSets).flatMap(names => Object.values(names))) {
    const of = {family: 'inet', table: nftTable, set} as const;
    const [answer] = netfilter.exchange([dumpElements(of)]);
    for (const {key, comment} of (answer?.replies ?? []).flatMap(reply => readElements(reply))) {
      const element = {...of, key: Uint8Array.from(key)};
      held.set(comment, [...(held.get(comment) ?? []), element]);
    }
  }
  return held;
}

/** Takes them away. Throws if the kernel refuses. */
export function dropElements(netfilter: NetlinkSocket, elements: readonly Element[]): void {
  const requests = changeElements('delete', elements);
  const refused = netfilter.exchange(transaction(requests)).find(({error}) => error !== 0);
  if (refused) throw new Error(`cannot take back published ports: ${refused.reason}`);
}
