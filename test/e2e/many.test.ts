// Many containers: one after the other on a range that they go round many times, and all at once on a fresh host.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {runToEnd} from '../fixtures/container.ts';
import {bridgeNetwork, isLease} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';

jest.setTimeout(180_000);

let host: Host;
beforeEach(async () => {
  host = await createHost();
});
afterEach(() => host.close());

test('200 containers one after the other on a range of 13 addresses: none fails, none leaks', async () => {
  useRange('172.19.1.0/28');
  await runToEnd(host, 'runc', 'c0', ['true']);
  const standing = await host.snapshot();
  const bundle = host.bundle('many', {command: ['true']});
  const script = `for i in $(seq 200); do runc run --bundle ${bundle} many$i || echo "many$i: exit $?" >&2; done`;
  expect(await host.run('sh', ['-c', script])).toEqual({exitCode: 0, stdout: '', stderr: ''});

  expect(await host.snapshot()).toEqual(standing);
  expect(host.list('/run/leases/mynet').filter(isLease)).toEqual([]);
  expect(host.list('/run/cni-hook/containers')).toEqual([]);
  expect(indexed()).toEqual([]);
  // Round robin: all were used, and none again before the others.
  const given = logged('createRuntime').slice(1);
  expect(given.length).toBe(200);
  expect(given.slice(0, 13)).toEqual(given.slice(13, 26));
  expect(new Set(given).size).toBe(13);
  expect(logged('poststop').length).toBe(201);
});

test('32 containers at once on a fresh host get one bridge, one rule and 32 addresses', async () => {
  useRange('172.19.1.0/24');
  const containers = await Promise.all(Array.from({length: 32}, () => host.netns()));
  const outcomes = await Promise.all(containers.map(({pid}, i) => host.hook('createRuntime', creating(`c${i}`, pid))));
  expect(outcomes.filter(({exitCode}) => exitCode !== 0)).toEqual([]);
  expect(host.list('/run/leases/mynet').filter(isLease).length).toBe(32);
  expect((await host.must('ip', ['-o', 'link', 'show', 'type', 'bridge'])).split('\n').length).toBe(1);
  expect((await host.must('ip', ['-o', '-4', 'address', 'show', 'dev', 'cnibr1'])).split('\n').length).toBe(1);
  expect((await host.must('nft', ['list', 'ruleset'])).match(/masquerade comment/g)?.length).toBe(1);
  for (const container of containers) {
    expect(await container.run('ping', ['-c', '1', '-W', '1', '172.19.1.1'])).toMatchObject({exitCode: 0});
  }

  await Promise.all(containers.map(container => container.end()));
  const ends = await Promise.all(containers.map((_, i) => host.hook('poststop', stopped(`c${i}`))));
  expect(ends.filter(({exitCode}) => exitCode !== 0)).toEqual([]);
  expect(host.list('/run/leases/mynet').filter(isLease)).toEqual([]);
  expect(host.list('/run/cni-hook/containers')).toEqual([]);
  expect(await host.must('ip', ['-o', 'link', 'show', 'type', 'veth'])).toBe('');
});

function useRange(subnet: string): void {
  const ipam = {type: 'host-local', subnet, dataDir: '/run/leases'};
  host.write('/etc/cni/net.d/10.conflist', bridgeNetwork('mynet', 'cnibr1', {isGateway: true, ipMasq: true, ipam}));
}

/** The messages of one hook in the log. */
function logged(event: string): readonly string[] {
  const entries = host.read('/run/cni-hook/log.jsonl').trim().split('\n');
  return entries
    .map(line => JSON.parse(line) as {readonly event: string; readonly msg: string})
    .flatMap(entry => (entry.event === event ? [entry.msg] : []));
}

/** The owners in the index by owner, which snapshots leave out. */
function indexed(): readonly string[] {
  const indexes = host.list('/run/cni-hook/leases');
  return indexes.flatMap(index => host.list(`/run/cni-hook/leases/${index}`)).filter(name => name !== 'stamp');
}
