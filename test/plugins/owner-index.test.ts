// The index by owner: it may only make things quicker. Whether a lease was read at all is seen by changing one behind its
// back: to write into a file leaves the directory's time as it was, and only the directory's time is looked at.
import {mkdirSync, readdirSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {beforeEach, describe, expect, test} from '@jest/globals';
import {indexedDirectories} from '../../src/plugins/host-local/owner-index.ts';
import {openLeases} from '../../src/plugins/host-local/store.ts';
import type {Owner} from '../../src/plugins/plugin.ts';
import {scratchDirectory} from '../scratch.ts';

const root = scratchDirectory();
const c1: Owner = {containerId: 'c1', ifName: 'eth0'};
const c2: Owner = {containerId: 'c2', ifName: 'eth0'};
const store = () => openLeases(directory, index, () => ({release: () => undefined}));
const heldBy = (owner: Owner) => [...store().locked(leases => leases.heldBy(owner))].sort();
const reserve = (address: string, owner: Owner) => store().locked(leases => leases.reserve(address, owner));

let number = 0;
let directory = '';
let index = '';
beforeEach(() => {
  directory = `${root}/${++number}/mynet`;
  index = `${root}/${number}/index`;
  reserve('10.1.0.2', c1);
  reserve('10.1.0.3', c2);
});

/** Every file of the index, wherever it is. */
const indexFiles = () =>
  readdirSync(index, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`);

describe('as long as nobody else was there', () => {
  test("no lease is read but the owner's", () => {
    writeFileSync(`${directory}/10.1.0.3`, 'c1\r\neth0');
    expect(heldBy(c1)).toEqual(['10.1.0.2']);
  });

  test('what the index says is believed only if the lease says so too', () => {
    writeFileSync(`${directory}/10.1.0.2`, 'c2\r\neth0');
    expect(heldBy(c1)).toEqual([]);
  });

  test('an owner holds all that it was given, until it gives it back', () => {
    reserve('fd00::2', c1);
    expect(heldBy(c1)).toEqual(['10.1.0.2', 'fd00::2']);
    store().locked(leases => leases.release(c1));
    expect([heldBy(c1), heldBy(c2)]).toEqual([[], ['10.1.0.3']]);
  });
});

describe('when somebody else has', () => {
  test('added a lease, it is found', () => {
    writeFileSync(`${directory}/10.1.0.7`, 'c1\r\neth0');
    expect(heldBy(c1)).toEqual(['10.1.0.2', '10.1.0.7']);
  });

  test('taken a lease away, it is gone', () => {
    unlinkSync(`${directory}/10.1.0.2`);
    expect([heldBy(c1), reserve('10.1.0.2', c2), heldBy(c2)]).toEqual([[], true, ['10.1.0.2', '10.1.0.3']]);
  });

  test('put the clock back, every lease is read again', () => {
    writeFileSync(`${directory}/10.1.0.3`, 'c1\r\neth0');
    utimesSync(directory, 1, 1);
    expect(heldBy(c1)).toEqual(['10.1.0.2', '10.1.0.3']);
  });

  test('written leases with anything in them, it does no harm', () => {
    for (const [i, content] of ['', '\0', 'x'.repeat(5000), '../../x\r\neth0', 'a/b\r\nc/d', '\r\n\r\n'].entries()) {
      writeFileSync(`${directory}/10.1.0.${i + 10}`, content);
    }
    expect(heldBy(c1)).toEqual(['10.1.0.2']);
    expect(indexFiles().every(path => path.startsWith(`${index}/`))).toBe(true);
  });
});

describe('whatever becomes of the index itself', () => {
  test.each<[string, () => void]>([
    ['it is gone', () => rmSync(index, {recursive: true})],
    ['its files are empty', () => indexFiles().forEach(path => void writeFileSync(path, ''))],
    [
      'its files are garbage',
      () => indexFiles().forEach(path => void writeFileSync(path, '\0\n../../../etc/passwd\n')),
    ],
    ['somebody else put files there', () => writeFileSync(`${index}/${readdirSync(index)[0]}/x`, 'y')],
  ])('%s: the leases are the truth', (_what, spoil) => {
    spoil();
    utimesSync(directory, 1, 1);
    expect([heldBy(c1), heldBy(c2)]).toEqual([['10.1.0.2'], ['10.1.0.3']]);
  });

  test('a stamp that is gone or of another time has every lease read', () => {
    for (const path of indexFiles().filter(name => name.endsWith('stamp'))) writeFileSync(path, '1');
    writeFileSync(`${directory}/10.1.0.3`, 'c1\r\neth0');
    expect(heldBy(c1)).toEqual(['10.1.0.2', '10.1.0.3']);
  });

  test('a directory that somebody made in it does no harm', () => {
    mkdirSync(`${index}/${readdirSync(index)[0]}/sub`);
    utimesSync(directory, 1, 1);
    expect(heldBy(c1)).toEqual(['10.1.0.2']);
  });
});

describe('without the lock', () => {
  const mayHold = (owner: Owner) => store().mayHold(owner);

  test('an owner that holds nothing is known to', () => {
    expect(mayHold({containerId: 'c3', ifName: 'eth0'})).toBe(false);
    expect(openLeases(`${root}/nowhere`, index, () => ({release: () => undefined})).mayHold(c1)).toBe(false);
  });

  test('an owner that holds something may', () => {
    expect(mayHold(c1)).toBe(true);
  });

  test('anybody may, when somebody else was there', () => {
    writeFileSync(`${directory}/10.1.0.7`, 'c3\r\neth0');
    expect(mayHold({containerId: 'c3', ifName: 'eth0'})).toBe(true);
    utimesSync(directory, 1, 1);
    expect(mayHold({containerId: 'c4', ifName: 'eth0'})).toBe(true);
  });
});

test('the directories that there is an index of are known by their paths', () => {
  expect(indexedDirectories(index)).toEqual([directory]);
  expect(indexedDirectories(`${root}/nowhere`)).toEqual([]);
});

test('the index is for root alone', () => {
  const modes = [...indexFiles(), index].map(path => statSync(path).mode & 0o077);
  expect(modes.every(mode => mode === 0)).toBe(true);
});
