// The log: a line for each thing that happened, bounded, and never a reason for anything to fail.
import {appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {beforeEach, expect, test} from '@jest/globals';
import {log, logPath, readLog} from '../../../src/runtime/log.ts';
import {scratchDirectory} from '../../scratch.ts';

const root = scratchDirectory();
let number = 0;
let state = '';
beforeEach(() => {
  state = `${root}/${number++}/state`;
});

const say = (id: string, msg: string) => log(state, {level: 'info', event: 'createRuntime', id, msg});
const messages = (id?: string) => readLog(state, id).map(({msg}) => msg);

test('an entry is one line of JSON, with the time', () => {
  log(state, {
    level: 'error',
    event: 'poststop',
    id: 'c1',
    msg: 'two\nlines',
    network: 'n',
    plan: ['ip link'],
    phases: [],
  });
  const text = readFileSync(logPath(state), 'utf8');
  expect(text.split('\n')).toHaveLength(2);
  expect(JSON.parse(text)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    level: 'error',
    event: 'poststop',
    id: 'c1',
    msg: 'two\nlines',
    network: 'n',
    plan: ['ip link'],
    phases: [],
  });
});

test('entries are read oldest first, of one container or of all', () => {
  say('c1', 'first');
  say('c2', 'second');
  say('c1', 'third');
  expect(messages()).toEqual(['first', 'second', 'third']);
  expect(messages('c1')).toEqual(['first', 'third']);
  expect(messages('c3')).toEqual([]);
});

test('a torn line does not hide the others', () => {
  say('c1', 'first');
  appendFileSync(logPath(state), '{"time": "2026\n\n');
  say('c1', 'second');
  expect(messages()).toEqual(['first', 'second']);
});

test('what is too large moves to a second file, which is read too, and a third there is not', () => {
  say('c1', 'long ago');
  appendFileSync(logPath(state), `${'x'.repeat(4 * 1024 * 1024)}\n`);
  say('c1', 'the last of the old');
  say('c1', 'the first of the new');
  expect(messages()).toEqual(['long ago', 'the last of the old', 'the first of the new']);
  expect(statSync(logPath(state)).size).toBeLessThan(1000);
  appendFileSync(logPath(state), `${'x'.repeat(4 * 1024 * 1024)}\n`);
  say('c1', 'again');
  expect(messages()).toEqual(['the first of the new', 'again']);
});

test('is for root alone', () => {
  say('c1', 'x');
  expect([statSync(logPath(state)).mode & 0o077, statSync(state).mode & 0o077]).toEqual([0, 0]);
});

test('nothing is thrown where nothing can be written', () => {
  mkdirSync(`${root}/${number}`, {recursive: true});
  writeFileSync(`${root}/${number}/file`, '');
  expect(() => log(`${root}/${number}/file`, {level: 'info', event: 'x', id: 'c1', msg: 'x'})).not.toThrow();
});

test('without a log there are no entries', () => {
  expect(messages()).toEqual([]);
});
