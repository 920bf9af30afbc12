// A table for people, as wide as the terminal: what does not fit is cut from the widest columns first, with a "…".
import {type Colour, outputWidth, paint, printable} from './terminal.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly colour?: (row: Row) => Colour | undefined;
}

const gap = '  ';
/** No column becomes narrower than this, however narrow the terminal. */
const narrowest = 6;

/** The lines of the table: titles, then the rows. What is empty shows as "-". */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = outputWidth(),
): readonly string[] {
  const cells = rows.map(row => columns.map(({text}) => printable(text(row)) || '-'));
  const titles = columns.map(({title}) => title);
  const widths = narrow(
    titles.map((title, i) => Math.max(...[title, ...cells.map(line => line[i] ?? '')].map(text => lengthOf(text)))),
    width,
  );
  const line = (texts: readonly string[], row?: Row) =>
    texts
      .map((text, i) => paint(row && columns[i]?.colour?.(row), cut(text, widths[i] ?? 0)))
      .join(gap)
      .trimEnd();
  return [line(titles), ...rows.map((row, i) => line(cells[i] ?? [], row))];
}

function narrow(widths: readonly number[], width: number): readonly number[] {
  const fitted = [...widths];
  const total = () => fitted.reduce((sum, each) => sum + each, gap.length * (fitted.length - 1));
  while (total() > width) {
    const widest = Math.max(...fitted);
    if (widest <= narrowest) break;
    fitted[fitted.lastIndexOf(widest)] = widest - 1;
  }
  return fitted;
}

function cut(text: string, width: number): string {
  const letters = Array.from(text);
  return letters.length > width
    ? `${letters.slice(0, width - 1).join('')}…`
    : text.padEnd(text.length + width - letters.length);
}

const lengthOf = (text: string): number => Array.from(text).length;
