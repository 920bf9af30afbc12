// "Did you mean": the word that a slip of the finger turned into another.

const mostChanges = 2;

/** The candidate that takes the fewest changes, if these are few enough for a slip: two, and less than half of the word. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .filter(candidate => Math.abs(candidate.length - word.length) <= mostChanges)
    .map(candidate => ({candidate, changes: distance(word.toLowerCase(), candidate.toLowerCase())}))
    .filter(({candidate, changes}) => changes <= mostChanges && changes * 2 < Math.max(candidate.length, 3))
    .sort((a, b) => a.changes - b.changes);
  return ranked[0]?.candidate;
}

/** The end of a message. */
export const asSuggestion = (word: string | undefined): string | undefined => word && `did you mean "${word}"?`;

/** How many letters must be put in, left out, replaced or swapped with their neighbour. */
function distance(a: string, b: string): number {
  const rows = [Array.from({length: b.length + 1}, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const replace = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replace, swapped ? at(i - 2, j - 2) + 1 : replace));
    }
  }
  return at(a.length, b.length);
}
