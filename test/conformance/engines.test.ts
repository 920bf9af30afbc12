// The executable holds two engines (decision 16). Whichever runs a hook or a plugin, the answer is the same to the letter, and
// so is what it leaves in the kernel and on the disk; but for what is drawn by lot, and for the time.
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns, type Outcome, type RunOptions} from '../host.ts';
import {inNetns, linkPlugins, makeNetns, netnsPath, pluginDir, sh} from './plugins.ts';

interface Side {
  readonly host: Host;
  readonly engine: Readonly<Record<string, string>>;
  /** The container of the hooks. */
  readonly container: Netns;
}

let sides: readonly Side[] = [];

const openSide = async (engine: Side['engine']): Promise<Side> => {
  const host = await createHost();
  await linkPlugins(host, ['bridge', 'ptp', 'macvlan', 'loopback', 'host-local', 'static']);
  await sh(host, makeNetns('c1'), 'ip link add up0 type bridge', 'ip link set up0 up');
  for (const [name, network] of Object.entries(networks)) host.write(`/etc/cni/net.d/${name}.conflist`, network);
  for (const [name, script] of Object.entries(foreign)) host.write(`${pluginDir}/${name}`, `#!/bin/sh\n${script}\n`);
  await sh(
    host,
    `chmod +x ${Object.keys(foreign)
      .map(name => `${pluginDir}/${name}`)
      .join(' ')}`,
  );
  return {host, engine, container: await host.netns()};
};

const ipam = {type: 'host-local', subnet: '10.1.0.0/24', routes: [{dst: '0.0.0.0/0'}]};
const bridge = {cniVersion: '1.1.0', name: 'web', type: 'bridge', bridge: 'br0', isGateway: true, ipMasq: true, ipam};

/** What a plugin is to get as it stands: JavaScript prints these numbers in another way. */
const odd = '"a":1.0,"b":[12345678901234567890,-0,1e3],"c":"\\ud800 ü </\\u0000"';
const networks = {
  '10-web': {
    cniVersion: '1.0.0',
    name: 'web',
    plugins: [
      {...bridge, name: undefined},
      {type: 'portmap', capabilities: {portMappings: true}},
      {type: 'tuning', mtu: 1400},
      {type: 'bandwidth', ingressRate: 1e6, ingressBurst: 1e6},
    ],
  },
  '20-told': `{"cniVersion":"1.0.0","name":"told","plugins":[{"type":"tells",${odd}}]}`,
  '30-fails': {cniVersion: '1.0.0', name: 'fails', plugins: [{type: 'fails'}]},
  '40-killed': {cniVersion: '1.0.0', name: 'killed', plugins: [{type: 'killed'}]},
  '50-torn': '{"cniVersion":"1.0.0","name":"torn","plugins":[\n{"type":}]}',
};
const foreign = {
  tells: `{ cat; echo; grep '^Sig[BI]' /proc/self/status; ls /proc/self/fd; env | sed '/ENGINE\\|NETNS/d' | sort; } >>/run/told
    [ $CNI_COMMAND != ADD ] || echo '{"cniVersion":"1.0.0","ips":[{"address":"10.9.0.2/24"}],"x":1.0}'`,
  fails: `printf 'two\\nlines \\377\\200"' >&2; echo '{"cniVersion":"1.0.0","code":99,"msg":"no","details":"way"}'; exit 1`,
  killed: 'kill -9 $$',
};

beforeAll(async () => {
  sides = await Promise.all([openSide({}), openSide({CNI_HOOK_ENGINE: 'bun'})]);
});

afterAll(async () => {
  await Promise.all(sides.map(({host}) => host.close()));
});

/** What there is, without what comes by itself, and without what has the time in it. */
const looked = [
  'ip -o link | sed "s/<.*mtu/mtu/; s/state .*//"',
  'ip -o -4 address',
  'ip -4 route show table all | sed "s/ linkdown//"',
];
const look = [
  ...looked,
  ...looked.map(command => `${inNetns('c1')} ${command}`),
  'nft list ruleset',
  'mkdir -p /run/cni-hook /var/lib/cni',
  "files=$(find /run/cni-hook /var/lib/cni -type f ! -name '*.lock' ! -name stamp ! -name host.json ! -name netns | sort)",
  'for file in $files; do echo "$file"; sed \'s/^{"time":"[^"]*"//; s/,"phases":.*//\' "$file"; echo; done',
].join('\n');

/** Does it on both, and expects of both the same answer and the same host. Returns the answer. */
async function same(work: (side: Side) => Promise<Outcome>): Promise<Outcome> {
  const seen = await Promise.all(
    sides.map(async side => {
      const outcome = await work(side);
      return {outcome, text: comparable(side, {...outcome, seen: (await sh(side.host, look)).split('\n')})};
    }),
  );
  const [quickjs, bun] = seen;
  expect(quickjs?.text).toBe(bun?.text);
  return quickjs?.outcome ?? {exitCode: -1, stdout: '', stderr: ''};
}

/** Names, MACs and salts go by the order in which they come; times, processes and inodes by what they are. */
function comparable({container}: Side, seen: object): string {
  const met: string[] = [];
  const numbered = (word: string) => `<${met.includes(word) ? met.indexOf(word) : met.push(word) - 1}>`;
  return JSON.stringify(seen, undefined, 1)
    .replaceAll(new RegExp(`(/proc/|pid(?: |\\\\":))${container.pid}\\b`, 'g'), '$1PID')
    .replaceAll(/\\"(created|startTime|inode|device|ended)\\":(\\".*?\\"|\d+)/g, '$1')
    .replaceAll(/\b\d+:\d+:\d+:\d+\.\d+/g, 'FILE')
    .replaceAll(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\b(?:veth|bwp)[0-9a-f]{8,12}\b|\b[0-9a-f]{16,64}\b/g, numbered);
}

const plugin =
  (type: string, verb: string, conf: object | string, env: RunOptions['env'] = {}) =>
  ({host, engine}: Side): Promise<Outcome> =>
    host.run(`${pluginDir}/${type}`, [], {
      input: typeof conf === 'string' ? conf : JSON.stringify(conf),
      env: {...engine, CNI_COMMAND: verb, CNI_PATH: pluginDir, ...(isOfHost(verb) ? {} : attachment), ...env},
    });

const isOfHost = (verb: string): boolean => ['VERSION', 'STATUS', 'GC'].includes(verb);
const attachment = {CNI_CONTAINERID: 'c1', CNI_NETNS: netnsPath('c1'), CNI_IFNAME: 'eth0'};

test('one engine needs ld.so, and the other does not', async () => {
  const traced = sides.map(({host, engine}) =>
    host.run(executable, ['plugin', 'bridge'], {env: {...engine, LD_TRACE_LOADED_OBJECTS: '1'}}),
  );
  const [quickjs, bun] = await Promise.all(traced);
  expect(quickjs).toMatchObject({stdout: '', stderr: expect.stringMatching(/^CNI plugin bridge/)});
  expect(bun).toMatchObject({stdout: expect.stringMatching(/libc\.so/), stderr: ''});
});

test.each<[type: string, conf: object]>([
  ['bridge', bridge],
  ['ptp', {...bridge, type: 'ptp'}],
  ['macvlan', {...bridge, type: 'macvlan', master: 'up0'}],
  ['loopback', {...bridge, type: 'loopback', ipam: undefined}],
  ['host-local', bridge],
  ['static', {...bridge, ipam: {type: 'static', addresses: [{address: '10.1.0.9/24'}], dns: {search: ['a.b']}}}],
])('every verb of %s', async (type, conf) => {
  const {exitCode, stdout} = await same(plugin(type, 'ADD', conf));
  expect(exitCode).toBe(0);
  const checked = await Promise.all(sides.map(side => plugin(type, 'ADD', conf)(side)));
  const previous = new Map(sides.map((side, i) => [side, JSON.parse(checked[i]?.stdout ?? stdout)]));
  await same(side => plugin(type, 'CHECK', {...conf, prevResult: previous.get(side)})(side));
  await same(plugin(type, 'CHECK', {...conf, prevResult: {cniVersion: '1.1.0', interfaces: [{name: 'eth9'}]}}));
  for (const verb of ['VERSION', 'STATUS', 'GC', 'DEL', 'DEL', 'CHECK', 'NONE']) await same(plugin(type, verb, conf));
});

const broken: readonly [what: string, conf: object | string, env?: RunOptions['env']][] = [
  ['nothing', ''],
  ['torn', '{"cniVersion":\n"1.0.0",,}'],
  ['no object', '[]'],
  ['a mark in front', '\ufeff{}'],
  ['no name', {...bridge, name: undefined}],
  ['a version to come', {...bridge, cniVersion: '9.0.0'}],
  ['no number', JSON.stringify(bridge).replace('true', '1.')],
  ['a number that is none of it', JSON.stringify(bridge).replace('{', '{"mtu":1.25e1,')],
  ['a number as it is not printed', JSON.stringify(bridge).replace('{', '{"mtu":14.00e2,"vlan":-0,')],
  ['a number in words', {...bridge, mtu: '1400'}],
  ['a subnet that is none', {...bridge, ipam: {...ipam, subnet: '10.1.0.0/33'}}],
  ['a foreign IPAM plugin that is not there', {...bridge, ipam: {type: 'nowhere'}}],
  ['a range that is too small', {...bridge, ipam: {...ipam, rangeStart: '10.1.0.9', rangeEnd: '10.1.0.3'}}],
  ['half a character', {...bridge, bridge: 'br\ud800'}],
  ['what nests deeply', `${'['.repeat(3000)}${']'.repeat(3000)}`],
  ['a verb without its variables', bridge, {CNI_IFNAME: '', CNI_NETNS: ''}],
  ['a name that is none', bridge, {CNI_IFNAME: 'eth/0'}],
  ['a netns that is not there', bridge, {CNI_NETNS: '/nowhere'}],
  ['a file for a netns', bridge, {CNI_NETNS: '/etc/hostname'}],
  ['arguments that nobody knows', bridge, {CNI_ARGS: 'IP=10.1.0.7;X=1'}],
];

test.each(broken)('a plugin that is given %s', async (_what, conf, env = {}) => {
  for (const verb of ['ADD', 'DEL']) await same(plugin('bridge', verb, conf, env));
});

const hook =
  (name: string, state: (side: Side) => object | string, flags: readonly string[] = []) =>
  (side: Side): Promise<Outcome> =>
    side.host.hook(name, state(side), flags, {env: side.engine});

const stateOf =
  (annotations: Readonly<Record<string, string>>) =>
  ({container}: Side): object =>
    creating('c1', container.pid, annotations);

const wishes = {
  'io.cni-hook.networks': 'web,told',
  'io.cni-hook.ports': '8080:80,5353:53/udp',
  'io.cni-hook.ip': '10.1.0.77',
  'io.cni-hook.hostname': 'here',
  'io.cni-hook.aliases': 'there,everywhere',
  'io.cni-hook.dns': '192.0.2.53',
  'io.cni-hook.keep-ip': '5m',
};

test('a container that is attached, found attached, planned for and taken back', async () => {
  const state = stateOf(wishes);
  expect(await same(hook('createRuntime', state, ['--dry-run']))).toMatchObject({exitCode: 0});
  expect(await same(hook('createRuntime', state))).toMatchObject({exitCode: 0, stdout: '', stderr: ''});
  expect(await same(hook('createRuntime', state))).toMatchObject({exitCode: 0});
  await same(hook('poststop', () => stopped('c1')));
  await Promise.all(sides.map(({container}) => container.end()));
  expect(await same(hook('poststop', () => stopped('c1')))).toMatchObject({exitCode: 0, stdout: '', stderr: ''});
  expect(sides[0]?.host.read('/run/told')).toContain(`{"type":"tells",${odd}`);
  sides = await Promise.all(sides.map(async side => ({...side, container: await side.host.netns()})));
});

const refused: readonly [what: string, state: (side: Side) => object | string, flags?: readonly string[]][] = [
  ['nothing', () => ''],
  ['no id', () => ({pid: 1})],
  ['a pid that is no number', () => ({id: 'c1', pid: '7'})],
  ['a container of the host', () => creating('c1', 1)],
  ['an annotation with a slip', stateOf({'io.cni-hook.port': '80:80'})],
  ['ports that are none', stateOf({'io.cni-hook.ports': '80:http'})],
  ['a network that is not there', stateOf({'io.cni-hook.networks': 'wed'})],
  ['a network that is torn', stateOf({'io.cni-hook.networks': 'torn'})],
  ['a plugin that fails', stateOf({'io.cni-hook.networks': 'web,fails'})],
  ['a plugin that is killed', stateOf({'io.cni-hook.networks': 'killed'})],
  ['a flag that nobody knows', stateOf({}), ['--strickt']],
  ['no time', stateOf({}), ['--timeout', '0']],
  ['a directory that is a file', stateOf({}), ['--state-dir', '/etc/hostname']],
];

test.each(refused)('a hook that is given %s', async (_what, state, flags = []) => {
  await same(hook('createRuntime', state, flags));
  await same(hook('poststop', state, flags));
});
