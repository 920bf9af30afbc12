// The difference of two texts in the form that `diff -u` prints and `patch` reads. For files of some hundred lines: the table
// grows with the product of what lies between the first and the last line that differ.

const context = 3;

type Line = readonly [sign: ' ' | '-' | '+', text: string];

/** The lines of a unified diff; none if the texts are equal. A text without a last line break is told as diff tells it. */
export function unifiedDiff(before: string, after: string, file: string): readonly string[] {
  if (before === after) return [];
  const lines = compare(linesOf(before), linesOf(after));
  const changed = lines.flatMap(([sign], at) => (sign === ' ' ? [] : [at]));
  const hunks: (readonly [from: number, to: number])[] = [];
  for (const at of changed) {
    const last = hunks.at(-1);
    const [from, to] = [Math.max(0, at - context), Math.min(lines.length, at + context + 1)];
    if (last && from <= last[1]) hunks[hunks.length - 1] = [last[0], to];
    else hunks.push([from, to]);
  }
  return [`--- ${file}`, `+++ ${file}`, ...hunks.flatMap(([from, to]) => hunkOf(lines, from, to))];
}

function hunkOf(lines: readonly Line[], from: number, to: number): readonly string[] {
  const inside = lines.slice(from, to);
  const count = (part: readonly Line[], sign: '-' | '+') =>
    part.filter(([other]) => other === ' ' || other === sign).length;
  const range = (sign: '-' | '+') => {
    const length = count(inside, sign);
    return `${count(lines.slice(0, from), sign) + (length === 0 ? 0 : 1)},${length}`;
  };
  const body = inside.flatMap(([sign, text]) =>
    text.endsWith('\n') ? [sign + text.slice(0, -1)] : [sign + text, '\\ No newline at end of file'],
  );
  return [`@@ -${range('-')} +${range('+')} @@`, ...body];
}

const linesOf = (text: string): readonly string[] => text.split(/(?<=\n)/).filter(line => line !== '');

/** All lines of both texts, each once, by their longest common subsequence. */
function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shortest - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const same = (lines: readonly string[]) => lines.map((text): Line => [' ', text]);
  const middle = compareAll(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return [...same(before.slice(0, head)), ...middle, ...same(before.slice(before.length - tail))];
}

function compareAll(before: readonly string[], after: readonly string[]): readonly Line[] {
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      longest[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const [old = '', fresh = ''] = [before[i], after[j]];
    if (i < before.length && j < after.length && old === fresh) {
      lines.push([' ', old]);
      i++;
      j++;
    } else if (i < before.length && (j === after.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(['-', old]);
      i++;
    } else {
      lines.push(['+', fresh]);
      j++;
    }
  }
  return lines;
}
