// The line of a file that a complaint is about: complaints name the key, and what is read of a file no longer knows where
// it stood. Where a key stands more than once, the line is told only if the complaint's plugin leaves but one of them.

/** From 1; undefined if the complaint names no key that stands in the text just once. */
export function lineOfComplaint(text: string, complaint: string): number | undefined {
  const quoted = Array.from(complaint.matchAll(/"([^"]+)"/g), ([, word = '']) => word);
  const words = [...quoted, ...(/\bname "/.test(complaint) ? ['name'] : [])];
  const [, plugin] = /plugin "([^"]+)"/.exec(complaint) ?? [];
  const part = plugin === undefined ? undefined : extentOf(text, plugin);
  for (const word of words) {
    const all = placesOf(text, word);
    const inside = part ? all.filter(at => at >= part.start && at <= part.end) : all;
    const [at] = inside.length === 1 ? inside : all;
    if (at !== undefined && (inside.length === 1 || all.length === 1)) return text.slice(0, at).split('\n').length;
  }
  return undefined;
}

/** Where the word stands as a key. */
function placesOf(text: string, word: string): readonly number[] {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return Array.from(text.matchAll(new RegExp(`"${escaped}"\\s*:`, 'g')), ({index}) => index);
}

/** The object that says `"type": "PLUGIN"`, if there is just one. */
function extentOf(text: string, plugin: string): {readonly start: number; readonly end: number} | undefined {
  const found = Array.from(text.matchAll(/"type"\s*:\s*"([^"]*)"/g)).filter(([, type]) => type === plugin);
  const [type] = found;
  if (!type || found.length > 1) return undefined;
  return {start: braceFrom(text, type.index, -1), end: braceFrom(text, type.index, 1)};
}

/** From a place inside an object to its brace, in that direction. Strings are passed over as a whole. */
function braceFrom(text: string, from: number, step: 1 | -1): number {
  const blank = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, word => ' '.repeat(word.length));
  let depth = 0;
  for (let at = from; at >= 0 && at < blank.length; at += step) {
    const character = blank[at];
    if (character === (step > 0 ? '{' : '}')) depth++;
    else if (character === (step > 0 ? '}' : '{') && depth-- === 0) return at;
  }
  return step > 0 ? text.length : 0;
}
