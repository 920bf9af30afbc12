// portmap as a runtime calls it, in a chain behind bridge: what the suite asks of every plugin, of one that needs the result
// of another, and whose host ports no two containers can share.
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {createHost, type Host} from '../host.ts';
import {expectSame, look} from './look.ts';
import {
  type Answer,
  call,
  holdNetns,
  inNetns,
  type Json,
  linkPlugins,
  makeNetns,
  netnsPath,
  removeNetns,
  sh,
  succeed,
} from './plugins.ts';
import {problemOf, versions} from './result-form.ts';

const ipam = {type: 'host-local', ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]]};
const referenceDir = '/usr/lib/cni';
const common = {cniVersion: '1.1.0', name: 'net1'};
const bridge = {...common, type: 'bridge', bridge: 'br1', isGateway: true, ipam};
const published = (...portMappings: readonly object[]) => ({...common, type: 'portmap', runtimeConfig: {portMappings}});
const web = {hostPort: 8080, containerPort: 80, protocol: 'tcp'};
const conf = published(web, {hostPort: 5353, containerPort: 53, protocol: 'UDP', hostIP: '127.0.0.1'});
const of = (id: string) => ({CNI_CONTAINERID: id, CNI_NETNS: netnsPath(id)});

let host: Host;
let previous: Json;
beforeAll(async () => {
  host = await createHost();
  await linkPlugins(host, ['bridge', 'host-local', 'portmap']);
  // A neighbour is attached all the time, and nothing may touch it.
  await sh(host, makeNetns('neighbour'));
  const prevResult = await succeed(host, {type: 'bridge', verb: 'ADD', conf: bridge, env: of('neighbour')});
  const theirs = {...published({hostPort: 8081, containerPort: 80}), prevResult};
  await succeed(host, {type: 'portmap', verb: 'ADD', conf: theirs, env: of('neighbour')});
});
afterAll(() => host.close());
beforeEach(async () => {
  await sh(host, makeNetns('c1'));
  previous = await succeed(host, {type: 'bridge', verb: 'ADD', conf: bridge});
});
afterEach(async () => {
  await succeed(host, {type: 'portmap', verb: 'DEL', conf});
  await succeed(host, {type: 'bridge', verb: 'DEL', conf: bridge, env: {CNI_NETNS: ''}});
  await sh(host, removeNetns('c1'));
});

const add = (over: object = {}): Promise<Json> =>
  succeed(host, {type: 'portmap', verb: 'ADD', conf: {...conf, prevResult: previous, ...over}});
const tryAdd = (over: object, env = {}): Promise<Answer> =>
  call(host, {type: 'portmap', verb: 'ADD', conf: {...conf, prevResult: previous, ...over}, env});
const del = (over: object = {}, env = {}): Promise<Answer> =>
  call(host, {type: 'portmap', verb: 'DEL', conf: {...conf, ...over}, env});
const check = (over: object = {}): Promise<Answer> =>
  call(host, {type: 'portmap', verb: 'CHECK', conf: {...conf, prevResult: previous, ...over}});

test('ADD hands the result on, and with DEL leaves host and container as they were', async () => {
  const before = await look(host);
  expect(await add()).toEqual(previous);
  expect(await look(host)).not.toEqual(before);
  expect(await del({prevResult: previous})).toMatchObject({exitCode: 0});
  await expectSame(() => look(host), before);
});

test('ADD asked twice answers the same and changes nothing', async () => {
  await add();
  const before = await look(host);
  expect(await add()).toEqual(previous);
  await expectSame(() => look(host), before);
});

test('without ports ADD changes no rule', async () => {
  const before = await host.must('nft', ['list', 'ruleset']);
  for (const runtimeConfig of [{portMappings: []}, {}, undefined]) {
    expect(await add({runtimeConfig})).toEqual(previous);
    expect(await host.must('nft', ['list', 'ruleset'])).toBe(before);
    expect(await check({runtimeConfig})).toMatchObject({exitCode: 0});
    await del({runtimeConfig});
  }
});

test('DEL needs neither prevResult nor netns nor ports, and may come twice and for what never was', async () => {
  const before = await host.snapshot();
  expect(await del()).toMatchObject({exitCode: 0});
  for (const [over, env] of [
    [{}, {}],
    [{runtimeConfig: {}}, {CNI_NETNS: ''}],
    [{prevResult: previous}, {CNI_NETNS: '/mnt/netns/nowhere'}],
  ]) {
    await add();
    expect(await del(over, env)).toMatchObject({exitCode: 0});
    expect(await del(over, env)).toMatchObject({exitCode: 0});
    await expectSame(() => host.snapshot(), before);
  }
});

test('DEL takes everything back when the netns is gone, or is another one by now', async () => {
  const rules = () => host.must('nft', ['list', 'ruleset']);
  const before = await rules();
  await add();
  await sh(host, removeNetns('c1'));
  expect(await del()).toMatchObject({exitCode: 0});
  expect(await rules()).toBe(before);

  await sh(host, makeNetns('c1'));
  await succeed(host, {type: 'bridge', verb: 'DEL', conf: bridge, env: {CNI_NETNS: ''}});
  previous = await succeed(host, {type: 'bridge', verb: 'ADD', conf: bridge});
  await add();
  await sh(host, holdNetns('c1'), removeNetns('c1'), makeNetns('c1'), `${inNetns('c1')} ip link set lo up`);
  expect(await del()).toMatchObject({exitCode: 0});
  expect(await rules()).toBe(before);
  await sh(host, removeNetns('c1-held'));
});

test.each(versions.filter(version => version >= '0.3.0'))('the result is one of version %s', async cniVersion => {
  const asked = {...bridge, cniVersion};
  await succeed(host, {type: 'bridge', verb: 'DEL', conf: bridge});
  const prevResult = await succeed(host, {type: 'bridge', verb: 'ADD', conf: asked});
  const result = await add({cniVersion, prevResult});
  expect(problemOf(result, cniVersion)).toBeUndefined();
  expect(result).toEqual(prevResult);
  const checked = await check({cniVersion, prevResult: result});
  expect(checked).toMatchObject(cniVersion >= '0.4.0' ? {exitCode: 0} : {exitCode: 1, json: {code: 1}});
  expect(await del({cniVersion, prevResult: result})).toMatchObject({exitCode: 0});
});

describe('a result that tells less than ours:', () => {
  const ips = () => previous.ips.map(({address}: Json) => ({address}));

  test.each([
    {what: 'no interface', interfaces: () => undefined},
    {what: 'the host’s end alone', interfaces: () => [previous.interfaces[1]]},
  ])('$what, and the host is asked where the container is', async ({interfaces}) => {
    const before = await look(host);
    const prevResult = {...previous, ips: ips(), interfaces: interfaces()};
    await add({prevResult});
    expect(await host.must('nft', ['list', 'set', 'inet', 'cni-hook', 'ports-near4'])).toMatch(
      /10\.1\.0\.\d+ \. "br1"/,
    );
    expect(await check({prevResult})).toMatchObject({exitCode: 0});
    await sh(host, 'sysctl -qw net.ipv4.conf.br1.route_localnet=0');
    expect(await check({prevResult})).toMatchObject({
      exitCode: 1,
      json: {msg: expect.stringMatching(/route_localnet/)},
    });
    await sh(host, 'sysctl -qw net.ipv4.conf.br1.route_localnet=1');
    expect(await del()).toMatchObject({exitCode: 0});
    await expectSame(() => look(host), before);
  });

  test('no port of a bridge in the second place', async () => {
    await host.run('sysctl', ['-qw', 'net.bridge.bridge-nf-call-iptables=1']);
    const [br, port, inside] = previous.interfaces;
    const prevResult = {...previous, interfaces: [port, br, inside]};
    expect(await tryAdd({prevResult})).toMatchObject({exitCode: 0});
    expect(await check({prevResult})).toMatchObject({exitCode: 0});
  });
});

test('STATUS says that an ADD would succeed', async () => {
  const status = published(web);
  expect(await call(host, {type: 'portmap', verb: 'STATUS', conf: status})).toMatchObject({exitCode: 0});
});

describe('when something is changed behind its back,', () => {
  test.each([
    {what: 'the rules', commands: 'nft flush ruleset', says: /rules for published ports.*8080\/tcp/},
    {what: 'a port', commands: 'nft delete element inet cni-hook ports-all4 { tcp . 8080 }', says: /8080\/tcp/},
    {
      what: 'a port of one address',
      commands: 'nft delete element inet cni-hook ports-exact4 { 127.0.0.1 . udp . 5353 }',
      says: /127\.0\.0\.1:5353\/udp/,
    },
    {what: 'one chain', commands: 'nft flush chain inet cni-hook ports-source', says: /rules for published ports/},
    {what: 'loopback', commands: 'sysctl -qw net.ipv4.conf.br1.route_localnet=0', says: /route_localnet/},
  ])('CHECK names it, and DEL does without it: $what', async ({commands, says}) => {
    const {stdout: kept} = await host.run('nft', ['list', 'ruleset']);
    await add();
    expect(await check()).toMatchObject({exitCode: 0});
    await sh(host, commands);
    expect(await check()).toMatchObject({exitCode: 1, json: {code: 108, msg: expect.stringMatching(says)}});
    expect(await del()).toMatchObject({exitCode: 0});
    await sh(host, 'nft flush ruleset', 'sysctl -qw net.ipv4.conf.br1.route_localnet=1');
    await host.must('nft', ['-f', '-'], {input: kept});
  });

  test('DEL does without a port that somebody has taken from its bridge', async () => {
    await host.run('sysctl', ['-qw', 'net.bridge.bridge-nf-call-iptables=1']);
    await add();
    await sh(host, `ip link set ${previous.interfaces[1].name} nomaster`);
    expect(await del()).toMatchObject({exitCode: 0});
  });

  test('CHECK bears with what others have', async () => {
    await add();
    await sh(host, 'nft add table inet somebody', `${inNetns('c1')} ip address add 10.77.0.1/24 dev eth0`);
    expect(await check()).toMatchObject({exitCode: 0});
    await sh(host, 'nft delete table inet somebody');
  });
});

test.each([
  {what: 'no result before it', over: {prevResult: undefined}, code: 7, says: /list "portmap" after/},
  {what: 'a port of 0', over: published({...web, hostPort: 0}), code: 7, says: /"hostPort" must be.*from 1 to 65535/},
  {what: 'a port too high', over: published({...web, containerPort: 65536}), code: 7, says: /"containerPort"/},
  {what: 'another protocol', over: published({...web, protocol: 'icmp'}), code: 7, says: /"protocol".*"icmp"/},
  {what: 'no address', over: published({...web, hostIP: 'here'}), code: 7, says: /here/},
  {what: 'the same twice', over: published(web, web), code: 7, says: /8080\/tcp is published twice/},
  {what: 'the loopback of IPv6', over: published({...web, hostIP: '::1'}), code: 7, says: /::1.*127\.0\.0\.1/},
  {what: 'a backend', over: {backend: 'ipvs'}, code: 7, says: /"backend" must be iptables or nftables/},
  {what: 'a chain of iptables', over: {externalSetMarkChain: 'X'}, code: 2, says: /"externalSetMarkChain": "X"/},
  {what: 'words of iptables', over: {conditionsV6: ['!', '-s', 'fd00::1']}, code: 2, says: /"conditionsV6": "!"/},
  {what: 'more than a condition', over: {conditionsV4: ['accept; drop']}, code: 7, says: /"conditionsV4"/},
  {what: 'no condition', over: {conditionsV4: ['bogus', 'words']}, code: 100, says: /on condition "bogus words": nft/},
  {what: 'a bit that is none', over: {markMasqBit: 32}, code: 7, says: /"markMasqBit"/},
  {
    what: 'what another has',
    over: published({...web, hostPort: 8081}),
    code: 109,
    says: /"neighbour" of network "net1"/,
  },
])('ADD refuses $what, and nothing is left', async ({over, code, says}) => {
  const before = await look(host);
  const answer = await tryAdd(over);
  expect(answer).toMatchObject({exitCode: 1, json: {code, msg: expect.stringMatching(says)}});
  await expectSame(() => look(host), before);
});

test('of many who want one port at once one gets it, and the others are told that it is taken', async () => {
  const ids = Array.from({length: 8}, (_, i) => `c${i + 2}`);
  const results: Json[] = [];
  for (const id of ids) {
    await sh(host, makeNetns(id));
    results.push(await succeed(host, {type: 'bridge', verb: 'ADD', conf: bridge, env: of(id)}));
  }
  const asked = published({...web, hostPort: 8090});
  const answers = await Promise.all(
    ids.map((id, i) =>
      call(host, {type: 'portmap', verb: 'ADD', conf: {...asked, prevResult: results[i]}, env: of(id)}),
    ),
  );
  const codes = answers.map(({exitCode, json}) => (exitCode === 0 ? 0 : json.code));
  expect(codes.sort()).toEqual([0, ...Array<number>(ids.length - 1).fill(109)]);
  for (const id of ids) {
    await succeed(host, {type: 'portmap', verb: 'DEL', conf: asked, env: of(id)});
    await succeed(host, {type: 'bridge', verb: 'DEL', conf: bridge, env: of(id)});
    await sh(host, removeNetns(id));
  }
});

describe('GC', () => {
  test('takes what is not named, and nothing else', async () => {
    const gc = (...valid: readonly string[]) => {
      const named = valid.map(containerID => ({containerID, ifname: 'eth0'}));
      return call(host, {type: 'portmap', verb: 'GC', conf: {...conf, 'cni.dev/valid-attachments': named}});
    };
    const before = await host.snapshot();
    await add();
    const full = await host.snapshot();
    expect(await gc('c1', 'neighbour')).toMatchObject({exitCode: 0});
    await expectSame(() => host.snapshot(), full);
    expect(await gc('neighbour')).toMatchObject({exitCode: 0});
    await expectSame(() => host.snapshot(), before);
  });
});

describe('beside the reference,', () => {
  const theirs = (type: string, verb: 'ADD' | 'DEL', stdin: object) =>
    host.must(`${referenceDir}/${type}`, [], {
      env: {CNI_COMMAND: verb, CNI_PATH: referenceDir, CNI_IFNAME: 'eth0', ...of('c1')},
      input: JSON.stringify({...stdin, cniVersion: '1.0.0'}),
    });

  test('it publishes the ports of a container that the reference’s bridge attached', async () => {
    await succeed(host, {type: 'bridge', verb: 'DEL', conf: bridge});
    const prevResult = JSON.parse(await theirs('bridge', 'ADD', {...bridge, bridge: 'br2', name: 'net2'})) as Json;
    expect({dns: {}, ...(await add({cniVersion: '1.0.0', prevResult}))}).toEqual(prevResult);
    expect(await host.must('nft', ['list', 'set', 'inet', 'cni-hook', 'ports-near4'])).toContain('"br2"');
    expect(await host.must('cat', ['/proc/sys/net/ipv4/conf/br2/route_localnet'])).toBe('1');
    expect(await del({cniVersion: '1.0.0'})).toMatchObject({exitCode: 0});
    await theirs('bridge', 'DEL', {...bridge, bridge: 'br2', name: 'net2'});
    await sh(host, 'ip link delete br2');
  });

  test('the reference publishes the ports of a container that our bridge attached', async () => {
    const prevResult = {...previous, cniVersion: '1.0.0'};
    await theirs('portmap', 'ADD', {...conf, prevResult});
    expect(await host.must('iptables-save', ['-t', 'nat'])).toMatch(
      /--dport 8080 .*DNAT --to-destination 10\.1\.0\.\d+:80/,
    );
    await theirs('portmap', 'DEL', {...conf, prevResult});
  });
});
