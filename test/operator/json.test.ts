// What every command answers with --json, on hosts of several kinds, is as its schema in docs/schemas says. The schemas
// allow no key that they do not name, so what is not documented fails here.
import {readdirSync, readFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import Ajv2020, {type AnySchemaObject} from 'ajv/dist/2020.js';
import {stateDir, useCliHost} from '../e2e/cli-host.ts';
import {bridgeNetwork, classic} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {ownUsrShare} from '../front/tree.ts';
import {executable} from '../host.ts';

jest.setTimeout(120_000);

const {host, cli, attach, end} = useCliHost();
const sh = (script: string) => host().must('sh', ['-ec', script]);
const namesIn = (place: string, ending: string): readonly string[] =>
  readdirSync(new URL(`../../${place}`, import.meta.url)).map(name => name.slice(0, -ending.length));

const schemas = namesIn('docs/schemas', '.schema.json').map(name => {
  const text = readFileSync(new URL(`../../docs/schemas/${name}.schema.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as AnySchemaObject;
});
const ajv = new Ajv2020.default({strict: true, allErrors: true, schemas});
const validated = new Set<string>();

/** The answer, which must be as the schema of that name says. */
function expectValid(name: string, answer: unknown): void {
  const validate = ajv.getSchema(`${name}.schema.json`);
  if (!validate) throw new Error(`docs/schemas/${name}.schema.json is not there`);
  const isValid = validate(answer);
  expect({answer, errors: isValid ? null : validate.errors}).toEqual({answer, errors: null});
  validated.add(name);
}

/** Runs a command that must end with this exit code, and says what it is. */
async function ask(exitCode: number, ...args: readonly string[]): Promise<unknown> {
  const outcome = await cli(...args, '--json');
  expect({args, exitCode: outcome.exitCode, stderr: outcome.stderr}).toEqual({args, exitCode, stderr: ''});
  return JSON.parse(outcome.stdout);
}

async function answers(...args: readonly string[]): Promise<unknown> {
  const answer = await ask(0, ...args);
  expectValid(args[0] ?? '', answer);
  return answer;
}

/** The same for a command that finds something, and exits with 1. */
async function finds(...args: readonly string[]): Promise<unknown> {
  const answer = await ask(1, ...args);
  expectValid(args[0] ?? '', answer);
  return answer;
}

beforeAll(() => ownUsrShare(host()));

test('every command has a schema, and every schema a command', () => {
  const commands = namesIn('src/cli/commands', '.ts');
  expect(schemas.map(({$id}) => $id)).toEqual([...commands, 'error'].sort().map(name => `${name}.schema.json`));
});

test('what no command says is refused', () => {
  const port = {container: 'c1', addresses: [], published: ['80'], marks: []};
  const graph = {host: 'h', uplinks: [], bridges: [], elsewhere: [port]};
  expect(ajv.validate('graph.schema.json', graph)).toBe(false);
  expect(ajv.validate('graph.schema.json', {...graph, elsewhere: [{...port, published: []}]})).toBe(true);
  expect(ajv.validate('ls.schema.json', [{network: 'n', containerId: 'c', more: 1}])).toBe(false);
});

test('on an empty host', async () => {
  await sh('rm -r /etc/cni/net.d; mkdir /etc/cni/net.d');
  for (const command of ['ls', 'networks', 'logs', 'gc', 'repair', 'graph', 'metrics', 'plugins'])
    await answers(command);
  await finds('doctor');
  await finds('hooks', 'status');
  for (const shell of ['bash', 'zsh', 'fish']) await answers('completion', shell);
});

test('with containers that live, that have ended, and that lost what they had', async () => {
  await attach('c1');
  const ended = await attach('c2');
  await end(ended);
  await attach('c3');
  host().write(`${stateDir}/containers/c4/mynet:eth0.json`, '{');
  const published = await host().netns();
  const annotations = {'io.cni-hook.ports': '8080:80,127.0.0.1:53:53/udp'};
  const state = creating('c5', published.pid, annotations);
  expect(await host().hook('createRuntime', state)).toMatchObject({exitCode: 0});
  expect(await answers('ls')).toMatchObject([
    {state: 'alive', published: []},
    {state: 'dead'},
    {state: 'alive'},
    {state: 'unreadable'},
    {state: 'alive', published: ['8080:80/tcp', '127.0.0.1:53:53/udp']},
  ]);
  for (const id of ['c1', 'c2', 'c4', 'c5']) await answers('inspect', id);
  await answers('graph');
  await answers('networks');
  await answers('logs');
  await answers('metrics');
  await answers('gc', '--dry-run');
  await sh('nft delete table inet cni-hook; ip address flush dev cnibr0');
  const found = (await finds('repair', '--dry-run')) as readonly unknown[];
  expect(found.length).toBeGreaterThanOrEqual(4);
  expect(await finds('doctor')).toMatchObject({level: 'error'});
  expect(await answers('repair')).toContainEqual(expect.objectContaining({outcome: 'mended'}));
  expect(await answers('gc')).toContainEqual(expect.objectContaining({outcome: 'taken back'}));
  expect(await answers('repair', '--dry-run')).toEqual([]);
  await published.end();
});

test('of an attachment by hand', async () => {
  const container = await host().netns();
  const netns = `/proc/${container.pid}/ns/net`;
  const own = {...classic, cniVersion: '1.1.0', name: 'own', plugins: ownPlugins} as const;
  host().write('/etc/cni/net.d/20-own.conflist', own);
  host().write('/etc/cni/net.d/30-unchecked.conflist', {...own, name: 'unchecked', disableCheck: true});
  expect(await answers('status', 'own')).toMatchObject({outcome: 'available'});
  expect(await answers('status', 'mynet')).toMatchObject({outcome: 'unknown'});
  await answers('add', 'own', netns, '--dry-run');
  await answers('add', 'own', netns);
  await answers('add', 'unchecked', netns, '--ifname', 'eth1');
  expect(await answers('check', 'own', netns)).toMatchObject({outcome: 'checked'});
  expect(await answers('check', 'unchecked', netns, '-i', 'eth1')).toMatchObject({outcome: 'disabled'});
  await answers('del', 'own', netns, '--dry-run');
  await answers('del', 'own', netns);
  await answers('del', 'unchecked', netns, '-i', 'eth1', '--force');
  await container.end();
});

test('of files', async () => {
  await sh('mkdir -p /run/bundle; cd /run/bundle; runc spec');
  await answers('wire', '/run/bundle', '--dry-run');
  expect(await answers('wire', '/run/bundle', '--network', 'mynet')).toMatchObject({changed: true});
  expect(await answers('wire', '/run/bundle', '--network', 'mynet')).toMatchObject({changed: false});
  expect(await answers('unwire', '/run/bundle')).toMatchObject({changed: true});
  await answers('hooks', 'install', '--dir', '/run/hooks.d');
  await answers('hooks', 'status', '--dir', '/run/hooks.d');
  host().write('/run/hooks.d/a-broken.json', '{');
  host().write('/run/hooks.d/b-gone.json', {
    version: '1.0.0',
    hook: {path: '/nowhere'},
    when: {always: true},
    stages: ['poststop'],
  });
  await finds('hooks', 'status', '--dir', '/run/hooks.d');
  await answers('hooks', 'remove', '--dir', '/run/hooks.d');
  expect(await answers('validate')).toEqual([]);
  host().write('/etc/cni/net.d/40-broken.conflist', '{"name": "broken",\n "plugins": [}');
  host().write('/etc/cni/net.d/50-strange.conflist', bridgeNetwork('strange', 'br0', {ipam: {type: 'nothing'}}));
  expect(await finds('validate')).toEqual(expect.arrayContaining([expect.objectContaining({line: 2})]));
  await answers('networks');
});

test('a log that is followed is one entry a line', async () => {
  await attach('c1');
  const {stdout} = await host().run('sh', ['-c', `timeout 2 ${executable} logs -f --json`]);
  const lines = stdout.split('\n').map(line => JSON.parse(line) as unknown);
  expect(lines).toMatchObject([{event: 'createRuntime', id: 'c1'}]);
  expectValid('logs', lines);
});

const failures: readonly (readonly [number, string])[] = [
  [1, 'inspect nobody'],
  [1, 'check mynet nobody'],
  [1, 'add nowhere /proc/1/ns/net'],
  [1, 'add mynet /run/no-netns'],
  [1, 'status nowhere'],
  [1, 'unwire /run/no-bundle'],
  [1, 'add mynet /proc/1/ns/net --timeout soon'],
  [2, 'ls --nothing'],
  [2, 'graph --format picture'],
  [2, 'lst'],
  [2, 'inspect'],
];

test.each(failures)('a failure, %i: %s', async (exitCode, words) => {
  expectValid('error', await ask(exitCode, ...words.split(' ')));
});

afterAll(() => expect([...validated].sort()).toEqual([...namesIn('docs/schemas', '.schema.json')].sort()));

const ownPlugins = [
  {
    type: 'bridge',
    bridge: 'own0',
    isGateway: true,
    ipam: {type: 'host-local', subnet: '10.77.0.0/24', routes: [{dst: '0.0.0.0/0'}]},
    dns: {nameservers: ['10.77.0.1']},
  },
];
