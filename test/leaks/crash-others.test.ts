// Whatever else may die at every step: a createRuntime that fails and is taking back, and gc itself.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';
import {collect, done, gateway, gc, standing, start, useNetwork} from './containers.ts';
import {describeKills, killAtEveryCall, type Run, totalOf} from './crash.ts';
import {expectHost, expectReach, settledSnapshot} from './settled.ts';

jest.setTimeout(900_000);

let host: Host;
beforeEach(async () => {
  host = await createHost();
  useNetwork(host);
});
afterEach(() => host.close());

test('a createRuntime that fails is killed while it works and while it takes back', async () => {
  host.write('/mnt/conf/10.conflist', impossible('mynet', 'cnibr0', '172.19.1.0/26'));
  const before = await standing(host);
  const kills = await killAtEveryCall(
    host,
    async run => {
      const container = await host.netns();
      await run(['createRuntime', '--conf-dir=/mnt/conf'], creating('c1', container.pid));
      await container.end();
      await collect(host);
      await expectHost(host, before);
    },
    {exitCode: 1},
  );
  process.stdout.write(`createRuntime that fails: ${describeKills(kills)}\n`);
  expect(totalOf(kills)).toBeGreaterThan(100);
});

test('gc is killed at every step, and the next one does the rest', async () => {
  const before = await settledSnapshot(host);
  // It looks into every process.
  const killing = {exceptOpening: true};
  const round = async (run: Run) => {
    for (const id of ['c1', 'c2']) await (await start(host, id)).end();
    await run(['gc', '--networks']);
    // A gc that was killed is waited for until its lock is stale.
    await host.must('rm', ['-rf', '/run/cni-hook/gc.lock']);
    await gc(host, '--networks');
    await expectHost(host, before);
  };
  const kills = await killAtEveryCall(host, round, killing);
  process.stdout.write(`gc: ${describeKills(kills)}\n`);
  expect(totalOf(kills)).toBeGreaterThan(50);
});

test('of several networks a createRuntime that fails leaves none, and none that it had set up', async () => {
  host.write('/etc/cni/net.d/20.conflist', impossible('bad', 'cnibr9', '172.19.9.0/26'));
  const before = await settledSnapshot(host);
  const container = await host.netns();
  const networks = (...names: readonly string[]) => names.map(name => `--network=${name}`);
  expect(await host.hook('createRuntime', creating('c1', container.pid), networks('mynet', 'bad'))).toMatchObject({
    exitCode: 1,
  });
  await expectHost(host, before);
  // What had stood before it stays.
  expect(await host.hook('createRuntime', creating('c1', container.pid), networks('mynet'))).toEqual(done);
  await expectReach(container, gateway);
  const attached = await settledSnapshot(host);
  expect(await host.hook('createRuntime', creating('c1', container.pid), networks('mynet', 'bad'))).toMatchObject({
    exitCode: 1,
  });
  await expectHost(host, attached);
  await expectReach(container, gateway);
});

/** A route by way of a gateway that cannot be reached is the last thing that the kernel is asked for. */
function impossible(name: string, bridge: string, subnet: string): object {
  const ipam = {type: 'host-local', subnet, routes: [{dst: '10.9.0.0/16', gw: '10.200.0.1'}]};
  return bridgeNetwork(name, bridge, {isGateway: true, ipMasq: true, ipam});
}
