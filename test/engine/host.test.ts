// QuickJS's own program: that nothing handed to it makes it crash, whatever room there is on the stack.
import {expect, test} from '@jest/globals';
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
