// What the terminal can take, if there is one: its width, colours. Into a pipe or a file everything goes whole and plain.

export type Colour = 'red' | 'green' | 'yellow';

const codes: Readonly<Record<Colour, number>> = {red: 31, green: 32, yellow: 33};

/** Columns of the terminal, or as COLUMNS has them; without a terminal there is no limit. */
export const outputWidth = (): number =>
  process.stdout.isTTY ? Number(process.env.COLUMNS) || process.stdout.columns || 80 : Number.POSITIVE_INFINITY;

/** Only on a terminal, and never where NO_COLOR is set (no-color.org). */
export const usesColour = (): boolean =>
  process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';

export function paint(colour: Colour | undefined, text: string): string {
  return colour && usesColour() ? `\u001b[${codes[colour]}m${text}\u001b[39m` : text;
}

/** Names and paths come from others, and a terminal obeys what stands in them: control characters become "?". */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');
