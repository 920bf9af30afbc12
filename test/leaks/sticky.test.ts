// An address that is kept for a container which has ended, because somebody asked for it: the same id gets it back,
// nobody else does, not even after a reboot, and not for ever.
import {uptime} from 'node:os';
import {setTimeout as pause} from 'node:timers/promises';
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {isLease} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host, type Netns} from '../host.ts';
import {addresses, collect, end, leases, start, useNetwork} from './containers.ts';

jest.setTimeout(120_000);

const small = '172.19.1.0/28';
const room = 13;
const promises = '/var/lib/cni/cni-hook/kept';
const keep = (time: string) => ({'io.cni-hook.keep-ip': time});

let host: Host;
beforeEach(async () => {
  host = await createHost();
  useNetwork(host, small);
});
afterEach(() => host.close());

test.each([
  {what: 'the annotation', annotations: keep('24h'), network: {}},
  {what: 'the network', annotations: {}, network: {keepIP: '24h'}},
])(
  'where $what asks for it, the same id gets its address back and nobody else does',
  async ({annotations, network}) => {
    useNetwork(host, small, network);
    const address = await live('kept', annotations);
    useNetwork(host, small);
    await goRound(address);
    expect(await collect(host)).toEqual([]);
    useNetwork(host, small, network);
    expect(held()).toEqual([address]);
    expect(await live('kept', annotations)).toBe(address);
  },
);

test('a range that is exhausted leaves kept addresses alone, and says who holds them', async () => {
  for (let i = 0; i < room; i++) await live(`c${i}`, keep('24h'));
  const late = await host.netns();
  const {exitCode, stderr} = await host.hook('createRuntime', creating('late', late.pid));
  expect({exitCode, stderr}).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/held by c\d+ as 172\.19\.1\.\d+/),
  });
  expect(held().length).toBe(room);
});

test('it ends with its time: gc takes it back', async () => {
  await live('c1', keep('1s'));
  await pause(1100);
  expect(await collect(host)).toMatchObject([{kind: 'lease', containerId: 'c1'}]);
  expect(held()).toEqual([]);
  expect(host.list(promises)).toEqual([]);
});

test('it ends with its time: who needs the address takes it back', async () => {
  for (let i = 0; i < room; i++) await live(`c${i}`, keep('1s'));
  await pause(1100);
  await live('new', {});
  await collect(host);
  expect([held(), host.list(promises)]).toEqual([[], []]);
});

test('it survives a reboot, if the container had ended before it', async () => {
  const address = await live('kept', keep('24h'));
  await reboot();
  await goRound(address);
  expect(await live('kept', keep('24h'))).toBe(address);
});

test('it survives a reboot that the container did not live to end before', async () => {
  const container = await start(host, 'kept', keep('24h'));
  const [address = ''] = await addresses(host, container);
  await reboot();
  await goRound(address);
  expect(await live('kept', keep('24h'))).toBe(address);
});

test('what nobody asks for any more is given back at the next end', async () => {
  const address = await live('kept', keep('24h'));
  expect(await live('kept', {})).toBe(address);
  expect(held()).toEqual([]);
  expect(host.list(promises)).toEqual([]);
});

test('a start that fails keeps nothing', async () => {
  useNetwork(host, small, {keepIP: '24h'});
  const container = await host.netns();
  const ipam = {type: 'host-local', subnet: small, routes: [{dst: '10.9.0.0/16', gw: '10.200.0.1'}]};
  const plugins = [{type: 'bridge', bridge: 'cnibr0', isGateway: true, ipam}];
  host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'mynet', keepIP: '24h', plugins});
  expect(await host.hook('createRuntime', creating('c1', container.pid))).toMatchObject({exitCode: 1});
  expect(held()).toEqual([]);
  expect(host.list(promises)).toEqual([]);
});

test('a time that is none is refused', async () => {
  const container = await host.netns();
  const {exitCode, stderr} = await host.hook('createRuntime', creating('c1', container.pid, keep('soon')));
  expect({exitCode, stderr}).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/"io\.cni-hook\.keep-ip".*"soon"/),
  });
  expect(held()).toEqual([]);
});

/** A container that starts and ends; its address. */
async function live(id: string, annotations: Readonly<Record<string, string>>): Promise<string> {
  const container: Netns = await start(host, id, annotations);
  const [address = ''] = await addresses(host, container);
  await end(host, id, container);
  return address;
}

/** So many others that each address has been given out that may be. */
async function goRound(kept: string): Promise<void> {
  const given = new Set<string>();
  for (let i = 0; i < 2 * room; i++) given.add(await live(`other${i}`, {}));
  expect(given).not.toContain(kept);
  expect(given.size).toBe(room - 1);
}

async function reboot(): Promise<void> {
  const archive = await host.must('sh', ['-c', 'cd /var/lib && tar -c cni | base64']);
  await host.close();
  host = await createHost();
  useNetwork(host, small);
  const beforeBoot = Math.floor(Date.now() / 1000 - uptime()) - 3600;
  const unpack = `cd /var/lib && base64 -d | tar -x && find cni -exec touch -h -d @${beforeBoot} {} +`;
  await host.must('sh', ['-c', unpack], {input: archive});
}

const held = (): readonly string[] => host.list(leases).filter(isLease);
