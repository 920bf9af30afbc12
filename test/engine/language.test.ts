// The language and what a program finds around it, on both engines.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {scratchDirectory} from '../scratch.ts';
import {type Engines, enginesFor, handOver} from './engines.ts';

const directory = scratchDirectory();

test('the language', async () => {
  await (await enginesFor('language', directory)).compare();
});

test('JSON', async () => {
  const {compare} = await enginesFor('json', directory);
  const itsOwn =
    'only what the house wrote itself is parsed without parseJson, and that has no such numbers and escapes';
  const texts = ['1.', '"\\x41"', '[1.,2]', '[-01]'];
  await compare({}, Object.fromEntries(texts.map(text => [`no JSON for the engine ${JSON.stringify(text)}`, itsOwn])));
});

// Texts that are nearly JSON: what one engine takes and the other refuses would be a network here and an error there.
const token = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    ' ',
    '\n',
    '"a":',
    '{}',
    '[]',
    'null',
    'true',
    '-0',
    '1.0',
    '1e5',
    '0.10',
    '-',
    '.',
    '1',
    '00',
  ],
  ...[
    '"',
    "'",
    '\\',
    '"\\n"',
    '"\\x41"',
    '"\\v"',
    '"\\u0041"',
    '"\\u{41}"',
    '"\\0"',
    '"\\\n"',
    '"\t"',
    '"\u007f"',
    '\u00a0',
    '//',
    '/**/',
  ],
);
const nearlyJson = fc.oneof(
  fc.json().chain(text =>
    fc.tuple(fc.nat({max: text.length}), fc.nat({max: 2}), fc.oneof(token, fc.constant(''))).map(([at, gone, put]) => {
      return text.slice(0, at) + put + text.slice(at + gone);
    }),
  ),
  fc.array(token, {maxLength: 6}).map(tokens => tokens.join('')),
  token.map(inside => `{"a":[${inside},1.50]}`),
  fc.json(),
);
const integer = fc.oneof(
  fc.bigInt({min: -(2n ** 130n), max: 2n ** 130n}),
  fc.bigInt({min: -10n, max: 10n}),
  fc.constantFrom(2n ** 64n, 2n ** 63n, -(2n ** 32n)),
);
const numeral = fc.oneof(
  fc.double().map(String),
  fc.integer().map(String),
  fc.stringMatching(/^-?[0-9]{1,25}(\.[0-9]{1,25})?(e[-+]?[0-9]{1,3})?$/),
);

test('numbers and JSON', async () => {
  const values = {
    numbers: [...new Set(fc.sample(numeral, 2000))],
    integers: fc.sample(fc.tuple(integer, integer), 1500).map(([a, b]) => [String(a), String(b)]),
    json: [...new Set(fc.sample(nearlyJson, 4000))],
  };
  const {compare} = await enginesFor('values', directory);
  await compare({args: [handOver(directory, values)]});
});

describe('a program', () => {
  let made: Promise<Engines> | undefined;
  const engines = (): Promise<Engines> => {
    made ??= enginesFor('surroundings', directory);
    return made;
  };
  const env = {
    EMPTY: '',
    SIGN: 'a=b=c',
    LINES: 'a\nb',
    'odd-name': 'ü 網 \u{1f600}',
    '1': 'one',
    __proto: 'x',
    PWD: '/none',
  };
  const words = ['', '-', '--flag=ü', 'a b', 'a\nb', '\u{1f600}', 'x'.repeat(100_000)];

  test('finds its words and variables', async () => {
    const {compare} = await engines();
    await compare({args: ['by itself', ...words], env, cwd: '/'});
    await compare({args: ['by itself'], cwd: directory});
  });

  test.each(['exit 0', 'exit 3', 'exit 255', 'exit 256', 'exit -1', 'said'])('ends: %s', async ending => {
    const {compare} = await engines();
    await compare({args: [ending]});
  });

  test.each<[string, string]>([
    ['', ''],
    ['text', ''],
    ['ü\n\ufeff', ''],
    ['long '.repeat(300_000), ''],
    ['', '<&-'],
    ['', '</tmp'],
    ['', '0>/dev/null'],
    ['', '</proc/self/environ'],
  ])('is told the same: %.10j %s', async (input, stream) => {
    const {compare} = await engines();
    await compare({args: ['reads'], input, under: ['sh', '-ec', `exec "$@" ${stream}`, 'sh'], env: {A: 'b'}});
  });

  test.each(['an error', 'a rejection'])('ends with 1 and says why: %s', async ending => {
    const {bun, quickjs} = await engines();
    for (const run of [bun, quickjs]) {
      const {exitCode, stderr} = await run({args: [ending]});
      expect({exitCode, saysWhy: stderr.includes('nobody catches this')}).toEqual({exitCode: 1, saysWhy: true});
    }
  });

  // A pipe that nobody reads, no stream at all, a full disk, and one that takes nothing more for now.
  const streams = ['2>&3', '2>&-', '2>/dev/full', '2>&1 1>/dev/null'];
  test.each(streams)('ends as it wants to when nobody hears it: %s', async stream => {
    const unread = `${directory}/unread`;
    const prepare = `rm -f ${unread}; mkfifo ${unread}; exec 4<>${unread} 3>${unread} 4>&-;`;
    const under = ['sh', '-ec', `${prepare} exec "$@" ${stream}`, 'sh'];
    const {bun, quickjs} = await engines();
    const ended = [];
    for (const run of [bun, quickjs]) ended.push((await run({args: ['said to nobody'], under})).exitCode);
    expect(ended).toEqual([6, 6]);
  });

  test('is told when what it writes goes nowhere', async () => {
    const {compare} = await engines();
    await compare({args: ['written to nobody'], under: ['sh', '-ec', 'exec "$@" 2>/dev/full', 'sh']});
  });

  test('of QuickJS knows the name that it was called by', async () => {
    const {quickjs} = await engines();
    const {lines} = await quickjs({args: ['name'], under: ['bash', '-c', 'exec -a /a/called "$0" "$@"']});
    const named = lines.find(({name}) => name === 'the name that it was called by');
    expect(named?.value).toEqual(['/a/called', '/a/called']);
  });

  test('of QuickJS says all that it says before it ends', async () => {
    const {quickjs} = await engines();
    const {exitCode, stderr} = await quickjs({args: ['said much']});
    expect([exitCode, stderr.length]).toEqual([5, 500_000]);
  });
});
