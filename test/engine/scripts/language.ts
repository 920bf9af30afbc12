// The language itself, as far as the house leans on it: patterns, numbers, order, dates and collections.
import {isCaught, show} from '../case.ts';

show('a pattern that tries for long', () => /^(?:a|b)*c$/.test('ab'.repeat(20_000)));
show('long strings', () => {
  const long = 'abc,'.repeat(500_000);
  const parts = long.split(',');
  return [parts.length, parts.join(';').length, long.replaceAll('b', 'xx').length, long.indexOf('d'), long.slice(-5)];
});

const lines = 'one two\n\tthree  "four"\r\nfünf 6.5 0x7 ::1 10.1.2.3/24 [a] {b}\u00a0c\u2028d';
const patterns = [
  /\s+/,
  /\s*\n\s*/,
  /\d+/g,
  /[^\w.:/-]/g,
  /(?<=")\w+(?=")/,
  /^\S+/m,
  /^\W*(?<first>\w+)/,
  /\p{L}+/gu,
  /[\p{Cc}]/u,
  /./gsu,
];
for (const pattern of patterns) {
  show(`the pattern ${pattern.source} ${pattern.flags}`, () => [
    lines.match(pattern),
    lines.split(pattern),
    lines.replace(pattern, match => `<${match}>`),
    lines.search(pattern),
    pattern.test(lines),
  ]);
}
show('all matches', () => [...lines.matchAll(/(\w)(\w+)?/g)].map(match => [match.index, ...match]));
show('a pattern that sticks', () => {
  const sticky = /\w+|\s+/y;
  const found: string[] = [];
  for (let match = sticky.exec(lines); match; match = sticky.exec(lines)) found.push(match[0]);
  return found;
});
show('patterns for replacing', () => ['a-b'.replace(/(\w)-(\w)/, '$2$1$$$&'), 'aXbX'.replaceAll('X', '$&$&')]);

const numbers = [
  0,
  -0,
  1,
  -1,
  0.1,
  1 / 3,
  1e21,
  1e-7,
  123456789.123,
  2 ** 31,
  2 ** 53,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];
for (const number of numbers) {
  show(`the number ${number}`, () => [
    String(number),
    number.toFixed(0),
    number.toFixed(3),
    number.toString(16),
    number.toString(2).slice(0, 64),
    [number | 0, number >>> 0, Math.trunc(number), Math.round(number), Math.ceil(number), Math.floor(number)],
  ]);
}
const words = [
  '',
  ' ',
  '0',
  ' 12 ',
  '1_0',
  '0x1f',
  '0b1',
  '1e3',
  '-0',
  '12px',
  '.5',
  '+5',
  '\n7\t',
  '9007199254740993',
  'Infinity',
  '１',
];
for (const word of words) {
  show(`the number in ${JSON.stringify(word)}`, () => [
    Number(word),
    Number.parseInt(word, 10),
    Number.parseInt(word, 16),
    Number.parseFloat(word),
  ]);
}
show('large integers', () => {
  const large = (1n << 128n) - 1n;
  return [
    large,
    large >> 64n,
    large & 0xffffn,

    BigInt('0xff'),
    -7n / 2n,
    7n % -3n,
    Number(large),
    BigInt(2 ** 53),
  ];
});
show('large integers that are none', () => ['x', '1.5', ''].map(text => isCaught(() => BigInt(text))));

const unsorted = ['b', 'a', 'ä', 'Z', '10', '9', '', '\ud83d\ude00', '\uffff', 'a ', 'aa', 'é', 'z'];
show('order', () => [
  [...unsorted].sort(),
  unsorted.toSorted((a, b) => (a < b ? -1 : 1)),
  [3, 20, 100, 1].sort(),
  [3, 20, 100, 1].sort((a, b) => a - b),
  ['x', 'y', 'z'].toReversed(),
  Array.from({length: 600}, (_, i) => ({key: i % 7, i}))
    .sort((a, b) => a.key - b.key)
    .map(({i}) => i),
]);
show('arrays', () => [
  [1, [2, [3, [4]]]].flat(),
  [1, 2, 3].flatMap(x => [x, x]),
  [1, 2, 3].at(-1),
  [1, 2, 3, 4].findLast(x => x % 2 === 1),
  [1, 2, 3].with(1, 9),
  [1, 2, 3].includes(2),
  [...[5, 6].entries()],
  Array.from(new Set([1, 1, 2])),
  [1, 2, 3, 4].toSpliced(1, 2),
  Array.from({length: 3}, (_, i) => i * i),
  [3, 1, 2].indexOf(2),
  [1, 2, 3, 4].reduce((sum, x) => sum + x),
  [1, 2, 3].some(x => x > 2),
  [1, 2, 3].every(x => x > 2),
]);
show('objects', () => [
  Object.entries({b: 1, a: 2, 3: 4}),
  Object.fromEntries(new Map([['x', 1]])),
  copyOf({a: [1, {b: 2}]}),
  Object.hasOwn({a: 1}, 'a'),
]);
show('collections', () => {
  const map = new Map<unknown, unknown>([['a', 1]]);
  map.set(Number.NaN, 2).set(Number.NaN, 3);
  return [[...map], map.size, [...new Set([0, -0, '0'])], map.get('a'), map.delete('a'), [...map.keys()].length];
});
show('text', () => [
  'abc'.padStart(5, '-'),
  'abc'.padEnd(5),
  ' \u00a0\ufeffx\u2028 '.trim(),
  'a-b-c'.split('-', 2),
  'ÄSSß'.toLowerCase(),
  'straße'.toUpperCase(),
  'İ'.toLowerCase().length,
  '𐍈x'.length,
  [...'𐍈x'],
  '𐍈'.codePointAt(0),
  String.fromCodePoint(0x10348),
  'abc'.at(-1),
  'x'.repeat(3),
  '%41'.startsWith('%'),
  String.raw`a\n${1}`,
]);
show('dates', () => [
  new Date(0).toISOString(),
  new Date(1_763_712_345_678.9).toISOString(),
  new Date('2026-11-21T09:00:00Z').getTime(),
  new Date('2026-11-21T09:00:00.123456789+01:30').getTime(),
  Date.parse('nonsense'),
  Date.UTC(2026, 1, 29),
  isCaught(() => new Date(Number.NaN).toISOString()),
  new Date(8.64e15).toISOString(),
  Math.abs(Date.now() - (performance.timeOrigin + performance.now())) < 50,
]);
show('bytes', () => {
  const view = new DataView(new ArrayBuffer(32));
  view.setUint16(0, 0x1234);
  view.setInt32(4, -2, true);
  view.setBigUint64(8, 2n ** 63n + 1n, true);
  view.setFloat64(16, 1.5);
  const bytes = new Uint8Array(view.buffer);
  bytes.set([1, 2, 3], 28);
  return [
    bytes,
    bytes.slice(28),
    bytes.subarray(-4, -1),
    bytes.indexOf(3),
    Uint8Array.of(256, -1, 1.9),
    bytes.toReversed(),
    Int16Array.of(70_000),
  ];
});
show('errors', () => {
  class Special extends Error {
    override readonly name = 'Special';
    readonly code = 7;
  }
  const cause = new TypeError('why');
  const error = new Special('what', {cause});
  return [
    String(error),
    error instanceof Error,
    error.cause === cause,
    Object.keys(error),
    typeof error.stack,
    `${cause}`,
  ];
});
show('generators, defaults, private fields, labels', () => {
  class Counter {
    #n = 0;
    static readonly made = new Counter();
    get n() {
      return this.#n;
    }
    *[Symbol.iterator]() {
      while (this.#n < 3) yield this.#n++;
    }
  }
  const {a = 1, ...rest} = {b: 2, c: 3} as {a?: number; b: number; c: number};
  return [[...Counter.made], Counter.made.n, a, rest, ((...all: number[]) => all.length)(1, 2)];
});
show('not done twice', () => {
  let log = '';
  try {
    try {
      throw new Error('first');
    } finally {
      log += 'finally ';
    }
  } catch (error) {
    log += (error as Error).message;
  }
  return log;
});

function copyOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
