// Whether the host's end of a pair is what the result says, whatever it is connected to.
import type {Link} from '../../kernel/facts.ts';
import type {Fault} from '../plugin.ts';
import {checkMac, missing} from './fault.ts';
import type {Pair} from './pair.ts';

/** What is wrong with the host end, `link`, whose other end is `inside`. */
export function checkHostEnd({host, container}: Pair, link: Link, inside: Link): readonly Fault[] {
  const isPair = (link.peer ?? inside.index) === inside.index && (inside.peer ?? link.index) === link.index;
  return [
    ...(isPair ? [] : [{what: `"${container.name}" is not the other end of "${host.name}"`, mend: []}]),
    ...checkMac(host, link, 'host'),
    ...(link.up ? [] : [missing({op: 'link.set', netns: 'host', link: link.name, up: true})]),
  ];
}
