// "Did you mean".
import {expect, test} from '@jest/globals';
import {nearest} from '../../../src/spec/suggest.ts';

const commands = ['gc', 'inspect', 'logs', 'ls', 'networks', 'repair', 'createRuntime', 'prestart', 'poststop'];

test.each([
  ['lss', 'ls'],
  ['sl', 'ls'],
  ['log', 'logs'],
  ['network', 'networks'],
  ['netwroks', 'networks'],
  ['inspetc', 'inspect'],
  ['createruntime', 'createRuntime'],
  ['CreateRuntime', 'createRuntime'],
  ['postStop', 'poststop'],
  ['repairs', 'repair'],
])('"%s" is taken for "%s"', (word, command) => {
  expect(nearest(word, commands)).toBe(command);
});

test.each(['', 'x', 'add', 'doctor', 'version', 'lsof', 'start', 'network-list'])('"%s" is taken for nothing', word => {
  expect(nearest(word, commands)).toBeUndefined();
});

test('what is far longer than any of them is not compared letter by letter: a tenant may have written it', () => {
  expect(nearest('x'.repeat(2 ** 24), commands)).toBeUndefined();
});
