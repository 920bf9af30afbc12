// tuning, bandwidth and macvlan with real runtimes: what the container sees, and that nothing is left when it has ended,
// whether it ended by itself or was killed.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bundleDir} from '../fixtures/bundle.ts';
import {start} from '../fixtures/container.ts';
import {createHost, type Host} from '../host.ts';

jest.setTimeout(60_000);

const ipam = {type: 'host-local', ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]]};
const networks = {
  shaped: [
    {type: 'bridge', bridge: 'cnibr1', isGateway: true, ipam},
    {type: 'bandwidth', ingressRate: 8_000_000, ingressBurst: 800_000, egressRate: 8_000_000, egressBurst: 800_000},
    {type: 'tuning', mtu: 1400, sysctl: {'net.core.somaxconn': '500'}},
  ],
  wired: [{type: 'macvlan', master: 'm0', ipam}],
};
const annotations = {'io.cni-hook.networks': 'shaped,wired:lan0'};
const shows =
  'cat /proc/sys/net/core/somaxconn; ip link show eth0; ip address show lan0; ping -c 1 -W 1 10.1.0.1 | grep transmitted';

let host: Host;
beforeEach(async () => {
  host = await createHost();
  await host.must('sh', ['-ec', 'ip link add m0 type veth peer name m1; ip link set m0 up; ip link set m1 up']);
  for (const [name, plugins] of Object.entries(networks)) {
    host.write(`/etc/cni/net.d/${name}.conflist`, {cniVersion: '1.0.0', name, plugins});
  }
  // What all containers of the networks share comes with the first and stays.
  host.bundle('first', {annotations, command: ['true']});
  await host.runc('run', '--bundle', bundleDir('first'), 'first');
});
afterEach(() => host.close());

const left = async () => ({
  links: await host.must('sh', [
    '-c',
    "ip -o link | sed 's/^[0-9]*: //; s/ .*//'; tc qdisc show | grep -c -e tbf -e ingress || :",
  ]),
  files: (await host.snapshot()).files,
});

test.each(['runc', 'crun'] as const)('%s: the container has them, and takes them along', async runtime => {
  const before = await left();
  host.bundle('c1', {annotations, command: ['sh', '-c', shows]});
  const {exitCode, stdout, stderr} = await host[runtime]('run', '--bundle', bundleDir('c1'), 'c1');
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
  expect(stdout).toMatch(/^500\n.* mtu 1400 .*[\s\S]*inet 10\.1\.0\.\d+\/24[\s\S]*1 packets received/);
  expect(await left()).toEqual(before);
});

test.each(['runc', 'crun'] as const)('%s: one that is killed leaves nothing either', async runtime => {
  const before = await left();
  await start(host, runtime, 'c1', {annotations});
  expect((await left()).links).toMatch(/bwp[0-9a-f]{12}:[\s\S]*\n3\n?$/);
  await host[runtime]('delete', '--force', 'c1');
  expect(await left()).toEqual(before);
});
