// Promises to keep the addresses of a container when it has ended: found again by its identity, also after a reboot.
import {mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {beforeEach, expect, test} from '@jest/globals';
import {allKept, findKept, forget, type Kept, keep, keptUntil} from '../../../src/runtime/kept.ts';
import type {Settings} from '../../../src/runtime/settings.ts';
import {scratchDirectory} from '../../scratch.ts';

const root = scratchDirectory();
const c1: Kept = {
  network: 'mynet',
  containerId: 'c1',
  ifName: 'eth0',
  seconds: 60,
  ended: 5000,
  leases: ['/nowhere/mynet'],
};
const others = [
  {...c1, network: 'other'},
  {...c1, containerId: 'c2'},
  {...c1, ifName: 'eth1'},
];

let number = 0;
let settings: Settings;
beforeEach(() => {
  const cacheDir = `${root}/${number++}`;
  settings = {
    confDir: '',
    pluginDirs: [],
    stateDir: '',
    cacheDir,
    dataDir: '',
    logLevel: 'info',
    timeout: 25,
    allow: undefined,
  };
});

test('what is kept is found by all three parts of its identity', () => {
  for (const kept of [c1, ...others]) keep(settings, kept, []);
  for (const kept of [c1, ...others]) expect(findKept(settings, kept)).toEqual(kept);
  expect(allKept(settings)).toHaveLength(4);
});

test('what is kept again is kept until the new time', () => {
  keep(settings, c1, []);
  keep(settings, {...c1, ended: 9000}, []);
  expect(allKept(settings)).toEqual([{...c1, ended: 9000}]);
});

test('the time counts from the end, or from the boot if nobody saw the end', () => {
  expect(keptUntil(c1, 1_000_000)).toBe(65_000);
  const {ended: _, ...living} = c1;
  expect(keptUntil(living, 1_000_000)).toBe(1_060_000);
});

test('a living container is promised that its address will be kept, and its lease is synced where there is one', () => {
  const leases = [`${root}/leases`, '/nowhere'];
  mkdirSync(`${root}/leases`, {recursive: true});
  writeFileSync(`${root}/leases/10.1.0.2`, 'c1');
  const {ended: _, ...living} = {...c1, leases};
  keep(settings, living, ['10.1.0.2', 'fd00::2']);
  expect(allKept(settings)).toEqual([living]);
});

test('what is forgotten is gone, and nothing else', () => {
  for (const kept of [c1, ...others]) keep(settings, kept, []);
  forget(settings, c1);
  forget(settings, c1);
  expect([findKept(settings, c1), allKept(settings).length]).toEqual([undefined, 3]);
});

test('where nobody ever asked for it nothing is kept', () => {
  expect([findKept(settings, c1), allKept(settings)]).toEqual([undefined, []]);
});

test('a file that makes no sense counts as none', () => {
  keep(settings, c1, []);
  const [path = ''] = filesOf(settings);
  for (const content of ['', '{', 'null', '{}', '{"seconds": "5", "leases": []}', '{"seconds": 5, "leases": "x"}']) {
    writeFileSync(path, content);
    expect([findKept(settings, c1), allKept(settings)]).toEqual([undefined, []]);
  }
});

test('it is written whole, for root alone', () => {
  keep(settings, c1, []);
  const files = filesOf(settings);
  expect(files).toHaveLength(1);
  expect(files.every(path => (statSync(path).mode & 0o077) === 0)).toBe(true);
});

test('names may be as long as names are allowed to be', () => {
  const long = {...c1, network: 'n'.repeat(200), containerId: 'c'.repeat(200)};
  keep(settings, long, []);
  expect(findKept(settings, long)).toEqual(long);
});

const filesOf = ({cacheDir}: Settings) =>
  readdirSync(cacheDir, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`);
