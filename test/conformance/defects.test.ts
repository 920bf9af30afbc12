// What is known to go wrong with the reference plugins, each shown not to happen here. The numbers are those that the
// project's list of these defects has.
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from '@jest/globals';
import {isLease} from '../fixtures/networks.ts';
import {hostAsSeen} from '../fixtures/outside.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';
import {expectSame, look} from './look.ts';
import {
  call,
  inNetns,
  type Json,
  linkPlugins,
  makeNetns,
  netnsPath,
  pluginDir,
  removeNetns,
  sh,
  succeed,
} from './plugins.ts';

const v4 = {subnet: '10.1.0.0/24'};
const v6 = {subnet: 'fd00:1::/64'};
const hostLocal = (...ranges: readonly object[]) => ({type: 'host-local', ranges: ranges.map(range => [range])});
const bridge = {
  cniVersion: '1.1.0',
  name: 'net1',
  type: 'bridge',
  bridge: 'br1',
  isDefaultGateway: true,
  ipMasq: true,
  ipam: hostLocal(v4, v6),
};
const directory = '/var/lib/cni/networks/net1';

let host: Host;
beforeAll(async () => {
  host = await createHost();
  await linkPlugins(host, ['bridge', 'host-local', 'loopback']);
});
afterAll(() => host.close());
beforeEach(() => sh(host, makeNetns('c1')));
afterEach(async () => {
  await sh(host, 'umount /proc/sys/net 2>/dev/null || :', removeNetns('c1'), 'ip link del br1 2>/dev/null || :');
  await host.must('nft', ['flush', 'ruleset']);
  await host.must('rm', ['-rf', '/run/cni-hook', '/var/lib/cni']);
});

const add = (conf: object, env = {}): Promise<Json> => succeed(host, {type: 'bridge', verb: 'ADD', conf, env});
const del = (conf: object, env = {}) => call(host, {type: 'bridge', verb: 'DEL', conf, env});
const leases = () => host.list(directory).filter(isLease);

test('V1: DEL after the netns is gone leaves no rule of the container', async () => {
  const conf = {...bridge, macspoofchk: true};
  await add(conf);
  await del(conf);
  await sh(host, removeNetns('c1'));
  const before = await host.snapshot();
  for (const netns of [netnsPath('c1'), '']) {
    await sh(host, makeNetns('c1'));
    await add(conf);
    await sh(host, removeNetns('c1'));
    expect(await del(conf, {CNI_NETNS: netns})).toMatchObject({exitCode: 0});
    await expectSame(() => host.snapshot(), before);
  }
});

test.each(['bridge', 'host-local'])('V2: GC of %s with an empty list takes everything', async type => {
  const conf = {...bridge, 'cni.dev/valid-attachments': []};
  await succeed(host, {type, verb: 'ADD', conf});
  expect(leases()).toHaveLength(2);
  await succeed(host, {type, verb: 'GC', conf});
  expect(leases()).toEqual([]);
  const {stdout} = await host.run('sh', ['-c', `${inNetns('c1')} ip -j link show eth0`]);
  expect(stdout).toBe('');
});

test('V2: GC leaves in the lease directory what it does not know, and what another runtime may call valid', async () => {
  const conf = {...bridge, ipam: hostLocal(v4), 'cni.dev/valid-attachments': [{containerID: 'old', ifname: 'eth0'}]};
  const files = {
    '10.1.0.20': 'old',
    '10.1.0.21': 'older',
    README: 'c9\r\neth0',
    lock: '',
    'last_reserved_ip.0': '10.1.0.21',
  };
  for (const [name, content] of Object.entries(files)) host.write(`${directory}/${name}`, content);
  await succeed(host, {type: 'host-local', verb: 'GC', conf});
  // Those of long ago name no interface: the id alone has to do.
  expect(host.list(directory)).toEqual(['10.1.0.20', 'README', 'last_reserved_ip.0', 'lock']);
});

test('V4: DEL of one interface leaves the masquerade of another of the same container and network', async () => {
  const outside = await host.addOutside();
  const second = {CNI_IFNAME: 'eth1'};
  await add(bridge);
  await add({...bridge, isDefaultGateway: false, isGateway: true}, second);
  expect(await del(bridge, second)).toMatchObject({exitCode: 0});
  const ask = (command: string, args: readonly string[]) =>
    host.must('nsenter', [`--net=${netnsPath('c1')}`, command, ...args]);
  expect(await outside.whoCalls(ask)).toBe(hostAsSeen.v4);
  expect(await outside.whoCalls(ask, 6)).toBe(hostAsSeen.v6);
  await outside.end();
});

test('V6: ADD and DEL open as many files with 2000 leases as with 10', async () => {
  const conf = {...bridge, ipam: hostLocal({subnet: '10.1.0.0/16'})};
  const opened = async (verb: 'ADD' | 'DEL', id: string): Promise<number> => {
    const env = {CNI_COMMAND: verb, CNI_CONTAINERID: id, CNI_NETNS: '/x', CNI_IFNAME: 'eth0', CNI_PATH: pluginDir};
    const args = ['-f', '-qq', '-e', 'trace=open,openat,stat,newfstatat,statx,readlink,getdents64', '-o', '/mnt/trace'];
    await host.must('strace', [...args, `${pluginDir}/host-local`], {env, input: JSON.stringify(conf)});
    return host
      .read('/mnt/trace')
      .split('\n')
      .filter(line => line.includes('/leases/') || line.includes(directory)).length;
  };
  const measured = [];
  for (const count of [10, 2000]) {
    await host.must('rm', ['-rf', directory]);
    for (let i = 0; i < count; i++) host.write(`${directory}/10.1.${1 + (i >> 8)}.${i & 255}`, `old${i}\r\neth0`);
    expect(leases()).toHaveLength(count);
    // The first comes to a directory that others have filled, and reads it.
    await opened('ADD', 'first');
    measured.push([await opened('ADD', 'c1'), await opened('DEL', 'c1')]);
  }
  const [few, many] = measured;
  expect(few?.every(calls => calls > 3)).toBe(true);
  expect(many).toEqual(few);
});

test('V7: an address whose file a crash has left empty is given out again, and freed', async () => {
  const conf = {...bridge, ipam: hostLocal({...v4, rangeStart: '10.1.0.2', rangeEnd: '10.1.0.2'})};
  await sh(host, `mkdir -p ${directory}`, `: >${directory}/10.1.0.2`);
  const {ips} = await add(conf);
  expect(ips).toMatchObject([{address: '10.1.0.2/24'}]);
  expect(await del(conf)).toMatchObject({exitCode: 0});
  expect(leases()).toEqual([]);
});

test.each(['bridge', 'host-local'])(
  'V8: an address asked for twice by one interface is reserved once: %s',
  async type => {
    const conf = {...bridge, runtimeConfig: {ips: ['10.1.0.9', 'fd00:1::9']}};
    const first = await succeed(host, {type, verb: 'ADD', conf});
    expect(await succeed(host, {type, verb: 'ADD', conf})).toEqual(first);
    expect(leases()).toEqual(['10.1.0.9', 'fd00:1::9']);
    const other = {...bridge, runtimeConfig: {ips: ['10.1.0.10']}};
    expect(await call(host, {type: 'host-local', verb: 'ADD', conf: other})).toMatchObject({exitCode: 1});
    expect(leases()).toEqual(['10.1.0.9', 'fd00:1::9']);
  },
);

test.each(['/proc/self/ns/net', '/proc/1/ns/net'])(
  'V9: a netns that is the host itself is refused before anything is done: %s',
  async path => {
    const before = await look(host);
    // One document on stdout is what call() insists on.
    const answer = await call(host, {type: 'bridge', verb: 'ADD', conf: bridge, env: {CNI_NETNS: path}});
    expect(answer).toMatchObject({exitCode: 1, json: {code: 4, msg: expect.stringContaining(path)}});
    expect(await look(host)).toEqual(before);
  },
);

test('V9: with CNI_NETNS_OVERRIDE it is done, and taken back', async () => {
  const env = {CNI_NETNS: '/proc/self/ns/net', CNI_NETNS_OVERRIDE: '1'};
  const conf = {...bridge, isDefaultGateway: false, ipMasq: false};
  const names = async () =>
    JSON.parse(await host.must('ip', ['-j', 'link']))
      .map(({ifname}: Json) => ifname)
      .filter((name: string) => name !== 'outside');
  await add(conf, env);
  expect((await names()).sort()).toEqual(['br1', 'eth0', 'lo', expect.stringMatching(/^veth/)]);
  expect(await del(conf, env)).toMatchObject({exitCode: 0});
  expect(await names()).toEqual(['lo', 'br1']);
});

test('V10: mtu, advmss, priority, table and scope of a route are in the kernel', async () => {
  const routes = [
    {dst: '10.9.0.0/16', mtu: 1300, advmss: 1200, priority: 77, table: 100},
    {dst: '10.8.0.0/16', scope: 200, priority: 5},
    {dst: 'fd00:9::/32', mtu: 1300, advmss: 1200, priority: 78, table: 101},
  ];
  await add({...bridge, ipam: {...bridge.ipam, routes}});
  const ip = async (...args: string[]): Promise<Json> =>
    JSON.parse(await host.must('nsenter', [`--net=${netnsPath('c1')}`, 'ip', '-j', ...args]));
  const options = (more: object) => expect.objectContaining({metrics: [{mtu: 1300, advmss: 1200}], ...more});
  expect(await ip('route', 'show', 'table', '100')).toEqual([options({dst: '10.9.0.0/16', metric: 77})]);
  expect(await ip('route', 'show', '10.8.0.0/16')).toMatchObject([{scope: 'site', metric: 5}]);
  expect(await ip('-6', 'route', 'show', 'table', '101')).toEqual([options({dst: 'fd00:9::/32', metric: 78})]);
});

test.each([
  {why: 'the last route', settings: {ipam: {...bridge.ipam, routes: [{dst: '10.9.0.0/16', gw: '192.168.9.9'}]}}},
  {why: 'an MTU', settings: {mtu: 67}},
  {
    why: 'the address of the bridge',
    settings: {},
    given: 'ip link add br1 type bridge; ip address add 10.1.0.77/24 dev br1',
  },
  {
    why: 'the second address',
    settings: {ipam: hostLocal(v4, {...v6, rangeStart: 'fd00:1::2', rangeEnd: 'fd00:1::2'})},
    given: `mkdir -p ${directory}; printf 'c9\\r\\neth0' >${directory}/fd00:1::2`,
  },
  {
    why: 'a sysctl that is not there',
    settings: {},
    given: 'mount -t tmpfs none /proc/sys/net',
  },
])('V11: an ADD that fails at $why leaves nothing', async ({settings, given = ':'}) => {
  await sh(host, given);
  const before = await look(host);
  const answer = await call(host, {type: 'bridge', verb: 'ADD', conf: {...bridge, ...settings}});
  expect(answer).toMatchObject({exitCode: 1});
  await expectSame(() => look(host), before);
});

test('V13: VERSION echoes, an error tells its version, and a foreign plugin is not handed "capabilities"', async () => {
  const {json} = await call(host, {type: 'bridge', verb: 'VERSION', conf: {cniVersion: '0.3.1'}});
  expect(json.cniVersion).toBe('0.3.1');
  const wrong = await call(host, {type: 'bridge', verb: 'ADD', conf: {...bridge, cniVersion: '0.3.1', mtu: 'high'}});
  expect(wrong.json).toMatchObject({cniVersion: '0.3.1', code: 7});

  const answer = JSON.stringify({cniVersion: '1.0.0', ips: [{address: '10.1.0.9/24', gateway: '10.1.0.1'}]});
  host.write(`${pluginDir}/asked`, `#!/bin/sh\ncat >/mnt/asked\nprintf '%s' '${answer}'\n`);
  await host.must('chmod', ['+x', `${pluginDir}/asked`]);
  const plugin = {type: 'bridge', bridge: 'br1', capabilities: {ips: true, mac: true}, ipam: {type: 'asked', keep: 1}};
  host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'net1', plugins: [plugin]});
  const container = await host.netns();
  const started = await host.hook('createRuntime', creating('c1', container.pid));
  expect(started).toEqual({exitCode: 0, stdout: '', stderr: ''});
  const {capabilities, ...rest} = plugin;
  expect(capabilities).toBeDefined();
  expect(JSON.parse(host.read('/mnt/asked'))).toEqual({...rest, cniVersion: '1.0.0', name: 'net1'});
  await container.end();
  expect(await host.hook('poststop', stopped('c1'))).toMatchObject({exitCode: 0});
});
