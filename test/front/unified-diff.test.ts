// The diff that --dry-run shows: patch(1) has to be able to use it.
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {expect, jest, test} from '@jest/globals';
import fc from 'fast-check';
import {unifiedDiff} from '../../src/cli/unified-diff.ts';
import {scratchDirectory} from '../scratch.ts';

jest.setTimeout(60_000);

const directory = scratchDirectory();

test('shows what changes, with three lines around it', () => {
  const before = Array.from({length: 20}, (_, i) => `${i}\n`).join('');
  const after = before.replace('\n5\n', '\n5\nnew\n').replace('\n18\n', '\n');
  expect(unifiedDiff(before, after, 'f')).toEqual(
    '--- f|+++ f|@@ -4,6 +4,7 @@| 3| 4| 5|+new| 6| 7| 8|@@ -16,5 +17,4 @@| 15| 16| 17|-18| 19'.split('|'),
  );
});

test('is empty for what does not change', () => {
  expect(unifiedDiff('a\nb', 'a\nb', 'f')).toEqual([]);
});

test('gives diff(1) nothing to find once it is applied', () => {
  const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n'), {maxLength: 30}).map(lines => lines.join(''));
  const ended = fc.tuple(text, fc.constantFrom('', 'end')).map(([body, end]) => body + end);
  fc.assert(
    fc.property(ended, ended, (before, after) => {
      fc.pre(before !== after);
      writeFileSync(`${directory}/f`, before);
      const input = `${unifiedDiff(before, after, 'f').join('\n')}\n`;
      execFileSync('git', ['apply', '--unidiff-zero', '-'], {cwd: directory, input, stdio: 'pipe'});
      expect(readFileSync(`${directory}/f`, 'utf8')).toBe(after);
    }),
    {numRuns: 60},
  );
});
