// The hook runs as root in a directory that somebody else wrote. Nothing that lies there may tell it what to do.
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import {bundleDir, forever} from '../fixtures/bundle.ts';
import {start} from '../fixtures/container.ts';
import {bridgeNetwork, classic} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';

jest.setTimeout(60_000);

const variables = [
  'CNI_PATH=/mnt/hostile/plugins',
  'NETCONFPATH=/mnt/hostile/net.d',
  'CNI_HOOK_STATE_DIR=/mnt/hostile/state',
  'CNI_HOOK_CACHE_DIR=/mnt/hostile/cache',
  'BUN_OPTIONS=--preload ./hostile.ts',
  'BUN_INSPECT=127.0.0.1:6499',
  'BUN_CONFIG_VERBOSE_FETCH=1',
  'BUN_BE_BUN=1',
  'NODE_OPTIONS=--require ./hostile.cjs',
].join('\n');

const mark = 'require("node:fs").writeFileSync("/mnt/hostile-ran", "")';
const hostile: Readonly<Record<string, string | object>> = {
  '.env': variables,
  '.env.local': variables,
  '.env.production': variables,
  '.env.development': variables,
  'bunfig.toml': 'preload = ["./hostile.ts"]\n[run]\nbun = true\n',
  'tsconfig.json': {compilerOptions: {baseUrl: '.', paths: {'*': ['./hostile.ts'], 'node:fs': ['./hostile.ts']}}},
  'package.json': {
    name: 'hostile',
    type: 'module',
    main: './hostile.ts',
    imports: {'#*': './hostile.ts'},
    bun: {preload: './hostile.ts'},
  },
  'hostile.ts': mark,
  'hostile.cjs': mark,
  'node_modules/bun/index.js': mark,
};

let host: Host;
beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  const ipam = {type: 'host-local', subnet: '10.66.0.0/24', dataDir: '/mnt/hostile/leases'};
  host.write('/mnt/hostile/net.d/10-hostile.conflist', bridgeNetwork('hostile', 'hostile0', {isGateway: true, ipam}));
});
afterAll(() => host.close());

test('what lies in the bundle has no effect on its hooks', async () => {
  for (const [name, content] of Object.entries(hostile)) host.write(`${bundleDir('c1')}/${name}`, content);
  const container = await start(host, 'runc', 'c1', {command: forever});
  expect(await container.addresses()).toEqual(['172.19.1.2/24']);
  await container.remove();
  expect(host.list('/mnt/hostile')).toEqual(['net.d']);
  expect(host.list('/mnt')).not.toContain('hostile-ran');
  expect(host.list('/run/cni-hook/containers')).toEqual([]);
});

test('the same variables in the environment of the runtime do have one', async () => {
  const container = await host.netns();
  const env = {NETCONFPATH: '/mnt/hostile/net.d', CNI_HOOK_STATE_DIR: '/mnt/hostile/state'};
  expect(await host.hook('createRuntime', creating('c2', container.pid), [], {env})).toMatchObject({exitCode: 0});
  expect((await container.run('ip', ['-o', '-4', 'address', 'show', 'dev', 'eth0'])).stdout).toContain('10.66.0.2/24');
  expect(host.list('/mnt/hostile')).toEqual(['leases', 'net.d', 'state']);
});
