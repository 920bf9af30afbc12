// gc takes back nothing that we did not make, and nothing that a living container has, whatever has become of its record.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {callReference} from '../fixtures/reference.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';
import {collect, done, gateway, gc, leases, start, useNetwork} from './containers.ts';
import {expectHost, expectReach, settledSnapshot, until} from './settled.ts';

jest.setTimeout(60_000);

const ways = [{flags: []}, {flags: ['--networks']}];
const record = '/run/cni-hook/containers/c1/mynet:eth0.json';

let host: Host;
beforeEach(async () => {
  host = await createHost();
  useNetwork(host);
});
afterEach(() => host.close());

test.each(ways)('links, rules, leases, files and mounts of others stay: gc $flags', async ({flags: options}) => {
  const container = await start(host, 'c1');
  await expectReach(container, gateway);
  const commands = [
    'ip link add veth0123456789a type veth peer name veth0123456789b',
    "ip link set veth0123456789a alias 'cni-hookish mynet/c9/eth0'",
    "ip link add veth1 type veth peer name veth2; ip link set veth1 alias 'cni-hook mynet'; ip link set veth1 master cnibr0",
    'ip link add cni0 type bridge; ip link set cni0 up; ip address add 10.9.0.1/24 dev cni0',
    'ip link add br9 type bridge; ip link set br9 alias "cni-hook mynet/c9/eth0"',
    'nft add table inet other; nft add chain inet other masquerade-mynet2',
    'nft add table ip cni-hook; nft add chain ip cni-hook masquerade-mynet3',
    "nft add chain inet cni-hook mine; nft add rule inet cni-hook mine counter comment 'mine'",
    'iptables -t nat -N CNI-0123456789; iptables -t nat -A POSTROUTING -s 10.9.0.2 -j CNI-0123456789',
    'mkdir -p /run/netns /var/lib/cni/results /var/lib/cni/networks/other; touch /run/netns/x',
    `mount --bind /proc/${container.pid}/ns/net /run/netns/x`,
    'echo "{}" >/var/lib/cni/results/other-c9-eth0; echo hello >/var/lib/cni/networks/mynet/README',
    "printf 'c9\\r\\neth0' >/var/lib/cni/networks/other/10.9.0.2; touch /var/lib/cni/networks/other/notes",
    'echo text >/var/lib/cni/networks/a-file; mkdir /run/cni-hook/mine; echo x >/run/cni-hook/mine/file',
  ];
  await host.must('sh', ['-ec', commands.join('\n')]);
  const stranger = await callReference(host, 'ADD', 'c9', 'mynet', {type: 'host-local', subnet: '172.19.1.0/26'});
  expect(stranger).toMatchObject({exitCode: 0});
  const before = await settledSnapshot(host);
  expect(await gc(host, '--dry-run', ...options)).toEqual([]);
  expect(await gc(host, ...options)).toEqual([]);
  await expectHost(host, before);
});

test('a bridge that has a port of somebody else stays, and so does one that we did not make', async () => {
  await host.must('ip', ['link', 'add', 'cnibr0', 'type', 'bridge']);
  host.write('/etc/cni/net.d/20.conflist', bridgeNetwork('ours', 'cnibr1', {isGateway: true}));
  for (const network of ['mynet', 'ours']) await (await start(host, network, {}, [`--network=${network}`])).end();
  await host.must('sh', ['-ec', 'ip link add veth1 type veth peer name veth2; ip link set veth1 master cnibr1']);
  await collect(host, '--networks');
  const bridges = await host.must('ip', ['-br', 'link', 'show', 'type', 'bridge']);
  expect(bridges).toMatch(/cnibr0.*cnibr1/s);
  expect(await host.must('ip', ['-br', 'link', 'show', 'master', 'cnibr1'])).toContain('veth1');
});

test('a bridge of two networks goes with the second, whichever of them made it', async () => {
  host.write('/etc/cni/net.d/20.conflist', bridgeNetwork('second', 'cnibr0', {isGateway: true}));
  await (await start(host, 'c1')).end();
  const container = await start(host, 'c2', {}, ['--network=second']);
  await collect(host, '--networks');
  expect(await host.must('ip', ['-br', 'link', 'show', 'type', 'bridge'])).toContain('cnibr0');
  await container.end();
  await collect(host, '--networks');
  expect(await host.must('ip', ['-br', 'link', 'show', 'type', 'bridge'])).toBe('');
});

test.each(ways)(
  'a container that lives keeps what it has when its record is lost: gc $flags',
  async ({flags: options}) => {
    const container = await start(host, 'c1');
    await expectReach(container, gateway);
    await host.must('rm', ['-r', '/run/cni-hook/containers']);
    const before = await settledSnapshot(host);
    await gc(host);
    await expectHost(host, before);
    await expectReach(container, gateway);
    await host.must('rm', ['-r', '/run/cni-hook']);
    await gc(host, ...options);
    expect(await host.must('ip', ['-br', 'link', 'show', 'master', 'cnibr0'])).toContain('veth');
    expect(host.list(leases)).toContain('172.19.1.2');
    await expectReach(container, gateway);
  },
);

test('a network namespace that is held by a mount alone keeps its interface, with a record and without', async () => {
  const container = await start(host, 'c1');
  host.write('/run/netns/a name with spaces', '');
  await host.must('mount', ['--bind', `/proc/${container.pid}/ns/net`, '/run/netns/a name with spaces']);
  await container.end();
  const before = await settledSnapshot(host);
  expect(await gc(host)).toEqual([]);
  await expectHost(host, before);
  await host.must('rm', ['-r', '/run/cni-hook/containers']);
  expect(await gc(host)).toEqual([]);
  expect(await host.must('ip', ['-br', 'link', 'show', 'master', 'cnibr0'])).toContain('veth');
});

test('an interface whose record is lost goes with the last that holds its network namespace', async () => {
  const container = await start(host, 'c1');
  await host.must('rm', ['-r', '/run/cni-hook/containers']);
  // An open file holds it, which is nobody that could still use it.
  await host.must('sh', ['-c', `sh -c 'exec 9</proc/${container.pid}/ns/net; exec sleep 1000000' >/dev/null 2>&1 &`]);
  await container.end();
  expect(await collect(host)).toMatchObject([{kind: 'interface', containerId: 'c1'}]);
  expect(await host.must('ip', ['-br', 'link', 'show', 'master', 'cnibr0'])).toBe('');
});

test('a dead attachment goes, though the number of its network namespace has come again', async () => {
  await (await start(host, 'c1')).end();
  const ports = async () => host.must('ip', ['-br', 'link', 'show', 'master', 'cnibr0']);
  await until('the kernel has taken the pair away', async () => (await ports()) === '');
  const other = await host.netns();
  const inode = Number(await host.must('stat', ['-Lc', '%i', `/proc/${other.pid}/ns/net`]));
  const old = JSON.parse(host.read(record)) as {netns: object};
  host.write(record, {...old, netns: {...old.netns, inode}});
  expect(await collect(host)).toMatchObject([{kind: 'attachment', containerId: 'c1'}]);
  expect(host.list(leases)).not.toContain('172.19.1.2');
});

test('a network with a name so long that its chain has another keeps its rules', async () => {
  const name = 'n'.repeat(180);
  useNetwork(host, '172.19.1.0/26', {name});
  const container = await host.netns();
  expect(await host.hook('createRuntime', creating('c1', container.pid))).toEqual(done);
  const rules = await host.must('nft', ['list', 'ruleset']);
  expect(rules).toContain('masquerade comment');
  expect(await collect(host)).toEqual([]);
  expect(await host.must('nft', ['list', 'ruleset'])).toBe(rules);
  await container.end();
  await collect(host, '--networks');
  expect(await host.must('nft', ['list', 'ruleset'])).toBe('');
});

test('rules whose network nobody knows any more go', async () => {
  await (await start(host, 'c1')).end();
  await collect(host);
  await host.must('rm', ['-r', '/run/cni-hook/networks']);
  expect(await collect(host)).toMatchObject([{kind: 'rules'}]);
  expect(await host.must('nft', ['list', 'ruleset'])).toBe('');
});
