// libcni's cache: what we write is what libcni would have written, byte for byte, and what it wrote we read in every form
// that there is. The golden files were written by hand, by the rules that libcni follows.
import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {beforeEach, describe, expect, test} from '@jest/globals';
import {
  type Cached,
  cachePath,
  dropCached,
  formatCached,
  readCached,
  writeCached,
} from '../../src/runtime/libcni/result-cache.ts';
import {scratchDirectory} from '../scratch.ts';

const attachment = {network: 'mynet', containerId: 'c1', ifName: 'eth0'};

const full: Cached = {
  ...attachment,
  config: '{"name":"mynet"}',
  netns: '/run/netns/blue',
  args: 'IgnoreUnknown=1;K8S_POD_NAME=a',
  capabilityArgs: {portMappings: [{protocol: 'tcp', hostPort: 8080}], aliases: ['<web>']},
  result: {dns: {}, cniVersion: '1.0.0', ips: [{interface: 2, address: '10.1.0.2/24'}]},
};

const golden = [
  '{"kind":"cniCacheV1","containerId":"c1","config":"eyJuYW1lIjoibXluZXQifQ==","ifName":"eth0","networkName":"mynet"',
  '"netns":"/run/netns/blue","cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAME","a"]]',
  '"capabilityArgs":{"aliases":["\\u003cweb\\u003e"],"portMappings":[{"hostPort":8080,"protocol":"tcp"}]}',
  '"result":{"cniVersion":"1.0.0","dns":{},"ips":[{"address":"10.1.0.2/24","interface":2}]}}',
].join(',');

/** Without what is left out when there is none of it, as libcni before 1.2.0 wrote it. */
const bare =
  '{"kind":"cniCacheV1","containerId":"c1","config":"e30=","ifName":"eth0","networkName":"mynet","result":{}}';

const root = scratchDirectory();
let tests = 0;
let directory: string;
beforeEach(() => {
  directory = `${root}/${tests++}`;
  mkdirSync(`${directory}/results`, {recursive: true});
});

const put = (text: string, name = 'mynet-c1-eth0') => writeFileSync(`${directory}/results/${name}`, text);

describe('what is written', () => {
  test('is what libcni writes', () => {
    expect(formatCached(full)).toBe(golden);
    expect(formatCached({...full, config: '{}', netns: '', args: '', capabilityArgs: {}, result: {}})).toBe(bare);
  });

  test('lies where libcni looks for it, for root alone, and nothing lies beside it', () => {
    writeCached(directory, full);
    expect(readdirSync(`${directory}/results`)).toEqual(['mynet-c1-eth0']);
    expect(readFileSync(cachePath(directory, attachment), 'utf8')).toBe(golden);
    expect(statSync(cachePath(directory, attachment)).mode & 0o777).toBe(0o600);
    expect(readdirSync(`${directory}/cni-hook`)).toEqual([]);
  });

  test('takes the place of an older one of the same attachment', () => {
    put('{}');
    writeCached(directory, full);
    expect(readCached(directory, attachment)).toEqual(full);
  });

  test('spares the file of another attachment whose name comes out the same', () => {
    const other = {...full, network: 'a-b', containerId: 'c'};
    const ours = {...full, network: 'a', containerId: 'b-c'};
    writeCached(directory, other);
    writeCached(directory, ours);
    expect(readCached(directory, other)).toEqual(other);
    expect(readCached(directory, ours)).toBeUndefined();
    dropCached(directory, ours);
    expect(readCached(directory, other)).toEqual(other);
    dropCached(directory, other);
    expect(readdirSync(`${directory}/results`)).toEqual([]);
  });
});

describe('what is read', () => {
  test('is what libcni wrote', () => {
    put(golden);
    expect(readCached(directory, attachment)).toEqual(full);
  });

  test('lacks what an older libcni did not tell', () => {
    put(bare);
    expect(readCached(directory, attachment)).toEqual({
      ...attachment,
      config: '{}',
      netns: '',
      args: '',
      capabilityArgs: {},
      result: {},
    });
  });

  test('finds the netns in the result, where an older libcni did not tell it', () => {
    const interfaces = [{name: 'eth0'}, {name: 'eth0', sandbox: '/run/netns/red'}];
    put(bare.replace('"result":{}', `"result":${JSON.stringify({interfaces})}`));
    expect(readCached(directory, attachment)?.netns).toBe('/run/netns/red');
  });

  test('may be the bare result of long ago', () => {
    const result = {cniVersion: '0.2.0', ip4: {ip: '10.1.0.2/24'}};
    put(JSON.stringify(result));
    expect(readCached(directory, attachment)).toMatchObject({...attachment, config: '', result});
  });

  test.each([
    ['a file that is not there', undefined],
    ['an empty file, as a power cut leaves it', ''],
    ['a torn file', golden.slice(0, 100)],
    ['no object', '[]'],
    ['a file of another container', golden.replace('"c1"', '"c2"')],
    ['a file of another interface', golden.replace('"eth0"', '"eth1"')],
    ['a file of another network', golden.replace('"mynet"', '"other"')],
    ['a file with a result that is none', bare.replace('"result":{}', '"result":[]')],
  ])('of %s is nothing', (_what, text) => {
    if (text !== undefined) put(text);
    expect(readCached(directory, attachment)).toBeUndefined();
  });
});
