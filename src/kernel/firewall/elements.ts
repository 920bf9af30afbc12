// The elements by which a link is kept from others: it is one of all, and paired with itself it may pass, or may not.
import {ingress, nftTable} from '../names.ts';
import {type Element, keyOf, pairKey} from '../netlink/nf-elements.ts';

export function elementsOf(policy: string, link: string): readonly Element[] {
  const of = {family: 'inet', table: nftTable} as const;
  return [
    {...of, set: ingress.links, key: keyOf(link)},
    {...of, set: policy === 'isolated' ? ingress.closed : ingress.open, key: pairKey(link, link)},
  ];
}
