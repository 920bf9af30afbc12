// What Bun's JSON has and QuickJS's has not: numbers keep the text they had ("1.0", twenty digits), for a reviver is told of it
// and JSON.rawJSON prints it; and "\x41" is refused. Nearly every text is without such, and then the engine's own functions do
// it all.
import {host} from './host.ts';

const {parse, stringify} = JSON;

// Nobody can write that before this process has begun.
const mark = `number ${Math.random()} `;
const marked = new RegExp(`"${mark}([^"]*)"`, 'g');

type Reviver = (key: string, value: unknown, context: {readonly source: string}) => unknown;

// A number with a colon behind it would be a key.
const words = /"[^"\\]*(?:\\.[^"\\]*)*"|[-+.\w]+(?:\s*:)?/gs;
const escapes = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/g;
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The reviver is called for numbers that may not print as they stand, and for nothing else. */
function parseExactly(text: string, reviver?: Reviver): unknown {
  if (!reviver || !host.isOddJson(text)) return parse(text);
  const whole = text.replaceAll(words, word => (/^[-\d]/.test(word) ? `"${mark}${checked(word)}"` : withEscapes(word)));
  return parse(whole, (key, value) => {
    if (typeof value !== 'string' || !value.startsWith(mark)) return value;
    const source = value.slice(mark.length);
    return reviver(key, Number(source), {source});
  });
}

/** Also because the engine takes "1." for a number. */
function checked(word: string): string {
  if (!number.test(word)) throw new SyntaxError(`${word} is no number`);
  return word;
}

/** The engine takes whatever a string of JavaScript may have behind a backslash. */
function withEscapes(word: string): string {
  if (word.replaceAll(escapes, '').includes('\\')) throw new SyntaxError(`${word} has an escape that JSON has not`);
  return word;
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

function stringifyExactly(value: unknown, _replacer?: undefined, space?: number | string): string | undefined {
  if (!isExact) return stringify(value, undefined, space);
  const text = stringify(value, (_key, one) => (one instanceof RawNumber ? mark + one.rawJSON : one), space);
  return text?.replaceAll(marked, '$1');
}

Object.assign(JSON, {parse: parseExactly, stringify: stringifyExactly, rawJSON});
