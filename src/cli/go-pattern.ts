// Regular expressions by Go's rules (regexp/syntax), as far as JavaScript takes for one what Go refuses, or the other way round.
// What can't be told for sure is let through: an alarm about what podman takes is worse than none.

/** What is looked at as one piece: an escape, a class, a group's beginning, a number of repeats. */
const pieces =
  /\\(?:[0-7]{1,3}|[\s\S])?|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]?|\(\?[^()]{0,9}[:)]?|\{\d+(?:,\d*)?\}/g;

const knownEscape = /^\\(?:[aftnrvdDsSwWbBAzpPxE]|0|[1-7][0-7]|[^\w\u0080-\uffff]|_)/;
const knownGroup = /^\(\?(?:[imsU-]*[:)]|P<|<\w)/;
const mostRepeats = 1000;

/** What JavaScript does not know, or does not let be repeated, so that its judgement counts for nothing. */
const onlyGo = /\(\?[imsUP-]|(?:\^|\$|\\[bB])[*+?{]/;

/** Why Go takes it for no regular expression; undefined if it does, or if nobody can tell. */
export function problemInGo(pattern: string): string | undefined {
  if (pattern.includes('\\Q')) return undefined;
  const wrong = (pattern.match(pieces) ?? []).find(piece => !isKnown(piece));
  if (wrong !== undefined) return `Go knows no "${wrong}"`;
  if (onlyGo.test(pattern)) return undefined;
  try {
    new RegExp(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function isKnown(piece: string): boolean {
  if (piece.startsWith('\\')) return knownEscape.test(piece);
  if (piece.startsWith('[')) return piece.length > 2 && piece.endsWith(']') && piece !== '[^]';
  if (piece.startsWith('(')) return knownGroup.test(piece);
  return (piece.match(/\d+/g) ?? []).every(digits => Number(digits) <= mostRepeats);
}
