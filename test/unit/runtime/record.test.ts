// Records on disk: written whole or not at all, found again by container, and gone with the last of them.
import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {beforeEach, describe, expect, test} from '@jest/globals';
import * as records from '../../../src/runtime/record.ts';
import {scratchDirectory} from '../../scratch.ts';

const root = scratchDirectory();
let number = 0;
let state = '';
beforeEach(() => {
  state = `${root}/${number++}`;
});

const c1: records.RecordKey = {network: 'mynet', containerId: 'c1', ifName: 'eth0', plugin: ''};

function recordOf(attachment: records.RecordKey, created = '2026-11-20T12:00:00.000Z'): records.AttachmentRecord {
  const netns = {path: '/proc/7/ns/net', device: 4, inode: 4026531840};
  const config = {name: 'mynet', plugins: [{type: 'bridge', json: {}}]};
  const parts = {bootId: 'boot', bundle: '/bundle', netns, config, steps: [], leases: []};
  return {version: 1, ...attachment, ...parts, created, state: 'done'} as never;
}

function write(...made: readonly records.AttachmentRecord[]): void {
  for (const record of made) {
    records.makeContainerDir(state, record.containerId);
    records.writeRecord(state, record);
  }
}

test('a record comes back as it was written', () => {
  const undo = [{op: 'address.delete', netns: 'host', link: 'cni0', address: '10.1.0.1/24'}] as const;
  const record = {
    ...recordOf(c1),
    steps: [{kind: 'own', undo}] as const,
    result: {interfaces: [], ips: [], routes: [], dns: {}},
  };
  write(record);
  expect(records.recordsOf(state, 'c1')).toEqual([record]);
  expect(records.findRecord(state, c1)).toEqual(record);
});

test('a record is replaced as a whole: nothing is left beside it', () => {
  write(recordOf(c1), {...recordOf(c1), state: 'planned'});
  expect(readdirSync(`${state}/containers/c1`)).toEqual(['mynet:eth0.json']);
  expect(records.findRecord(state, c1)?.state).toBe('planned');
});

test('records are for root alone', () => {
  write(recordOf(c1));
  const modes = ['containers', 'containers/c1', 'containers/c1/mynet:eth0.json'].map(
    path => statSync(`${state}/${path}`).mode,
  );
  expect(modes.every(mode => (mode & 0o077) === 0)).toBe(true);
});

test('each of the three parts makes another record, and each plugin that was called on its own', () => {
  const changes = [{}, {network: 'other'}, {ifName: 'eth1'}, {containerId: 'c2'}, {plugin: 'bridge'}];
  const others = changes.map(change => ({...c1, ...change}));
  write(...others.map(key => recordOf(key)));
  expect(records.allRecords(state)).toHaveLength(others.length);
  for (const key of others) expect(records.findRecord(state, key)).toMatchObject(key);
});

test('the records of a container come oldest first', () => {
  write(
    recordOf({...c1, ifName: 'eth0'}, '2026-11-20T12:00:00.002Z'),
    recordOf({...c1, ifName: 'eth1'}, '2026-11-20T12:00:00.001Z'),
    recordOf({...c1, ifName: 'eth2'}, '2026-11-20T12:00:00.003Z'),
  );
  expect(records.recordsOf(state, 'c1').map(({ifName}) => ifName)).toEqual(['eth1', 'eth0', 'eth2']);
});

describe('what is not there', () => {
  test('is no error', () => {
    expect(records.recordsOf(state, 'c1')).toEqual([]);
    expect(records.allRecords(state)).toEqual([]);
    expect(records.knownContainers(state)).toEqual([]);
    expect(records.findRecord(state, c1)).toBeUndefined();
    expect(records.readNetworkRecord(state, 'mynet')).toBeUndefined();
    expect(records.knownNetworks(state)).toEqual([]);
    expect(records.hasContainerDir(state, 'c1')).toBe(false);
    expect(() => records.dropRecord(state, c1)).not.toThrow();
    expect(() => records.dropNetworkRecord(state, 'mynet')).not.toThrow();
  });
});

test.each(['', '{', 'null', '[]', '7', '{"version": 1}', '{"version": 2}', '\0\0'])(
  'a file that holds %j counts as none',
  content => {
    write(recordOf({...c1, ifName: 'eth1'}));
    writeFileSync(`${state}/containers/c1/mynet:eth0.json`, content);
    expect(records.recordsOf(state, 'c1').map(({ifName}) => ifName)).toEqual(['eth1']);
  },
);

test.each<object>([
  {containerId: 7},
  {state: 'half'},
  {netns: {}},
  {netns: {path: '/x', inode: 'many'}},
  {process: 'no'},
  {process: {pid: 7}},
  {leases: [3]},
  {steps: [null]},
  {steps: [{kind: 'own'}]},
  {steps: [{kind: 'own', undo: [{}]}]},
  {steps: [{kind: 'foreign'}]},
  {result: {}},
  {result: {interfaces: 7, ips: [], routes: []}},
  {result: {interfaces: [], ips: [{}], routes: []}},
  {config: {}},
  {config: {plugins: [{type: 'bridge'}]}},
])('a record in which %j was changed counts as none', change => {
  write({...recordOf(c1), process: {pid: 7, startTime: '9'}});
  expect(records.recordsOf(state, 'c1')).toHaveLength(1);
  writeFileSync(`${state}/containers/c1/mynet:eth0.json`, JSON.stringify({...recordOf(c1), ...change}));
  expect(records.recordsOf(state, 'c1')).toEqual([]);
});

test('a network has a record of its own', () => {
  const record = {version: 1, network: 'mynet', bootId: 'b', undo: []} as const;
  records.makeNetworksDir(state);
  records.writeNetworkRecord(state, record);
  writeFileSync(records.networkLockPath(state, 'mynet'), '');
  expect([records.readNetworkRecord(state, 'mynet'), records.knownNetworks(state)]).toEqual([record, ['mynet']]);
  expect(JSON.parse(readFileSync(`${state}/networks/mynet.json`, 'utf8'))).toEqual(record);
  records.dropNetworkRecord(state, 'mynet');
  expect(records.knownNetworks(state)).toEqual([]);
});
