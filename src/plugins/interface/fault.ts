// What is wrong, in words, with what mends it.
import {describe} from '../../kernel/describe.ts';
import type {Link} from '../../kernel/facts.ts';
import type {Op, SetLink} from '../../kernel/op.ts';
import type {Fault} from '../plugin.ts';
import type {End} from './pair.ts';

/** A fault that doing the operation mends, and what must follow it. */
export const missing = (op: Op, afterwards: readonly Op[] = []): Fault => ({
  what: op.op === 'link.set' ? `"${op.link}" ${wordsOf(op)}` : `missing: ${describe(op)}`,
  mend: [op, ...afterwards],
});

const wordsOf = ({up, promisc, mac}: SetLink): string =>
  [...(up ? ['is down'] : []), ...(promisc ? ['is not promiscuous'] : []), ...(mac ? ['has no MAC'] : [])].join(
    ' and ',
  );

/** Nothing is wrong where no MAC is known. */
export function checkMac({name, mac}: End, link: Link, netns: 'host' | 'container'): readonly Fault[] {
  if (mac === '' || link.mac === mac.toLowerCase()) return [];
  const mend = [{op: 'link.set', netns, link: name, mac} as const];
  return [{what: `"${name}" has MAC ${link.mac}, not ${mac}`, mend}];
}
