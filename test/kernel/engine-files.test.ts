// In the executable src/engine/ stands in for node:fs and node:path: what the two answer, and how they fail, is the same.
import {execFileSync} from 'node:child_process';
import {expect, test} from '@jest/globals';

test('files and paths are handled as the engine itself does it', () => {
  const answer = execFileSync('node_modules/.bin/bun', ['test/kernel/engine-files.ts'], {encoding: 'utf8'});
  const {steps, differences, wrongPaths} = JSON.parse(answer);
  expect({differences, wrongPaths}).toEqual({differences: [], wrongPaths: []});
  expect(steps).toBeGreaterThan(60);
});
