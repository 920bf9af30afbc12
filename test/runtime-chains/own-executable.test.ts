// A plugin of a chain may be our own executable under another name, run as a file: it works under the locks of who waits for it.
import {expect, test} from '@jest/globals';
import {isLease} from '../fixtures/networks.ts';
import {executable} from '../host.ts';
import {network, ourBridge, scriptDir, useChainHost} from './chain-host.ts';

const {host, snapshot, configure, must, addNetns, deleteNetns, script} = useChainHost();

const leases = () =>
  host()
    .list(`/var/lib/cni/networks/${network}`)
    .filter(name => isLease(name));

test.each([
  ['itself', 'bridge', `exec ${executable} plugin bridge`],
  ['by way of a plugin that hands on what it got', 'handing-on', `exec ${scriptDir}/bridge`],
])('%s', async (_what, type, body) => {
  await script('bridge', `exec ${executable} plugin bridge`);
  await script(type, body);
  configure([{...ourBridge, ipMasq: true, type, 'cni-hook': {external: true}}]);
  // ip(8) leaves a mount of its own behind.
  await addNetns('n1');
  await deleteNetns('n1');
  const before = await snapshot();
  const path = await addNetns('n1');
  const other = await addNetns('n2');
  const result = JSON.parse(await must('add', network, path));
  expect(result).toMatchObject({interfaces: [{}, {}, {name: 'eth0', sandbox: path}], ips: [{}, {}]});
  await must('add', network, other);
  expect(leases()).toHaveLength(4);
  await must('del', network, path);
  await must('del', network, other);
  expect(leases()).toEqual([]);
  await deleteNetns('n1');
  await deleteNetns('n2');
  await must('gc', '--networks');
  expect(await snapshot()).toEqual(before);
});
