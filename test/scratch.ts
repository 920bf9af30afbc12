// A directory in memory for one test file, gone when its tests are done.
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {afterAll} from '@jest/globals';

/** Makes a new empty directory, on tmpfs where there is one. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(`${existsSync('/dev/shm') ? '/dev/shm' : tmpdir()}/cni-hook-`);
  afterAll(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
}
