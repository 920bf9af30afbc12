// Which networks a container gets: flags, else its annotation, else the first of the conf dir; and as which interfaces.
import {writeFileSync} from 'node:fs';
import {expect, test} from '@jest/globals';
import {selectNetworks} from '../../../src/runtime/select.ts';
import {scratchDirectory} from '../../scratch.ts';

const confDir = scratchDirectory();
for (const name of ['a', 'b', 'c']) {
  writeFileSync(`${confDir}/${name}.conflist`, JSON.stringify({name, plugins: [{type: 'bridge'}]}));
}

const select = (flags: readonly string[], annotation?: string) =>
  selectNetworks(confDir, flags, annotation === undefined ? {} : {'io.cni-hook.networks': annotation})
    .map(({network, ifName}) => `${network.name}:${ifName}`)
    .join(' ');

test.each<[readonly string[], string | undefined, string]>([
  [[], undefined, 'a:eth0'],
  [[], '', 'a:eth0'],
  [[], ' , ', 'a:eth0'],
  [[], 'b', 'b:eth0'],
  [[], 'b,c', 'b:eth0 c:eth1'],
  [[], ' b , c:net9 ,a', 'b:eth0 c:net9 a:eth1'],
  [['c'], 'b', 'c:eth0'],
  [['c:eth0', 'b'], undefined, 'c:eth0 b:eth1'],
  [['b', 'c:eth0'], undefined, 'b:eth1 c:eth0'],
  [['b:eth1', 'c', 'a'], undefined, 'b:eth1 c:eth0 a:eth2'],
  [['a', 'a'], undefined, 'a:eth0 a:eth1'],
])('flags %j and annotation %j: %s', (flags, annotation, selected) => {
  expect(select(flags, annotation)).toBe(selected);
});

test.each([
  ['x', 'no network "x" in', 103],
  ['b,x', 'no network "x" in', 103],
  ['../a', 'network name "../a" is not allowed', 7],
  ['b:', 'interface name "" is not allowed: it is empty', 4],
  ['b:a/b', 'interface name "a/b" is not allowed', 4],
  ['b:x:y', 'interface name "x:y" is not allowed', 4],
  [':eth0', 'the network has no "name"', 7],
  [Array(101).fill('a').join(), '101 networks are too many for one container: 100 at the most', 7],
  ['b:eth0,c:eth0', 'two networks want the interface name "eth0": b:eth0, c:eth0', 7],
])('%j is refused', (annotation, message, code) => {
  expect(() => select([], annotation)).toThrow(message);
  expect(() => select(annotation.split(','))).toThrow(message);
  expect(() => select([], annotation)).toThrow(expect.objectContaining({code}));
});
