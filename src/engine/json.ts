// What Bun's JSON has and QuickJS's has not: numbers keep the text they had ("1.0", twenty digits), for a reviver is told of it
// and JSON.rawJSON prints it; and "\x41" is refused. Nearly every text is without such, and then the engine's own functions do
// it all.
import {host} from './host.ts';

const {parse, stringify} = JSON;

// Nobody can write that before this process has begun.
const mark = `number ${Math.random()} `;
const marked = new RegExp(`"${mark}([^"]*)"`, 'g');

type Reviver = (key: string, value: unknown, context: {readonly source: string}) => unknown;

// A number with a colon behind it would be a key. A string without an end must not swallow what a number is replaced by.
const words = /"[^"\\]*(?:\\.[^"\\]*)*"?|[-+.\w]+(?:\s*:)?/gs;
const escapes = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/g;
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The reviver is called for numbers that may not print as they stand, and for nothing else. */
function parseExactly(text: string, reviver?: Reviver): unknown {
  if (!reviver || !host.isOddJson(text)) return parse(text);
  return parse(text.replaceAll(words, marking), (key, value) => {
    if (typeof value !== 'string' || !value.startsWith(mark)) return value;
    const source = value.slice(mark.length);
    return reviver(key, Number(source), {source});
  });
}

/** A number becomes a string that says so. The engine by itself takes "1." for one, and what JavaScript has behind a backslash. */
function marking(word: string): string {
  if (number.test(word)) return `"${mark}${word}"`;
  if (word.startsWith('"') ? /^"[^"\\]*"$/.test(word.replaceAll(escapes, '')) : !/^[-\d]/.test(word)) return word;
  throw new SyntaxError(`${word} is not JSON`);
}

class RawNumber {
  readonly rawJSON: string;

  constructor(text: string) {
    this.rawJSON = text;
  }
}

let isExact = false;

/** For numbers. */
function rawJSON(text: string): RawNumber {
  isExact = true;
  return Object.freeze(new RawNumber(text));
}

function stringifyExactly(value: unknown, replacer?: undefined, space?: number | string): string | undefined {
  if (!isExact || replacer) return stringify(value, replacer, space);
  const text = stringify(value, (_key, one) => (one instanceof RawNumber ? mark + one.rawJSON : one), space);
  return text?.replaceAll(marked, '$1');
}

Object.assign(JSON, {parse: parseExactly, stringify: stringifyExactly, rawJSON});
