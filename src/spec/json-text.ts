// Changes JSON as text: what is put in takes the form of what stands around it, and all else stays as it is, byte for byte.
// What was appended and is removed again leaves the text as it was. Where a key stands twice the last one counts, as for
// JSON.parse.

import type {Json} from './fields.ts';
import {parseJson} from './json.ts';

/** A place in a document: keys and indexes from the top. */
export type Path = readonly (string | number)[];

interface Entry {
  /** Where the key starts, in an object; where the value does, in a list. */
  readonly start: number;
  readonly key: string | undefined;
  readonly value: Span;
}

interface Span {
  readonly start: number;
  readonly end: number;
  /** What an object or a list holds, undefined for anything else. */
  readonly entries: readonly Entry[] | undefined;
}

/** Appends to the list or object at `path`; an empty one, or null, is opened. It must be there. */
export function append(text: string, path: Path, value: Json, key?: string): string {
  const span = spanOf(text, path);
  const last = span.entries?.at(-1);
  const print = (indent: string | undefined) => {
    const colon = indent === undefined && !isSpaced(text) ? ':' : ': ';
    return (key === undefined ? '' : JSON.stringify(key) + colon) + printed(text, value, indent);
  };
  if (last) {
    const lead = leadOf(text, span);
    return splice(text, last.value.end, last.value.end, `,${lead}${print(indentOf(lead))}`);
  }
  const [open, close] = key === undefined ? '[]' : '{}';
  const indent = text.includes('\n') ? lineIndent(text, span.start) : undefined;
  const inner = indent === undefined ? undefined : indent + unitOf(text);
  const [lead, tail] = indent === undefined ? ['', ''] : [newlineOf(text) + inner, newlineOf(text) + indent];
  return splice(text, span.start, span.end, `${open}${lead}${print(inner)}${tail}${close}`);
}

/** Removes the entry at `path`; a list or object whose only one it was is empty then: `{}` or `[]`. */
export function remove(text: string, path: Path): string {
  const parent = spanOf(text, path.slice(0, -1));
  const entries = parent.entries ?? [];
  const at = indexOf(parent, path.at(-1) ?? '');
  const [before, entry, after] = [entries[at - 1], entries[at], entries[at + 1]];
  if (!entry) return text;
  if (after) return splice(text, entry.start, after.start, '');
  if (before) return splice(text, before.value.end, entry.value.end, '');
  return splice(text, parent.start, parent.end, text[parent.start] === '[' ? '[]' : '{}');
}

/** The text of the value at `path`, undefined if it is not there. */
export function textAt(text: string, path: Path): string | undefined {
  const span = find(text, path);
  return span && text.slice(span.start, span.end);
}

/** The keys of the object at `path`, one that stands there twice both times; none if it is no object. */
export const keysAt = (text: string, path: Path): readonly string[] =>
  (find(text, path)?.entries ?? []).flatMap(({key}) => key ?? []);

/** Puts other text in the place of the value at `path`, which must be there. */
export function replaceAt(text: string, path: Path, replacement: string): string {
  const {start, end} = spanOf(text, path);
  return splice(text, start, end, replacement);
}

const splice = (text: string, start: number, end: number, put: string): string =>
  text.slice(0, start) + put + text.slice(end);

// --- how the text around is written ---

/** The white space that comes before an entry of this list or object. */
function leadOf(text: string, {start, entries = []}: Span): string {
  const last = entries.at(-1)?.start ?? start;
  const lead = /\s*$/.exec(text.slice(start + 1, last))?.[0] ?? '';
  return lead === '' && entries.length === 1 && isSpaced(text) ? ' ' : lead;
}

/** The indent after the last line break of white space; undefined if it has none. */
const indentOf = (space: string): string | undefined =>
  space.includes('\n') ? space.slice(space.lastIndexOf('\n') + 1) : undefined;

const lineIndent = (text: string, at: number): string =>
  /^[\t ]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1))?.[0] ?? '';

const unitOf = (text: string): string => /\n([\t ]+)\S/.exec(text)?.[1] ?? '  ';

const newlineOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');

const isSpaced = (text: string): boolean => /[:,] /.test(text);

/** The value over several lines, the first one of which is indented already; or on one line if there is no indent. */
function printed(text: string, value: Json, indent: string | undefined): string {
  if (indent !== undefined) {
    return JSON.stringify(value, undefined, unitOf(text)).replaceAll('\n', newlineOf(text) + indent);
  }
  return onOneLine(value, isSpaced(text) ? ' ' : '');
}

function onOneLine(value: Json, space: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const parts = list
    ? value.map(item => onOneLine(item, space))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${space}${onOneLine(item, space)}`);
  const inner = parts.join(`,${space}`);
  return list ? `[${inner}]` : `{${inner}}`;
}

// --- where things stand ---

function spanOf(text: string, path: Path): Span {
  const span = find(text, path);
  if (!span) throw new Error(`there is no ${path.join('.')} in this document`);
  return span;
}

function find(text: string, path: Path): Span | undefined {
  parseJson(text, 'the document');
  let span: Span | undefined = scan(text, skipSpace(text, 0));
  for (const step of path) span = span?.entries?.[indexOf(span, step)]?.value;
  return span;
}

const indexOf = ({entries = []}: Span, step: string | number): number =>
  typeof step === 'number' ? step : entries.findLastIndex(({key}) => key === step);

const string = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const scalar = /[^\s,\]}]+/y;

/** The value that starts there, in a text that is known to be valid. */
function scan(text: string, start: number): Span {
  const open = text[start];
  if (open !== '{' && open !== '[')
    return {start, end: endOf(text, open === '"' ? string : scalar, start), entries: undefined};
  const entries: Entry[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== '}' && text[at] !== ']') {
    const entry = open === '{' ? scanMember(text, at) : {start: at, key: undefined, value: scan(text, at)};
    entries.push(entry);
    at = skipSpace(text, entry.value.end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return {start, end: at + 1, entries};
}

function scanMember(text: string, start: number): Entry {
  const end = endOf(text, string, start);
  const colon = skipSpace(text, end);
  return {start, key: JSON.parse(text.slice(start, end)) as string, value: scan(text, skipSpace(text, colon + 1))};
}

const skipSpace = (text: string, at: number): number => endOf(text, /\s*/y, at);

function endOf(text: string, token: RegExp, start: number): number {
  token.lastIndex = start;
  token.test(text);
  return token.lastIndex;
}
