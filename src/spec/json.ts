// JSON text to value, with the line and column where it goes wrong. The engine's own parser does the work;
// the scanner below runs only after it has refused, because no engine tells the position in a stable form.
import {CniError} from './error.ts';
import type {Json} from './fields.ts';

/**
 * The value as it stands if printing it again would give the same text; else something that prints as it stood. Bun alone
 * tells the text; elsewhere a number that JavaScript can't hold changes, as it does in libcni.
 */
function faithful(_key: string, value: unknown, context?: {readonly source?: string}): unknown {
  if (typeof value !== 'number' || context?.source === undefined || String(value) === context.source) return value;
  const {rawJSON} = JSON as unknown as {readonly rawJSON?: (text: string) => unknown};
  return rawJSON ? rawJSON(context.source) : value;
}

/** Parses JSON; numbers go out again as they came in. `what` names the source in the message: a file, "the OCI state on stdin". Throws `decodingFailure`. */
export function parseJson(text: string, what: string): Json {
  try {
    return JSON.parse(text, faithful) as Json;
  } catch (cause) {
    if (text.trim() === '') throw new CniError('decodingFailure', `${what} is empty, expected JSON`, {cause});
    const before = text.slice(0, firstError(text)).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    throw new CniError('decodingFailure', `${what}:${before.length}:${column}: not valid JSON`, {cause});
  }
}

const tokens =
  /[ \t\n\r]+|[{}[\],:]|"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** The offset of the first character that no JSON document could have there (RFC 8259 section 2). */
function firstError(text: string): number {
  const open: string[] = [];
  let expect: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' = 'value';
  tokens.lastIndex = 0;
  for (let at = 0; at < text.length; at = tokens.lastIndex) {
    tokens.lastIndex = at;
    const token = tokens.exec(text)?.[0];
    if (token === undefined) return at;
    if (/^\s/.test(token)) continue;
    const isString = token.startsWith('"');
    const isValue = expect === 'value' || expect === 'value-or-end';
    if (token === '}' || token === ']') {
      const closes = token === '}' ? '{' : '[';
      const allowed = expect === 'comma-or-end' || expect === (token === '}' ? 'key-or-end' : 'value-or-end');
      if (!allowed || open.pop() !== closes) return at;
      expect = 'comma-or-end';
    } else if (token === ',') {
      if (expect !== 'comma-or-end' || open.length === 0) return at;
      expect = open.at(-1) === '{' ? 'key' : 'value';
    } else if (token === ':') {
      if (expect !== 'colon') return at;
      expect = 'value';
    } else if ((expect === 'key' || expect === 'key-or-end') && isString) {
      expect = 'colon';
    } else if (isValue && (token === '{' || token === '[')) {
      open.push(token);
      expect = token === '{' ? 'key-or-end' : 'value-or-end';
    } else if (isValue) {
      expect = 'comma-or-end';
    } else {
      return at;
    }
  }
  return text.length;
}
