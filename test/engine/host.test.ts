// QuickJS's own program: that nothing handed to it makes it crash, whatever room there is on the stack.
import {readFileSync} from 'node:fs';
import {expect, test} from '@jest/globals';
import {filesBelow} from '../imports.ts';
import {scratchDirectory} from '../scratch.ts';
import {enginesFor, type Line} from './engines.ts';

const directory = scratchDirectory();

test('what nobody should hand to the host is an error, and no crash', async () => {
  const {quickjs} = await enginesFor('wrong-arguments', directory);
  const {exitCode, stderr, lines} = await quickjs();
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
  expect(lines.filter(({error}) => error)).toEqual([]);
  const values = Object.fromEntries(lines.map(({name, value}) => [name, value]));
  expect(values).toMatchObject({
    'no such call': 0,
    'a call that there is not': [-38, -38],
    'too many arguments': true,
    'no program, by all but one stream': [-9, -9],
    'files that are none': [0, 0, 0],
    'the file is still there': [true, 0],
  });
});

test('each system call that is made by its name has a number', () => {
  const declared = readFileSync('src/engine/host.c', 'utf8').matchAll(/\bcall\((\w+)\)/g);
  const known = new Set([...declared].map(([, name]) => name));
  const made = filesBelow('src/engine').filter(file => file.endsWith('.ts'));
  const used = made
    .flatMap(file => [...readFileSync(file, 'utf8').matchAll(/\bnumbers\.(\w+)/g)])
    .map(([, name]) => name);
  // Those of the C library that are no call of that name are in ffi.ts themselves.
  const ffi = readFileSync('src/engine/ffi.ts', 'utf8');
  const opened = ['libc', 'reader', 'mount-calls'].flatMap(file => [
    ...readFileSync(`src/kernel/${file}.ts`, 'utf8').matchAll(/^ *(?:const .*)?\b(\w+): \{args:/gm),
  ]);
  const symbols = opened.map(([, name = '']) => name).filter(name => !ffi.includes(`  ${name}: (`));
  expect(used.length + symbols.length).toBeGreaterThan(40);
  expect([...used, ...symbols].filter(name => !known.has(name))).toEqual([]);
});

test.each(['96', '512', '2048', 'unlimited'])('with %s KiB of stack what is too deep is an error', async limit => {
  const {quickjs} = await enginesFor('json', directory);
  const {exitCode, stderr, lines} = await quickjs({under: ['sh', '-c', `ulimit -s ${limit}; exec "$@"`, 'sh']});
  const {lines: wanted} = await quickjs();
  expect([exitCode, stderr]).toEqual([0, '']);
  // With little of it, what is deep may be too deep.
  const isShallow = ({name}: Line) => !name.includes('deep');
  expect(lines.length).toBe(wanted.length);
  expect(lines.filter(isShallow)).toEqual(wanted.filter(isShallow));
});
