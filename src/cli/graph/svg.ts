// The picture as SVG, with a layout of its own: columns from left to right, a container to a row, and whatever has rows to
// its right stands at the middle of them. Letters are of one width, so the size of a box is known without a browser.
import type {Box, BoxKind, Drawing} from './drawing.ts';

// Pixels.
const letter = 7.25;
const lineHeight = 16;
const padding = 10;
const between = {columns: 120, boxes: 12, blocks: 28};
const margin = 20;

const columnOf: Readonly<Record<BoxKind, number>> = {uplink: 0, host: 1, bridge: 2, container: 3, stranger: 3};
const colours: Readonly<Record<BoxKind, string>> = {
  uplink: '#e8eef7',
  host: '#dfe3e8',
  bridge: '#e3f1e5',
  container: '#fff8e1',
  stranger: '#f4f4f4',
};

interface Placed extends Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function formatSvg(drawing: Drawing): readonly string[] {
  const placed = layOut(drawing);
  const all = [...placed.values()];
  const width = Math.ceil(Math.max(...all.map(box => box.x + box.width)) + margin);
  const height = Math.ceil(Math.max(...all.map(box => box.y + box.height)) + margin);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...drawing.edges.flatMap(({from, to, label, isBroken}) => {
      const [a, b] = [placed.get(from), placed.get(to)];
      return a && b ? line(a, b, label, isBroken) : [];
    }),
    ...all.flatMap(box => boxOf(box)),
    '</svg>',
  ];
}

function layOut({boxes, edges}: Drawing): ReadonlyMap<string, Placed> {
  const sized = boxes.map(box => ({
    ...box,
    width: Math.max(...box.lines.map(text => Array.from(text).length)) * letter + 2 * padding,
    height: box.lines.length * lineHeight + 2 * padding - 4,
  }));
  const widths = [0, 1, 2, 3].map(i =>
    Math.max(0, ...sized.filter(({kind}) => columnOf[kind] === i).map(({width}) => width)),
  );
  // A column that is empty takes no room.
  const left = (column: number) =>
    widths.slice(0, column).reduce((sum, width) => (width > 0 ? sum + width + between.columns : sum), margin);
  const rows = new Map<string, number>();
  const byId = new Map(sized.map(box => [box.id, box]));
  let bottom = margin;

  /** Gives the box and all to its right their places; returns the middle of the box. */
  const place = (id: string): number => {
    const box = byId.get(id);
    const height = box?.height ?? 0;
    const children = edges.filter(({from}) => from === id);
    const top = bottom;
    const middles = children.map(({to}) => place(to));
    const own = top + height / 2;
    const middle = middles.length > 0 ? Math.max(own, ((middles[0] ?? own) + (middles.at(-1) ?? own)) / 2) : own;
    rows.set(id, middle - height / 2);
    const isBlock = box?.kind === 'bridge';
    bottom = Math.max(bottom, middle + height / 2 + (isBlock ? between.blocks : between.boxes));
    return middle;
  };

  const middle = place('host');
  const uplinks = sized.filter(({kind}) => kind === 'uplink');
  const total = uplinks.reduce((sum, {height}) => sum + height + between.boxes, -between.boxes);
  let y = Math.max(margin, middle - total / 2);
  for (const {id, height} of uplinks) {
    rows.set(id, y);
    y += height + between.boxes;
  }
  return new Map(sized.map(box => [box.id, {...box, x: left(columnOf[box.kind]), y: rows.get(box.id) ?? margin}]));
}

function line(a: Placed, b: Placed, label: string, isBroken: boolean): readonly string[] {
  const from = {x: a.x + a.width, y: a.y + a.height / 2};
  const to = {x: b.x, y: b.y + b.height / 2};
  // Lines begin at the column's edge and not at the box, so that those of narrow boxes do not cross a wider neighbour. Those of
  // the host bend beside it: what is on no bridge then has a line that passes below the bridges, and not one among theirs.
  const bend = a.kind === 'host' ? from.x : to.x - between.columns;
  const knee = bend + 16;
  const path = `M${round(from.x)} ${round(from.y)}H${round(bend)}C${round(knee)} ${round(from.y)} ${round(bend)} ${round(to.y)} ${round(knee)} ${round(to.y)}H${round(to.x)}`;
  const colour = isBroken ? '#c00" stroke-dasharray="4 3' : '#888';
  const words =
    label === ''
      ? []
      : [
          `<text x="${round(to.x - 4)}" y="${round(to.y - 4)}" font-size="10" text-anchor="end" fill="#666">${escapeText(label)}</text>`,
        ];
  return [`<path d="${path}" fill="none" stroke="${colour}"/>`, ...words];
}

function boxOf({x, y, width, height, kind, lines, isMarked}: Placed): readonly string[] {
  const stroke = isMarked ? '#c00" stroke-width="2' : '#555';
  const radius = kind === 'uplink' || kind === 'bridge' ? 12 : 3;
  return [
    `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}" fill="${colours[kind]}" stroke="${stroke}"/>`,
    ...lines.map((text, i) => {
      const weight = i === 0 ? ' font-weight="bold"' : '';
      const fill = text.startsWith('! ') ? ' fill="#c00"' : '';
      return `<text x="${round(x + padding)}" y="${round(y + padding + 9 + i * lineHeight)}"${weight}${fill}>${escapeText(text)}</text>`;
    }),
  ];
}

const round = (number: number): string => String(Math.round(number * 10) / 10);

const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};

/** XML has no way at all to say most control characters. */
const escapeText = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, '?').replaceAll(/[&<>"]/g, character => entities[character] ?? '');
