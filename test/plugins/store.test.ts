// The lease directory, file by file: it is shared with the reference plugin, so what is in it is a contract.
import {linkSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {Worker} from 'node:worker_threads';
import {beforeEach, describe, expect, test} from '@jest/globals';
import {openLeases, type TakeLock} from '../../src/plugins/host-local/store.ts';
import type {Leases, Owner} from '../../src/plugins/plugin.ts';
import {scratchDirectory} from '../scratch.ts';

const root = scratchDirectory();
const c1: Owner = {containerId: 'c1', ifName: 'eth0'};
const c2: Owner = {containerId: 'c2', ifName: 'eth0'};

/** What happened to locks, in order. */
let locks: string[] = [];
const takeLock: TakeLock = path => {
  locks.push(`take ${path.slice(root.length)}`);
  return {release: () => locks.push(`release ${path.slice(root.length)}`)};
};

let number = 0;
let networks = '';
let directory = '';
beforeEach(() => {
  networks = `${root}/${number++}/networks`;
  directory = `${networks}/mynet`;
  locks = [];
});

const store = () => openLeases(directory, `${networks}/../index`, takeLock);
const locked = <T>(work: (leases: Leases) => T): T => store().locked(work);
const file = (name: string): string => readFileSync(`${directory}/${name}`, 'latin1');
const modeOf = (name: string): number => statSync(`${directory}/${name}`).mode & 0o777;
const reserve = (address: string, owner = c1): boolean => locked(leases => leases.reserve(address, owner));
const heldBy = (owner: Owner): readonly string[] => locked(leases => leases.heldBy(owner));

describe('a lease', () => {
  test.each(['10.1.0.2', 'fd00::2'])('of %s is a file of that name, as the reference writes it', address => {
    expect(reserve(address)).toBe(true);
    expect(readdirSync(directory)).toEqual([address]);
    expect(file(address)).toBe('c1\r\neth0');
    expect(modeOf(address)).toBe(0o600);
    expect(statSync(`${directory}/${address}`).nlink).toBe(1);
  });

  test('that somebody holds is left as it is', () => {
    reserve('10.1.0.2');
    expect(reserve('10.1.0.2', c2)).toBe(false);
    expect(file('10.1.0.2')).toBe('c1\r\neth0');
  });

  test('that is empty, or of an older reference, is taken as well', () => {
    reserve('10.1.0.2');
    for (const [name, content] of [
      ['10.1.0.3', ''],
      ['10.1.0.4', 'c9'],
    ] as const) {
      writeFileSync(`${directory}/${name}`, content);
      expect(reserve(name)).toBe(false);
      expect(file(name)).toBe(content);
    }
  });

  test('goes with its owner and with nobody else', () => {
    const mine = ['10.1.0.2', 'fd00::2'];
    const others: readonly (readonly [string, Owner])[] = [
      ['10.1.0.3', c2],
      ['10.1.0.4', {containerId: 'c1', ifName: 'eth1'}],
      ['10.1.0.5', {containerId: 'c11', ifName: 'eth0'}],
      ['10.1.0.6', {containerId: 'c', ifName: '1eth0'}],
    ];
    for (const address of mine) reserve(address);
    for (const [address, owner] of others) reserve(address, owner);
    expect([...locked(leases => leases.release(c1))].sort()).toEqual(mine);
    expect(readdirSync(directory)).toEqual(others.map(([address]) => address));
    expect(locked(leases => leases.release(c1))).toEqual([]);
  });

  test("of the reference is known as its owner's, with white space around it or without", () => {
    reserve('10.1.0.2', c2);
    writeFileSync(`${directory}/10.1.0.7`, 'c1\r\neth0');
    writeFileSync(`${directory}/10.1.0.8`, ' c1\r\neth0\n');
    expect([...heldBy(c1)].sort()).toEqual(['10.1.0.7', '10.1.0.8']);
    expect(locked(leases => leases.release(c1))).toHaveLength(2);
    expect(readdirSync(directory)).toEqual(['10.1.0.2']);
  });

  test('is found with its owner and its age', () => {
    reserve('10.1.0.2');
    writeFileSync(`${directory}/10.1.0.3`, '');
    utimesSync(`${directory}/10.1.0.2`, 1000, 1000);
    expect(locked(leases => [leases.find('10.1.0.2'), leases.find('10.1.0.3'), leases.find('10.1.0.4')])).toEqual([
      {address: '10.1.0.2', owner: c1, modified: 1_000_000},
      {address: '10.1.0.3', owner: undefined, modified: expect.any(Number)},
      undefined,
    ]);
    expect(locked(leases => leases.all()).map(({address}) => address)).toEqual(['10.1.0.2', '10.1.0.3']);
  });

  test('can be taken away from whoever holds it', () => {
    reserve('10.1.0.2');
    locked(leases => leases.all().forEach(lease => void leases.drop(lease)));
    expect([readdirSync(directory), heldBy(c1), reserve('10.1.0.2', c2)]).toEqual([[], [], true]);
  });
});

describe('a file', () => {
  test('is never there without its content', async () => {
    reserve('10.1.0.9', c2);
    const stop = new SharedArrayBuffer(4);
    const watcher = new Worker(watch, {eval: true, workerData: {directory, stop}});
    const report = new Promise<{looks: number; empty: string[]}>(resolve => watcher.once('message', resolve));
    await new Promise(resolve => watcher.once('online', resolve));
    const end = Date.now() + 400;
    while (Date.now() < end) {
      locked(leases => {
        leases.reserve('10.1.0.2', c1);
        leases.release(c1);
      });
    }
    Atomics.store(new Int32Array(stop), 0, 1);
    const {looks, empty} = await report;
    expect(looks).toBeGreaterThan(100);
    expect(empty).toEqual([]);
  });

  test('that a crash has left between its making and its naming does no harm', () => {
    reserve('10.1.0.2', c2);
    writeFileSync(`${networks}/.mynet.new`, 'half');
    expect(reserve('10.1.0.3')).toBe(true);
    expect(file('10.1.0.3')).toBe('c1\r\neth0');
  });

  test('that a crash has left under two names keeps its content', () => {
    reserve('10.1.0.2', c2);
    linkSync(`${directory}/10.1.0.2`, `${networks}/.mynet.new`);
    expect(reserve('10.1.0.3')).toBe(true);
    expect([file('10.1.0.2'), file('10.1.0.3')]).toEqual(['c2\r\neth0', 'c1\r\neth0']);
  });

  test('of any other kind is left alone', () => {
    const foreign = {README: 'c1\r\neth0', '10.1.0.999': 'c1\r\neth0', lock: '', 'last_reserved_ip.0': '10.1.0.9'};
    mkdirSync(directory, {recursive: true});
    for (const [name, content] of Object.entries(foreign)) writeFileSync(`${directory}/${name}`, content);
    mkdirSync(`${directory}/10.9.9.9`);
    reserve('10.1.0.2');
    locked(leases => leases.release(c1));
    expect(readdirSync(directory).sort()).toEqual([...Object.keys(foreign), '10.9.9.9'].sort());
    for (const [name, content] of Object.entries(foreign)) expect(file(name)).toBe(content);
  });
});

describe('the address given out last', () => {
  test('stands in a file of its own for each set', () => {
    locked(leases => {
      leases.setLast(0, '10.1.0.2');
      leases.setLast(1, 'fd00::2');
    });
    expect([file('last_reserved_ip.0'), file('last_reserved_ip.1')]).toEqual(['10.1.0.2', 'fd00::2']);
    expect(locked(leases => [leases.last(0), leases.last(1), leases.last(2)])).toEqual([
      '10.1.0.2',
      'fd00::2',
      undefined,
    ]);
  });

  test('is read as the reference wrote it', () => {
    mkdirSync(directory, {recursive: true});
    writeFileSync(`${directory}/last_reserved_ip.0`, '10.1.0.7\n');
    expect(locked(leases => leases.last(0))).toBe('10.1.0.7');
  });
});

describe('the lock of the reference', () => {
  test('is held while work is done, and no longer', () => {
    locked(() => locks.push('work'));
    const path = `${directory}/lock`.slice(root.length);
    expect(locks).toEqual([`take ${path}`, 'work', `release ${path}`]);
  });

  test('is let go when the work fails, and what was done by then is known', () => {
    reserve('10.1.0.9', c2);
    expect(() =>
      locked(leases => {
        leases.reserve('10.1.0.2', c1);
        throw new Error('no further');
      }),
    ).toThrow('no further');
    expect(locks.at(-1)).toMatch(/^release/);
    expect(heldBy(c1)).toEqual(['10.1.0.2']);
  });

  test('that is not to be had stops everything', () => {
    const refuse: TakeLock = () => {
      throw new Error('somebody holds it');
    };
    const never = () => openLeases(directory, `${networks}/../index`, refuse).locked(() => locks.push('work'));
    expect(never).toThrow('somebody holds it');
    expect(locks).toEqual([]);
  });
});

test('a directory that can not be made is named', () => {
  mkdirSync(networks, {recursive: true});
  writeFileSync(directory, '');
  expect(() => heldBy(c1)).toThrow(`cannot make the lease directory "${directory}"`);
  expect(() => heldBy(c1)).toThrow(expect.objectContaining({code: 5}));
});

/** Looks at the directory as fast as it can, until it is told to stop. */
const watch = `
  const {readdirSync, statSync} = require('node:fs');
  const {parentPort, workerData} = require('node:worker_threads');
  const stop = new Int32Array(workerData.stop);
  const empty = new Set();
  let looks = 0;
  while (Atomics.load(stop, 0) === 0) {
    looks++;
    for (const name of readdirSync(workerData.directory)) {
      const stat = statSync(workerData.directory + '/' + name, {throwIfNoEntry: false});
      if (stat && stat.size === 0) empty.add(name);
    }
  }
  parentPort.postMessage({looks, empty: [...empty]});
`;
