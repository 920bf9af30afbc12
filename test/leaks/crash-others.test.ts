// Whatever else may die at every step: a createRuntime that fails and is taking back, and gc itself.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';
import {collect, gc, standing, start, useNetwork} from './containers.ts';
import {describeKills, killAtEveryCall, type Run, totalOf} from './crash.ts';
import {expectHost, settledSnapshot} from './settled.ts';

jest.setTimeout(900_000);

let host: Host;
beforeEach(async () => {
  host = await createHost();
  useNetwork(host);
});
afterEach(() => host.close());

test('a createRuntime that fails is killed while it works and while it takes back', async () => {
  // A route by way of a gateway that cannot be reached is the last thing that the kernel is asked for.
  const ipam = {type: 'host-local', subnet: '172.19.1.0/26', routes: [{dst: '10.9.0.0/16', gw: '10.200.0.1'}]};
  const network = bridgeNetwork('mynet', 'cnibr0', {isGateway: true, ipMasq: true, ipam});
  host.write('/mnt/conf/10.conflist', network);
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
