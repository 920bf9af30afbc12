// Network files: a list, or one plugin that becomes a list of one.
import {expect, test} from '@jest/globals';
import {parseNetworkList, parseSingleNetwork} from '../../../src/spec/network.ts';

const bridge = {type: 'bridge', bridge: 'cni0', unknown: [1]};

test('a list keeps every plugin as it stands in the file', () => {
  const loopback = {type: 'loopback'};
  expect(parseNetworkList({cniVersion: '1.0.0', name: 'n', plugins: [bridge, loopback]}, '/f').network).toMatchObject({
    name: 'n',
    cniVersion: '1.0.0',
    plugins: [
      {type: 'bridge', json: bridge},
      {type: 'loopback', json: loopback},
    ],
    file: '/f',
  });
});

test('one plugin becomes a list of one', () => {
  const json = {cniVersion: '0.3.1', name: 'n', ...bridge};
  expect(parseSingleNetwork(json, '/f')).toMatchObject({
    name: 'n',
    cniVersion: '0.3.1',
    plugins: [{type: 'bridge', json}],
    file: '/f',
  });
});

test('without a version it is the oldest', () => {
  expect(parseNetworkList({name: 'n', plugins: [bridge]}, '/f').network.cniVersion).toBe('0.1.0');
  expect(parseSingleNetwork({name: 'n', ...bridge}, '/f').cniVersion).toBe('0.1.0');
});

test.each([
  [{plugins: [bridge]}, 'the network has no "name"'],
  [{name: '../x', plugins: [bridge]}, 'network name "../x" is not allowed'],
  [{name: 'n', plugins: []}, '/f: "plugins" is empty'],
  [{name: 'n', loadOnlyInlinedPlugins: 'TRUE'}, '/f: "loadOnlyInlinedPlugins" without "plugins"'],
  [{name: 'n', plugins: [bridge], disableGC: 'maybe'}, '/f: "disableGC" must be true or false, got "maybe"'],
  [{name: 'n', plugins: {}}, '/f: "plugins" must be a list, got {}'],
  [{name: 'n', plugins: [{}]}, '/f, "plugins"[0]: the plugin has no "type"'],
  [
    {name: 'n', plugins: [bridge, {type: '../../bin/sh'}]},
    '/f, "plugins"[1]: plugin type "../../bin/sh" may not hold a "/"',
  ],
])('%j is refused', (json, message) => {
  expect(() => parseNetworkList(json, '/f')).toThrow(message);
  expect(() => parseNetworkList(json, '/f')).toThrow(expect.objectContaining({code: 7}));
});

test.each([
  [{cniVersion: '0.4.0', cniVersions: ['0.3.1', '1.0.0']}, '1.0.0'],
  [{cniVersion: '1.0.0', cniVersions: ['0.4.0']}, '1.0.0'],
  [{cniVersions: ['9.0.0', '1.1.0']}, '1.1.0'],
  [{cniVersion: '0.4.0', cniVersions: []}, '0.4.0'],
])('of %j the version is %s', (versions, expected) => {
  expect(parseNetworkList({name: 'n', plugins: [bridge], ...versions}, '/f').network.cniVersion).toBe(expected);
});

test('a single plugin without a type is refused', () => {
  expect(() => parseSingleNetwork({name: 'n'}, '/f')).toThrow('/f: the plugin has no "type"');
});

test('addresses are kept for as long as "keepIP" says, or not at all', () => {
  const keepSeconds = (keepIP: string) =>
    parseNetworkList({name: 'n', plugins: [bridge], keepIP}, '/f').network.keepSeconds;
  expect([keepSeconds(''), keepSeconds('10m'), parseSingleNetwork({name: 'n', ...bridge}, '/f').keepSeconds]).toEqual([
    0, 600, 0,
  ]);
  expect(() => keepSeconds('forever')).toThrow('/f: "keepIP": "forever" is not a time');
});
