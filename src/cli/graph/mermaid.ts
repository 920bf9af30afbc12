// The picture for Mermaid, which GitHub draws in a README. Text stands in quotes and with entities for what would end it.
import type {BoxKind, Drawing} from './drawing.ts';

const shapes: Readonly<Record<BoxKind, readonly [string, string]>> = {
  uplink: ['([', '])'],
  host: ['[[', ']]'],
  bridge: ['{{', '}}'],
  container: ['[', ']'],
  stranger: ['[', ']'],
};

export function formatMermaid({boxes, edges}: Drawing): readonly string[] {
  const marked = boxes.filter(({isMarked}) => isMarked).map(({id}) => id);
  return [
    'flowchart LR',
    ...boxes.map(({id, kind, lines}) => {
      const [open, close] = shapes[kind];
      return `  ${id}${open}"${lines.map(line => escapeText(line)).join('<br/>')}"${close}`;
    }),
    ...edges.map(({from, to, label, isBroken}) => {
      const arrow = isBroken ? '-.-' : '---';
      return `  ${from} ${arrow}${label === '' ? '' : `|"${escapeText(label)}"|`} ${to}`;
    }),
    ...(marked.length > 0 ? ['  classDef marked stroke:#c00,color:#c00', `  class ${marked.join(',')} marked`] : []),
  ];
}

const escapeText = (text: string): string =>
  text.replaceAll(/[\p{Cc}#"&<>]/gu, character => `#${character.codePointAt(0)};`);
