// Where things are: a flag wins over the environment, that over the settings file, that over the default.
// The file has a fixed path, so the layer that it makes is tested in a private host, in a program of its own.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {describe, expect, test} from '@jest/globals';
import {loadSettings, splitPath} from '../../../src/runtime/settings.ts';

const environment = {
  NETCONFPATH: '/env/net.d',
  CNI_PATH: '/env/bin:/env/bin2',
  CNI_HOOK_STATE_DIR: '/env/state',
  CNI_HOOK_CACHE_DIR: '/env/cache',
};

test('a flag wins over the environment, key by key', () => {
  expect(loadSettings({stateDir: '/flag/state', confDir: undefined}, environment)).toMatchObject({
    confDir: '/env/net.d',
    pluginDirs: ['/env/bin', '/env/bin2'],
    stateDir: '/flag/state',
    cacheDir: '/env/cache',
  });
});

test.each([
  [undefined, undefined],
  ['', undefined],
  [':', undefined],
  ['/a', ['/a']],
  ['/a::/b:', ['/a', '/b']],
])('the path %j is %j', (text, directories) => {
  expect(splitPath(text)).toEqual(directories);
});

const isRoot = process.getuid?.() === 0;
const withRoot = isRoot ? describe : describe.skip;
if (!isRoot) console.log('skipped: the settings file, because a private host needs root');

withRoot('the settings file', () => {
  const defaults = {
    confDir: '/etc/cni/net.d',
    pluginDirs: ['/opt/cni/bin'],
    stateDir: '/run/cni-hook',
    cacheDir: '/var/lib/cni',
    dataDir: '/var/lib/cni/networks',
    logLevel: 'info',
    timeout: 25,
  };

  test.each<[string, string, object]>([
    ['that is not there', '', defaults],
    ['that is empty of keys', '{}', defaults],
    [
      'wins over the default and loses against the environment',
      '{"confDir": "/file/net.d", "pluginDirs": ["/file/bin"], "dataDir": "/file/data", "stateDir": ""}',
      {...defaults, confDir: '/env/net.d', pluginDirs: ['/file/bin'], dataDir: '/file/data'},
    ],
    [
      'that says how much and how long',
      '{"logLevel": "error", "timeout": 5}',
      {...defaults, logLevel: 'error', timeout: 5},
    ],
    ['that says what may be asked for', '{"allow": {"networks": []}}', {...defaults, allow: {networks: []}}],
  ])('%s', (_what, file, expected) => {
    const environment = file.includes('confDir') ? {NETCONFPATH: '/env/net.d', CNI_PATH: ''} : {};
    expect(JSON.parse(loadIn(file, environment).stdout)).toEqual(expected);
  });

  test.each([
    ['{', '/etc/cni-hook/config.json:1:2: not valid JSON'],
    ['[]', '/etc/cni-hook/config.json: expected an object, got []'],
    ['{"stateDir": 1}', '/etc/cni-hook/config.json: "stateDir" must be a string, got 1'],
    ['{"allow": ["web"]}', '/etc/cni-hook/config.json, "allow": expected an object, got ["web"]'],
    ['{"allow": null}', '/etc/cni-hook/config.json: "allow" must be an object, got null'],
    ['{"alow": {}}', '/etc/cni-hook/config.json: there is no setting "alow": did you mean "allow"?'],
    ['{"permission": {}}', 'there is no setting "permission": there are confDir, pluginDirs, '],
    ['{"logLevel": "loud"}', 'there is no log level "loud": there are info, warning, error'],
    ['{"timeout": 0}', '"timeout" must be a whole number from 1 to 86400, got 0'],
    ['{"timeout": "5s"}', '"timeout" must be a whole number from 1 to 86400, got "5s"'],
    ['{"pluginDirs": "/x"}', '/etc/cni-hook/config.json: "pluginDirs" must be a list, got "/x"'],
  ])('%s is refused', (file, message) => {
    expect(loadIn(file, {}).stdout).toContain(message);
  });

  test.each([
    ['a link that leads nowhere', 'ln -s /no/such /etc/cni-hook/config.json', 'no such file'],
    ['a directory', 'mkdir /etc/cni-hook/config.json', 'directory'],
    ['a file in the place of its directory', 'rmdir /etc/cni-hook && touch /etc/cni-hook', 'not a directory'],
  ])('%s is not taken for none', (_what, make, reason) => {
    const {stdout} = loadAfter(`mkdir -p /etc/cni-hook && ${make}`, '', {});
    expect(stdout).toMatch(/^cannot read the settings "\/etc\/cni-hook\/config.json": /);
    expect(stdout).toContain(reason);
  });

  test('the schema is named, for editors', () => {
    expect(JSON.parse(loadIn('{"$schema": "x", "allow": {}, "allowedBy": "x"}', {}).stdout)).toMatchObject({allow: {}});
  });

  test('the schema knows the same keys, and the same defaults', () => {
    const {properties} = JSON.parse(readFileSync('config/settings.schema.json', 'utf8')) as {
      readonly properties: Readonly<Record<string, {readonly default?: unknown}>>;
    };
    const schema = Object.entries(properties).flatMap(([key, {default: value}]) =>
      value === undefined ? [] : [[key, value]],
    );
    expect(Object.fromEntries(schema)).toEqual({...defaults, pluginDirs: ['/opt/cni/bin']});
  });

  /** What loadSettings answers, or the message that it throws, where that file is in /etc. */
  function loadIn(file: string, environment: Readonly<Record<string, string>>) {
    const write = 'if [ -n "$1" ]; then mkdir -p /etc/cni-hook && printf %s "$1" > /etc/cni-hook/config.json; fi';
    return loadAfter(write, file, environment);
  }

  function loadAfter(make: string, file: string, environment: Readonly<Record<string, string>>) {
    const program = `
      import {loadSettings} from './src/runtime/settings.ts';
      try {
        console.log(JSON.stringify(loadSettings({}, ${JSON.stringify(environment)})));
      } catch (error) {
        console.log(error.message);
      }`;
    return spawnSync(
      'test/private-host',
      ['sh', '-c', `${make}; exec node_modules/.bin/bun -e "$2"`, 'sh', file, program],
      {encoding: 'utf8'},
    );
  }
});
