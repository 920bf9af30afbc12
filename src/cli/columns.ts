// A table for people, as wide as the terminal. Where it is too narrow, long names are cut, with a "…", then columns that
// one can do without are left out; the rest is cut only where nothing else helps, as half an address is worth nothing.
import {type Colour, outputWidth, paint, printable} from './terminal.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly colour?: (row: Row) => Colour | undefined;
  /** To how many letters it may be cut before a column is left out. */
  readonly shortest?: number;
  /** May be left out, the one with the lowest number first. */
  readonly leftOut?: number;
}

interface Shown<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

const gap = '  ';

/** The lines of the table: titles, then the rows. What is empty shows as "-". */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = outputWidth(),
): readonly string[] {
  const full = columns.map(column => {
    const cells = rows.map(row => printable(column.text(row)) || '-');
    return {column, cells, width: [column.title, ...cells].reduce((most, text) => Math.max(most, lengthOf(text)), 0)};
  });
  const shown = narrow(choose(full, width), width);
  const titles = shown.map(({column, width}) => cut(column.title, width));
  const lines = rows.map((row, i) =>
    shown.map(({column, cells, width}) => paint(column.colour?.(row), cut(cells[i] ?? '', width))),
  );
  return [titles, ...lines].map(line => line.join(gap).trimEnd());
}

function choose<Row>(columns: readonly Shown<Row>[], width: number): readonly Shown<Row>[] {
  if (totalOf(columns.map(column => leastOf(column))) <= width) return columns;
  const turns = columns.map(({column}) => column.leftOut ?? Number.POSITIVE_INFINITY);
  const first = Math.min(...turns);
  return first === Number.POSITIVE_INFINITY ? columns : choose(columns.toSpliced(turns.indexOf(first), 1), width);
}

function narrow<Row>(columns: readonly Shown<Row>[], width: number): readonly Shown<Row>[] {
  const widths = columns.map(column => column.width);
  while (totalOf(widths) > width) {
    const spare = columns.map((column, i) => (widths[i] ?? 0) - leastOf(column));
    // Of those that may be cut the one with most to spare; if none may, the widest.
    const choice = spare.some(letters => letters > 0) ? spare : widths;
    const chosen = choice.indexOf(Math.max(...choice));
    const narrower = (widths[chosen] ?? 0) - 1;
    if (narrower < 1) break;
    widths[chosen] = narrower;
  }
  return columns.map((column, i) => ({...column, width: widths[i] ?? 0}));
}

function leastOf<Row>({column, width}: Shown<Row>): number {
  return Math.min(width, column.shortest ?? width);
}

const totalOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));

function cut(text: string, width: number): string {
  const letters = Array.from(text);
  if (letters.length > width) return `${letters.slice(0, width - 1).join('')}…`;
  return text + ' '.repeat(width - letters.length);
}

const lengthOf = (text: string): number => Array.from(text).length;
