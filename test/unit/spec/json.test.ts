// Where a broken document is broken. The documents are made of tokens, so the right answer is known by construction:
// no engine is asked for it, as none tells the position in a stable form.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {parseJson} from '../../../src/spec/json.ts';

describe('what is accepted', () => {
  test('every document that JSON.parse accepts', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        expect(parseJson(text, 'x')).toEqual(JSON.parse(text));
      }),
    );
  });

  test('nothing that JSON.parse refuses', () => {
    const nearly = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', '-', 'true', 'nul', ' '), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(nearly, parts => {
        const text = parts.join('');
        expect(outcomeOf(() => parseJson(text, 'x'))).toBe(outcomeOf(() => JSON.parse(text)));
      }),
      {numRuns: 1000},
    );
  });
});

describe('the first error', () => {
  test.each([
    ['{"a": 1,}', '1:9'],
    ['{"a" 1}', '1:6'],
    ['{"a": }', '1:7'],
    ["{'a': 1}", '1:2'],
    ['{a: 1}', '1:2'],
    ['{\n  "a": 1\n  "b": 2\n}', '3:3'],
    ['{"a": 1}}', '1:9'],
    ['[1, 2,]', '1:7'],
    ['[1 2]', '1:4'],
    ['[1, 2', '1:6'],
    ['{"a": [1, 2}', '1:12'],
    ['{"a": 1]', '1:8'],
    ['[01]', '1:3'],
    ['[+1]', '1:2'],
    ['[.5]', '1:2'],
    ['[1.]', '1:3'],
    ['["a\tb"]', '1:2'],
    ['["a\\x"]', '1:2'],
    ['["a]', '1:2'],
    ['[True]', '1:2'],
    ['[undefined]', '1:2'],
    ['// a comment\n{}', '1:1'],
    ['{"a": 1} // a comment', '1:10'],
    ['{\r\n  "a": 1,\r\n  oops\r\n}', '3:3'],
    [',', '1:1'],
    ['}', '1:1'],
    ['{"é": "ü", x}', '1:12'],
  ])('of %j is at %s', (text, position) => {
    expect(() => parseJson(text, 'net.conf')).toThrow(`net.conf:${position}: not valid JSON`);
  });

  test.each([
    ['{\u00a0"a": 1}', '1:2'],
    ['\ufeff{}', '1:1'],
    ['{"a": "\u007f",}', '1:11'],
  ])('of %j is at %s', (text, position) => {
    expect(() => parseJson(text, 'net.conf')).toThrow(`net.conf:${position}: not valid JSON`);
  });

  test('is where a foreign character was put between two tokens', () => {
    fc.assert(
      fc.property(layout, fc.nat(), fc.constantFrom('@', '#', "'", 'x', '\\', '/'), (tokens, at, foreign) => {
        const cut = at % (tokens.length + 1);
        const before = tokens.slice(0, cut).join('');
        expect(positionOf(before + foreign + tokens.slice(cut).join(''))).toBe(endOf(before));
      }),
    );
  });

  test('is at the end of a document that was cut off between two tokens', () => {
    fc.assert(
      fc.property(layout, fc.nat(), (tokens, at) => {
        const text = tokens.slice(0, at % tokens.length).join('');
        fc.pre(text.trim() !== '');
        expect(positionOf(text)).toBe(endOf(text));
      }),
    );
  });
});

test.each(['', ' ', '\n\n'])('%j is said to be empty', text => {
  expect(() => parseJson(text, 'the file')).toThrow('the file is empty, expected JSON');
});

/** A document as its tokens, each with the white space before it; an object, so that no cut-off part is whole. */
const layout: fc.Arbitrary<readonly string[]> = fc
  .tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.infiniteStream(fc.constantFrom('', ' ', '\n', '\n  ', '\t')))
  .map(([value, spaces]) => [...tokensOf(value)].map(token => (spaces.next().value ?? '') + token));

function* tokensOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    yield JSON.stringify(value);
    return;
  }
  const isList = Array.isArray(value);
  yield isList ? '[' : '{';
  for (const [i, [key, item]] of Object.entries(value).entries()) {
    if (i > 0) yield ',';
    if (!isList) yield* [JSON.stringify(key), ':'];
    yield* tokensOf(item);
  }
  yield isList ? ']' : '}';
}

function positionOf(text: string): string {
  try {
    return `accepted: ${JSON.stringify(parseJson(text, 'x'))}`;
  } catch (error) {
    return /^x:(\d+:\d+): not valid JSON$/.exec((error as Error).message)?.[1] ?? (error as Error).message;
  }
}

function endOf(text: string): string {
  const lines = text.split('\n');
  return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
}

function outcomeOf(parse: () => unknown): string {
  try {
    return JSON.stringify(parse());
  } catch {
    return 'refused';
  }
}
