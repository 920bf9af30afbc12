// One host, two runtimes: what a libcni program attached we check and delete, and the other way round. Real podman, where it
// is installed and has its CNI back-end, is in the front tests; here the reference's plugins are run as libcni runs them.
import {expect, test} from '@jest/globals';
import {isLease} from '../fixtures/networks.ts';
import {network, ourBridge, useChainHost} from './chain-host.ts';
import {type Attachment, fileOf, libcniAdd, libcniDel} from './libcni.ts';

const {host, snapshot, configure, cli, must, addNetns, deleteNetns} = useChainHost();

const external = {'cni-hook': {external: true}};
const ipam = {type: 'host-local', ranges: [[{subnet: '10.8.0.0/24'}]]};
const chain = [{...ourBridge, bridge: 'refbr8', ipam, ...external}, {type: 'firewall'}, {type: 'tuning', mtu: 1400}];
const text = JSON.stringify({cniVersion: '1.0.0', name: network, plugins: chain});
const attachmentAt = (netns: string): Attachment => ({network, containerId: 'other', ifName: 'eth0', netns});
const ours = ['--container-id', 'other'];
const leases = () =>
  host()
    .list(`/var/lib/cni/networks/${network}`)
    .filter(name => isLease(name));

/** The host as it is after this network's first container. */
async function standing(): Promise<unknown> {
  configure(chain);
  const netns = await addNetns('earlier');
  await libcniAdd(host(), text, attachmentAt(netns));
  await libcniDel(host(), attachmentAt(netns));
  await deleteNetns('earlier');
  return snapshot();
}

test('what libcni attached is checked and deleted, iptables rules and all', async () => {
  const before = await standing();
  const netns = await addNetns('n1');
  await libcniAdd(host(), text, attachmentAt(netns));
  // The cache knows the configuration, whatever has become of the file.
  configure([{type: 'nonsense'}]);
  expect(await cli(['check', network, netns, ...ours])).toEqual({exitCode: 0, stdout: '', stderr: ''});
  await host().must('ip', ['-n', 'n1', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:99']);
  expect(await cli(['check', network, netns, ...ours])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('"bridge" failed to CHECK'),
  });
  expect(await must('del', network, netns, ...ours)).toBe('');
  expect(host().list('/var/lib/cni/results')).toEqual([]);
  configure(chain);
  await deleteNetns('n1');
  expect(await snapshot()).toEqual(before);
});

test('what libcni attached is deleted by the id alone, its netns being in the cache', async () => {
  const before = await standing();
  const netns = await addNetns('n1');
  await libcniAdd(host(), text, attachmentAt(netns));
  expect(await must('del', network, 'other', '--dry-run')).toBe(
    ['tuning', 'firewall', 'bridge'].map(type => `# plugin "${type}" is called with DEL`).join('\n'),
  );
  await must('del', network, 'other');
  await deleteNetns('n1');
  expect(await snapshot()).toEqual(before);
});

test.each([
  ['torn', '{"kind":"cniCa'],
  ['empty', ''],
])('a cache file that is %s still lets the addresses go', async (_what, content) => {
  await standing();
  const netns = await addNetns('n1');
  await libcniAdd(host(), text, attachmentAt(netns));
  host().write(fileOf(attachmentAt(netns)), content);
  expect(leases()).toHaveLength(1);
  await must('del', network, netns, ...ours);
  expect(leases()).toEqual([]);
  await host().must('sh', ['-c', `rm -f ${fileOf(attachmentAt(netns))}`]);
});

test('a bare result of long ago is deleted by the configuration of the conf dir', async () => {
  const before = await standing();
  const netns = await addNetns('n1');
  const result = await libcniAdd(host(), text, attachmentAt(netns));
  host().write(fileOf(attachmentAt(netns)), result);
  await must('del', network, netns, ...ours);
  await deleteNetns('n1');
  expect(await snapshot()).toEqual(before);
});

test('what we attached libcni deletes by the cache, and we attach anew afterwards', async () => {
  // The reference's bridge of Debian 12 fails to take masquerading away that it did not set up itself.
  configure([{...ourBridge, ipMasq: false, ipam}, {type: 'firewall'}]);
  const earlier = await addNetns('earlier');
  await must('add', network, earlier);
  await must('del', network, earlier);
  await deleteNetns('earlier');
  const before = await snapshot();
  const netns = await addNetns('n1');
  const [first, again] = [await must('add', network, netns, ...ours), await must('add', network, netns, ...ours)];
  expect(again).toBe(first);
  await libcniDel(host(), attachmentAt(netns));
  expect(leases()).toEqual([]);
  expect((await host().run('ip', ['-n', 'n1', 'link', 'show', 'eth0'])).exitCode).not.toBe(0);
  expect(await must('add', network, netns, ...ours)).not.toBe(first);
  await must('check', network, netns, ...ours);
  await libcniDel(host(), attachmentAt(netns));
  await deleteNetns('n1');
  await must('gc');
  expect(await snapshot()).toEqual(before);
});

test('a result in the cache is in the version of the network, and the list is there byte for byte', async () => {
  const list = `{"cniVersion":"0.4.0",\n  "name": "${network}", "plugins": [{"type":"loopback", "x": 12345678901234567890}]}\n`;
  host().write(`/etc/cni/net.d/10-${network}.conflist`, list);
  const netns = await addNetns('n1');
  await must('add', network, netns, ...ours);
  const {config, result} = JSON.parse(host().read(fileOf(attachmentAt(netns)))) as {config: string; result: object};
  expect(Buffer.from(config, 'base64').toString()).toBe(list);
  expect(result).toMatchObject({cniVersion: '0.4.0', ips: [{version: '4', address: '127.0.0.1/8'}, {version: '6'}]});
});

test('a single configuration is cached as the list that libcni makes of it', async () => {
  const conf = {cniVersion: '1.0.0', name: 'single', type: 'loopback'};
  host().write('/etc/cni/net.d/20-single.conf', conf);
  const netns = await addNetns('n1');
  await must('add', 'single', netns, ...ours);
  const {config} = JSON.parse(host().read('/var/lib/cni/results/single-other-eth0')) as {config: string};
  expect(JSON.parse(Buffer.from(config, 'base64').toString())).toEqual({
    cniVersion: '1.0.0',
    name: 'single',
    plugins: [conf],
  });
  await must('del', 'single', netns, ...ours);
});
