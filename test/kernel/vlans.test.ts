// VLANs of one bridge against the kernel, from the first container to a host that is as it was; and a kernel that has none.
import {spawnSync} from 'node:child_process';
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns} from '../host.ts';

jest.setTimeout(60_000);

const vlanNetwork = (name: string, vlan: number, subnet: string, settings: object = {}) =>
  bridgeNetwork(name, 'cnibr1', {vlan, isGateway: true, ipam: {type: 'host-local', subnet}, ...settings});
const trunk = {vlanTrunk: [{minID: 200, maxID: 202}]};

const probe = ['ip', 'link', 'add', 'probe', 'type', 'bridge', 'vlan_filtering', '1'];
const knowsVlans = spawnSync('test/private-host', probe).status === 0;
if (!knowsVlans) process.stdout.write('the bridges of this kernel know no VLANs: their test is skipped\n');
const [where, whereNot] = knowsVlans ? [test, test.skip] : [test.skip, test];

let host: Host;
beforeEach(async () => {
  host = await createHost();
});
afterEach(() => host.close());

const attach = (id: string, {pid}: Netns, network: string) =>
  host.hook('createRuntime', creating(id, pid), ['--network', network]);
const pings = async (from: Netns, to: string): Promise<boolean> =>
  (await from.run('ping', ['-c', '1', '-W', '1', to])).exitCode === 0;
const vlansOfPorts = async (): Promise<Readonly<Record<string, readonly object[]>>> => {
  const ports = JSON.parse(await host.must('bridge', ['-j', 'vlan', 'show'])) as {ifname: string; vlans: object[]}[];
  return Object.fromEntries(ports.map(({ifname, vlans}) => [ifname, vlans]));
};

where('two VLANs of one bridge: apart, sound, mended, and gone', async () => {
  host.write('/etc/cni/net.d/10.conflist', vlanNetwork('hundred', 100, '10.1.0.0/24', trunk));
  host.write('/etc/cni/net.d/20.conflist', vlanNetwork('seven', 7, '10.2.0.0/24'));
  const before = await host.snapshot();
  const [one, two] = [await host.netns(), await host.netns()];
  expect(await attach('c1', one, 'hundred')).toEqual({exitCode: 0, stdout: '', stderr: ''});
  const own = [{vlan: 100, flags: ['PVID', 'Egress Untagged']}, ...[200, 201, 202].map(vlan => ({vlan}))];
  expect(Object.values(await vlansOfPorts())).toContainEqual(own);
  expect(await attach('c2', two, 'seven')).toEqual({exitCode: 0, stdout: '', stderr: ''});
  await two.run('ip', ['address', 'add', '10.1.0.99/24', 'dev', 'eth0']);
  expect([await pings(one, '10.1.0.1'), await pings(two, '10.2.0.1'), await pings(two, '10.1.0.2')]).toEqual([
    true,
    true,
    false,
  ]);
  await two.run('ip', ['address', 'delete', '10.1.0.99/24', 'dev', 'eth0']);
  const {findings} = JSON.parse((await host.run(executable, ['doctor', '--json'])).stdout) as {
    findings: {level: string}[];
  };
  expect(findings.filter(({level}) => level === 'error')).toEqual([]);

  const [port = ''] = Object.entries(await vlansOfPorts()).find(([, vlans]) => vlans.length === own.length) ?? [];
  await host.must('bridge', ['vlan', 'delete', 'dev', port, 'vid', '100']);
  expect(await pings(one, '10.1.0.1')).toBe(false);
  expect(await host.run(executable, ['repair'])).toMatchObject({exitCode: 0});
  expect([await pings(one, '10.1.0.1'), (await vlansOfPorts())[port]]).toEqual([true, own]);

  for (const [id, container] of Object.entries({c1: one, c2: two})) {
    await container.end();
    expect(await host.hook('poststop', stopped(id))).toMatchObject({exitCode: 0});
  }
  await host.must(executable, ['gc', '--networks']);
  expect((await host.snapshot()).links).toEqual(before.links);
});

whereNot('a kernel whose bridges know no VLANs is told of, and nothing is left', async () => {
  host.write('/etc/cni/net.d/10.conflist', vlanNetwork('hundred', 100, '10.1.0.0/24', trunk));
  const [before, container] = [await host.snapshot(), await host.netns()];
  const {exitCode, stderr} = await attach('c1', container, 'hundred');
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    'cannot make bridge "cnibr1": Operation not supported: the bridges of this kernel know no VLANs',
  );
  expect(await host.snapshot()).toEqual(before);
});
