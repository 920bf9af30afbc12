// Published ports carry packets: from outside, from the host itself, from the container and from its neighbours, over TCP and
// UDP and both families, whether or not bridges pass packets to the rules.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {hostAsSeen, type Outside, outside} from '../fixtures/outside.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {askAll, converse, serve, type Target, until} from '../fixtures/talk.ts';
import {createHost, type Host, type Netns} from '../host.ts';

jest.setTimeout(120_000);

const subnets = [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]];
const ipam = {type: 'host-local', ranges: subnets, routes: [{dst: '0.0.0.0/0'}, {dst: '::/0'}]};
const onBridge = {type: 'bridge', bridge: 'cnibr1', isGateway: true, ipMasq: true, ipam};
const onPair = {type: 'ptp', ipMasq: true, ipam};
const passing = ['net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables'];

let host: Host;
let away: Outside;
beforeEach(async () => {
  host = await createHost();
  away = await host.addOutside();
});
afterEach(() => host.close());

/** Starts a container with a server "ID" on port 80. */
async function start(id: string, ports: string): Promise<Netns> {
  const container = await host.netns();
  const outcome = await host.hook('createRuntime', creating(id, container.pid, {'io.cni-hook.ports': ports}));
  expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
  await serve(host, id, 80, container.pid);
  return container;
}

function define(plugin: object, portmap: object = {}): void {
  const plugins = [plugin, {type: 'portmap', capabilities: {portMappings: true}, ...portmap}];
  host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'mynet', plugins});
}

async function setPassing(value: '0' | '1'): Promise<boolean> {
  const outcome = await host.run('sysctl', ['-qw', ...passing.map(key => `${key}=${value}`)]);
  if (outcome.exitCode !== 0) process.stdout.write(`not tried with ${passing[0]}=${value}: no such sysctl here\n`);
  return outcome.exitCode === 0;
}

const both = (addresses: readonly string[], port: number): readonly Target[] =>
  addresses.flatMap(address => (['tcp', 'udp'] as const).map(protocol => ({protocol, address, port})));

describe.each([
  {plugin: onBridge, passes: '1'},
  {plugin: onBridge, passes: '0'},
  {plugin: onPair, passes: '1'},
] as const)('behind $plugin.type, with bridge-nf-call $passes,', ({plugin, passes}) => {
  test('everybody who should gets through', async () => {
    if (!(await setPassing(passes)) && passes === '1' && plugin === onBridge) return;
    define(plugin);
    const web = await start('web', '8080:80/tcp,8080:80/udp');
    const neighbour = await start('neighbour', '8081:80');
    const own = [hostAsSeen.v4, hostAsSeen.v6];

    // The outside is seen as what it is.
    expect(await askAll(host, both(own, 8080), away.pid)).toEqual([
      `web ${outside.v4}`,
      `web ${outside.v4}`,
      `web ${outside.v6}`,
      `web ${outside.v6}`,
    ]);
    const gateways = ['10.1.0.1', 'fd00:1::1'];
    for (const [from, addresses] of [
      [undefined, ['127.0.0.1', '127.8.0.1', ...own, ...gateways]],
      [web.pid, [...own, ...gateways]],
      [neighbour.pid, [...own, ...gateways]],
    ] as const) {
      const targets = both(addresses, 8080);
      const answers = await askAll(host, targets, from);
      expect(answers.map(answer => answer.split(' ')[0])).toEqual(targets.map(() => 'web'));
    }
    // The kernel lets nothing come back to ::1: it is refused, and nobody waits.
    expect(await askAll(host, [{address: '::1', port: 8080}])).toEqual(['nobody']);
    expect(await askAll(host, [{address: hostAsSeen.v4, port: 8081}], away.pid)).toEqual([`neighbour ${outside.v4}`]);
  });
});

test('an address of the host restricts a port to it', async () => {
  define(onBridge);
  const {v4, v6} = hostAsSeen;
  await start('local', '127.0.0.1:8080:80');
  await start('outer', `${v4}:8080:80,[${v6}]:8080:80`);
  await start('four', '0.0.0.0:8084:80');
  await start('six', '[::]:8086:80');
  const asked: readonly Target[] = [
    {address: '127.0.0.1', port: 8080},
    {address: '10.1.0.1', port: 8080},
    {address: v4, port: 8080},
    {address: v6, port: 8080},
    {address: 'fd00:1::1', port: 8080},
    {address: v4, port: 8084},
    {address: v6, port: 8084},
    {address: v4, port: 8086},
    {address: v6, port: 8086},
  ];
  const names = (answers: readonly string[]) => answers.map(answer => answer.split(' ')[0]);
  const shared = ['outer', 'outer', 'nobody', 'four', 'nobody', 'nobody', 'six'];
  expect(names(await askAll(host, asked))).toEqual(['local', 'nobody', ...shared]);
  expect(names(await askAll(host, asked.slice(2), away.pid))).toEqual(shared);
});

test('"snat" false shows every address as it is, "masqAll" none', async () => {
  define(onBridge, {snat: false});
  await start('plain', '8080:80');
  define(onBridge, {masqAll: true});
  await start('hidden', '8081:80');
  const asked = [8080, 8081].map(port => ({address: hostAsSeen.v4, port}));
  expect(await askAll(host, asked, away.pid)).toEqual([`plain ${outside.v4}`, 'hidden 10.1.0.1']);
  expect(await askAll(host, asked)).toEqual([`plain ${hostAsSeen.v4}`, 'hidden 10.1.0.1']);
  expect(
    await askAll(
      host,
      [8080, 8081].map(port => ({address: '127.0.0.1', port})),
    ),
  ).toEqual(['nobody', 'hidden 10.1.0.1']);
});

test('conditions in nft’s words hold, and iptables’ are refused', async () => {
  define(onBridge, {conditionsV4: ['ip', 'saddr', outside.v4]});
  await start('guarded', '8080:80');
  expect(await askAll(host, both([hostAsSeen.v4, hostAsSeen.v6], 8080).slice(0, 1), away.pid)).toEqual([
    `guarded ${outside.v4}`,
  ]);
  // No condition for IPv6.
  expect(await askAll(host, [{address: hostAsSeen.v6, port: 8080}], away.pid)).toEqual([`guarded ${outside.v6}`]);
  expect(await askAll(host, [{address: hostAsSeen.v4, port: 8080}])).toEqual(['nobody']);

  // Nothing would come back to ::1, so it is left alone here too.
  define(onBridge, {conditionsV6: ['meta', 'l4proto', 'tcp']});
  await start('six', '8082:80');
  await serve(host, 'own', 8082, undefined, '::1');
  const onSix = [hostAsSeen.v6, '::1'].map(address => ({address, port: 8082}));
  expect(await askAll(host, onSix)).toEqual(['six fd00:1::1', 'own ::1']);

  define(onBridge, {conditionsV4: ['-s', '192.0.2.2']});
  const another = await host.netns();
  const refused = await host.hook('createRuntime', creating('c2', another.pid, {'io.cni-hook.ports': '8081:80'}));
  expect(refused).toMatchObject({exitCode: 1, stderr: expect.stringMatching(/"conditionsV4".*"external": true/)});
});

test.each([
  {family: 'IPv4', address: hostAsSeen.v4},
  {family: 'IPv6', address: hostAsSeen.v6},
])('a client that keeps its UDP socket reaches the next container behind the same port, $family', async ({address}) => {
  define(onBridge);
  const first = await host.netns();
  const annotations = {'io.cni-hook.ports': '5353:80/udp'};
  expect(await host.hook('createRuntime', creating('echo', first.pid, annotations))).toMatchObject({exitCode: 0});
  const server = await serve(host, 'first', 80, first.pid);
  const talk = await converse(host, {address, port: 5353}, away.pid);
  await until(() => talk.answered().at(-1) === 'first');

  await server.end();
  await first.end();
  expect(await host.hook('poststop', stopped('echo'))).toMatchObject({exitCode: 0});
  const second = await host.netns();
  expect(await host.hook('createRuntime', creating('echo', second.pid, annotations))).toMatchObject({exitCode: 0});
  await serve(host, 'second', 80, second.pid);
  await until(() => talk.answered().at(-1) === 'second');
  expect(talk.answered()).toEqual(['first', 'second']);
  await talk.end();
});

test('SCTP is led to the container, as far as its first packet', async () => {
  define(onBridge);
  const container = await host.netns();
  const state = creating('web', container.pid, {'io.cni-hook.ports': '9900:80/sctp'});
  expect(await host.hook('createRuntime', state)).toMatchObject({exitCode: 0});
  // Not every kernel has SCTP sockets: a raw one takes the packet as it comes.
  await host.must('sh', ['-c', 'perl -e "$1" >/mnt/sctp 2>&1 &', 'sh', receiveSctp], {netnsOf: container.pid});
  await until(async () => {
    await host.must('perl', ['-e', sendSctp, hostAsSeen.v4, '9900'], {netnsOf: away.pid});
    return host.read('/mnt/sctp') !== '';
  });
  expect(host.read('/mnt/sctp')).toBe(`${outside.v4} 80`);
});

const receiveSctp = `
use Socket;
socket(S, PF_INET, SOCK_RAW, 132) or die $!;
recv(S, my $packet, 2000, 0);
printf "%s %d", inet_ntoa(substr($packet, 12, 4)), unpack("n", substr($packet, 22, 2));
`;

/** An INIT chunk (RFC 9260, 3.3.2): with a wrong checksum the kernel takes it for no flow, and translates nothing. */
const sendSctp = `
use Socket;
my ($address, $port) = @ARGV;
my $init = pack("CCnNNnnN", 1, 0, 20, 7, 65535, 1, 1, 1);
my $crc = 0xffffffff;
for my $byte (unpack("C*", pack("nnNN", 5555, $port, 0, 0) . $init)) {
  $crc ^= $byte;
  $crc = $crc & 1 ? ($crc >> 1) ^ 0x82f63b78 : $crc >> 1 for 1 .. 8;
}
socket(S, PF_INET, SOCK_RAW, 132) or die $!;
send(S, pack("nnNV", 5555, $port, 0, $crc ^ 0xffffffff) . $init, 0, sockaddr_in(0, inet_aton($address))) or die $!;
`;

test('nobody gets to the host’s own loopback by way of an interface that it was opened for', async () => {
  define(onBridge);
  const web = await start('web', '8080:80');
  expect(await host.must('cat', ['/proc/sys/net/ipv4/conf/cnibr1/route_localnet'])).toBe('1');
  const secret = await serve(host, 'secret', 9999, undefined, '127.0.0.1');
  // Its own lo is down and has no address.
  await host.must('ip', ['route', 'add', '127.0.0.1', 'via', '10.1.0.1', 'dev', 'eth0'], {netnsOf: web.pid});
  await host.must('sysctl', ['-qw', 'net.ipv4.conf.eth0.route_localnet=1'], {netnsOf: web.pid});
  const asked = [{address: '127.0.0.1', port: 9999}];
  expect(await askAll(host, asked, web.pid)).toEqual(['nobody']);
  // It is our rule that keeps it out, and not this test's own clumsiness.
  await host.must('nft', ['flush', 'chain', 'inet', 'cni-hook', 'ports-loopback']);
  expect(await askAll(host, asked, web.pid)).toEqual(['secret 10.1.0.2']);
  await secret.end();
});
