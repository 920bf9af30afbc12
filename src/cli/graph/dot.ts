// The picture for Graphviz.
import type {BoxKind, Drawing} from './drawing.ts';

const shapes: Readonly<Record<BoxKind, string>> = {
  uplink: 'oval',
  host: 'box3d',
  bridge: 'hexagon',
  container: 'box',
  stranger: 'plaintext',
};

export function formatDot({boxes, edges}: Drawing): readonly string[] {
  return [
    'graph "cni-hook" {',
    '  rankdir=LR',
    '  node [fontname="monospace"]',
    '  edge [fontname="monospace", fontsize=10]',
    ...boxes.map(({id, kind, lines, isMarked}) => {
      const colour = isMarked ? ', color=red, fontcolor=red' : '';
      return `  ${id} [shape=${shapes[kind]}, label="${lines.map(line => escapeText(line)).join('\\n')}"${colour}]`;
    }),
    ...edges.map(({from, to, label, isBroken}) => {
      const attributes = [
        ...(label === '' ? [] : [`label="${escapeText(label)}"`]),
        ...(isBroken ? ['style=dashed'] : []),
      ];
      return `  ${from} -- ${to}${attributes.length > 0 ? ` [${attributes.join(', ')}]` : ''}`;
    }),
    '}',
  ];
}

const escapeText = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?').replaceAll(/["\\]/g, '\\$&');
