// Text and paths on both engines, drawn at random and chosen: what is a character and what is none, and what a path's parts are.
import {test} from '@jest/globals';
import fc from 'fast-check';
import {scratchDirectory} from '../scratch.ts';
import {enginesFor, handOver} from './engines.ts';

const directory = scratchDirectory();

const parts = fc.constantFrom('/', '/', '//', '.', '..', 'a', 'b.c', 'ü', ' ', '...', '\n', '-', '.hidden', '𐍈');
const path = fc.array(parts, {maxLength: 10}).map(chosen => chosen.join(''));

test('the parts of paths', async () => {
  const chosen = [
    '',
    '/',
    '//',
    '.',
    '..',
    '/..',
    '/../a',
    'a/..',
    'a/../',
    './',
    'a//',
    '///a///',
    '/a/b/',
    '../../a/..',
  ];
  const paths = [...new Set([...chosen, ...fc.sample(path, 3000), ...fc.sample(fc.string(), 300)])];
  const {compare} = await enginesFor('paths', directory);
  await compare({args: [handOver(directory, paths)]});
});

// The first and the last of each length, surrogates, too long a form, cut off, what never begins and never goes on.
const edges = [
  0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x9f, 0xa0, 0x8f, 0x90,
];
const bytes = fc.oneof(
  fc.array(fc.constantFrom(...edges, 0x22, 0x41), {maxLength: 8}),
  fc.uint8Array({maxLength: 16}).map(list => [...list]),
  fc.string({unit: 'binary'}).map(text => [...new TextEncoder().encode(text)].slice(0, -1)),
);
const unit = fc.constantFrom(
  'a',
  '\0',
  '\u007f',
  '\u0080',
  'ü',
  '\u07ff',
  '\u0800',
  '網',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\ufeff',
);
const halves = fc.constantFrom('\ud800', '\udbff', '\udc00', '\udfff', '\ud83d\ude00', '\ud800\udc00', '\udbff\udfff');
const text = fc.array(fc.oneof(unit, halves), {maxLength: 8}).map(units => units.join(''));

test('text and bytes', async () => {
  const chosen = [
    [0xef, 0xbb, 0xbf, 0x61],
    [0xef, 0xbb, 0xbf],
    [0xef, 0xbb],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x9f, 0x98],
  ];
  const texts = [...new Set(['', '\ufeffa', ...fc.sample(text, 1000), ...fc.sample(fc.string({unit: 'binary'}), 200)])];
  const lists = new Map([...chosen, ...fc.sample(bytes, 2000)].map(list => [JSON.stringify(list), list]));
  const {compare} = await enginesFor('text', directory);
  await compare({args: [handOver(directory, {texts, bytes: [...lists.values()]})]});
});
