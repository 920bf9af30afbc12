// After a reboot /run is empty and /var/lib is full of yesterday: the first containers start as on a fresh machine, with
// nobody's help. A reboot is a new private host over the old /var/lib, with everything in it from before the machine's boot.
import {uptime} from 'node:os';
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {isLease} from '../fixtures/networks.ts';
import {callReference} from '../fixtures/reference.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns} from '../host.ts';
import {addresses, collect, end, gateway, gc, leases, start, useNetwork} from './containers.ts';
import {expectHost, expectReach, settledSnapshot} from './settled.ts';

jest.setTimeout(120_000);

const small = '172.19.1.0/28';
/** Addresses in a /28: 16 without network, broadcast and gateway. */
const room = 13;
const ipam = {type: 'host-local', subnet: small};

let host: Host;
beforeEach(async () => {
  host = await createHost();
  useNetwork(host, small);
});
afterEach(() => host.close());

test('a range full of the leases of yesterday is as good as an empty one', async () => {
  await Promise.all(ids('old').map(id => start(host, id)));
  await reboot();
  expect(held().length).toBe(room);
  const before = await settledSnapshot(host);
  const first = await start(host, 'new0');
  await expectReach(first, gateway);
  const others = await startAll(ids('new').slice(1));
  expect(new Set((await Promise.all([first, ...others].map(only))).flat()).size).toBe(room);
  await endAll([['new0', first], ...others.map((other, i) => [`new${i + 1}`, other] as const)]);
  await collect(host, '--networks');
  expect(held()).toEqual([]);
  await expectHost(host, {...before, files: before.files.filter(file => !file.startsWith(leases))});
});

test('the same id comes again after the reboot, while its lease of yesterday is still there', async () => {
  const [address] = await only(await start(host, 'c1'));
  await reboot();
  expect(host.read(`${leases}/${address}`)).toBe('c1\r\neth0');
  await end(host, 'c1', await start(host, 'c1'));
  expect(held()).toEqual([]);
});

test('empty and torn leases are as good as none', async () => {
  const [, second, ...others] = Array.from({length: room}, (_, i) => `172.19.1.${i + 2}`);
  for (const address of others) host.write(`${leases}/${address}`, '');
  host.write(`${leases}/${second}`, '\r\n');
  const containers = await startAll(ids('c'));
  expect(held().length).toBe(room);
  await endAll(containers.map((container, i) => [`c${i}`, container] as const));
  host.write(`${leases}/172.19.1.7`, '');
  expect(await collect(host)).toMatchObject([{kind: 'lease', what: expect.stringContaining('172.19.1.7')}]);
  expect(held()).toEqual([]);
});

test('records of another boot, empty ones and torn ones are as good as none', async () => {
  const flags = ['--state-dir=/var/lib/cni-hook-state'];
  const records = '/var/lib/cni-hook-state/containers';
  const file = 'mynet:eth0.json';
  await start(host, 'c1', {}, flags);
  const written = host.read(`${records}/c1/${file}`);
  await reboot();
  // A pid comes again: the process of the old record is alive, and another one.
  const {pid} = await host.netns();
  const alive = JSON.stringify({...JSON.parse(written), bootId: 'yesterday', process: await identityOf(pid)});
  host.write(`${records}/c1/${file}`, alive);
  host.write(`${records}/c2/${file}`, '');
  host.write(`${records}/c3/${file}`, written.slice(0, 200));
  host.write(`${records}/c4/${file}`, alive.replaceAll('c1', 'c4'));
  for (const id of ['c1', 'c2', 'c3']) {
    const container = await start(host, id, {}, flags);
    await expectReach(container, gateway);
    await container.end();
  }
  await collect(host, ...flags);
  expect(host.list(records)).toEqual([]);
  expect(held()).toEqual([]);
});

test('results that were cached before the boot go with gc, whole ones and torn ones, and no others', async () => {
  const results = '/var/lib/cni/results';
  await host.must('ip', ['netns', 'add', 'old']);
  await host.must(executable, ['add', 'mynet', '/run/netns/old']);
  host.write(`${results}/mynet-torn-eth0`, '{"kind": "cniCa');
  host.write(`${results}/mynet-empty-eth0`, '');
  const names = host.list(results);
  expect(names.length).toBe(3);
  expect(await gc(host)).toEqual([]);
  await reboot();
  expect(host.list(results)).toEqual(names);
  await host.must('ip', ['netns', 'add', 'new']);
  await host.must(executable, ['add', 'mynet', '/run/netns/new']);
  host.write(`${results}/mynet-young-eth0`, '');
  const young = host.list(results).filter(name => !names.includes(name));
  expect(young.length).toBe(2);
  await collect(host);
  expect(host.list(results)).toEqual(young);
  expect(held().length).toBe(1);
});

test('nobody is told "exhausted" while the dead hold addresses, however many start at once', async () => {
  const dead = await startAll(ids('dead'));
  await Promise.all(dead.map(container => container.end()));
  expect(held().length).toBe(room);
  const containers = await startAll(ids('c'));
  expect(new Set((await Promise.all(containers.map(only))).flat()).size).toBe(room);
  expect(held().length).toBe(room);
});

test('nobody is told "exhausted" while somebody else is taking back what the dead hold', async () => {
  const dead = await startAll(ids('dead'));
  await Promise.all(dead.map(container => container.end()));
  const holdAll = 'for lock in /run/cni-hook/containers/*/lock; do flock "$lock" sleep 1 >/dev/null 2>&1 & done';
  await host.must('sh', ['-c', holdAll]);
  await start(host, 'c1');
});

test('when the living hold all addresses, the message says who holds what', async () => {
  const stranger = await callReference(host, 'ADD', 'stranger', 'mynet', ipam);
  expect(stranger).toMatchObject({exitCode: 0});
  await startAll(ids('c').slice(1));
  const one = await host.netns();
  const {exitCode, stderr} = await host.hook('createRuntime', creating('late', one.pid));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /^cni-hook createRuntime: no address is free in 172\.19\.1\.1-172\.19\.1\.14: [^\n]* \(held by (\S+ as 172\.19\.1\.\d+(, | and )){5}8 more; 1 by containers that are not ours\)$/,
  );
  expect(held().length).toBe(room);
});

test('the lease of somebody else is taken away by nobody, until the machine has booted', async () => {
  expect(await callReference(host, 'ADD', 'stranger', 'mynet', ipam)).toMatchObject({exitCode: 0});
  const [address] = held();
  // Round the range three times, and once with all of it taken.
  for (let i = 0; i < 3 * room; i++) await end(host, 'c1', await start(host, 'c1'));
  const containers = await startAll(ids('c').slice(1));
  await endAll(containers.map((container, i) => [`c${i + 1}`, container] as const));
  expect(await collect(host)).toEqual([]);
  expect(held()).toEqual([address]);
  expect(host.read(`${leases}/${address}`)).toBe('stranger\r\neth0');
  await reboot();
  expect(await collect(host)).toMatchObject([{kind: 'lease', containerId: 'stranger'}]);
  expect(held()).toEqual([]);
});

/** The same /var/lib, and everything else new. */
async function reboot(): Promise<void> {
  const archive = await host.must('sh', ['-c', 'cd /var/lib && tar -c $(ls -d cni* 2>/dev/null) | base64']);
  await host.close();
  host = await createHost();
  useNetwork(host, small);
  const beforeBoot = Math.floor(Date.now() / 1000 - uptime()) - 3600;
  const unpack = `cd /var/lib && base64 -d | tar -x && find cni* -exec touch -h -d @${beforeBoot} {} +`;
  await host.must('sh', ['-c', unpack], {input: archive});
}

const ids = (name: string): readonly string[] => Array.from({length: room}, (_, i) => `${name}${i}`);
const held = (): readonly string[] => host.list(leases).filter(isLease);
const only = (container: Netns): Promise<readonly string[]> => addresses(host, container);
const startAll = (all: readonly string[]): Promise<readonly Netns[]> => Promise.all(all.map(id => start(host, id)));
const endAll = (all: readonly (readonly [string, Netns])[]): Promise<unknown> =>
  Promise.all(all.map(([id, container]) => end(host, id, container)));

async function identityOf(pid: number): Promise<object> {
  const stat = await host.must('cat', [`/proc/${pid}/stat`]);
  return {pid, startTime: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]};
}
