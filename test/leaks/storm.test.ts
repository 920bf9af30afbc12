// The storm, of CNI_HOOK_STORM_SECONDS seconds: at its end nothing is left, no address was ever had by two at once, and
// no start failed for want of an address that the dead held.
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {createHost, type Host} from '../host.ts';
import {collect, standing, useNetwork} from './containers.ts';
import {expectHost, until} from './settled.ts';
import {type Run, type Storm, storm} from './storm.ts';

const seconds = Number(process.env.CNI_HOOK_STORM_SECONDS ?? 30);
const workers = 64;
/** Addresses in a /26: 64 without network, broadcast and gateway. */
const room = 61;

jest.setTimeout((seconds + 240) * 1000);

let host: Host;
let before: Snapshot;
let result: Storm;
let left = 0;
beforeAll(async () => {
  host = await createHost();
  useNetwork(host);
  before = await standing(host);
  result = await storm(host, workers, seconds);
  await until('the last container has ended', async () => isOver('-f', 'storm'));
  // A container whose runtime was killed between create and start waits to be started for ever, and is alive.
  await until('nobody waits to be started', async () => {
    await host.run('sh', ['-c', 'pgrep runc | xargs -r kill -9']);
    return isOver('runc');
  });
  left = (await collect(host)).length;
  report();
});
afterAll(() => host.close());

test('it was a storm', () => {
  expect(result.runs.length).toBeGreaterThan(workers);
  expect(result.runs.filter(({exitCode}) => exitCode === 0).length).toBeGreaterThan(workers / 2);
  for (const what of ['runc', 'hook', 'container']) expect(killsOf(what)).toBeGreaterThan(0);
});

test('nothing is left', () => expectHost(host, before));

test('no address was had by two at once, by what the containers themselves say', () => {
  const byTime = result.runs.filter(({address}) => address !== undefined).sort((a, b) => a.from - b.from);
  const doubles = byTime.flatMap((run, i) =>
    byTime
      .slice(i + 1)
      .filter(other => other.address === run.address && other.from < run.to)
      .map(other => [run, other]),
  );
  expect(doubles).toEqual([]);
  expect(byTime.length).toBeGreaterThan(workers / 2);
});

test('whoever was not touched has started, unless the living had all addresses', () => {
  const touched = new Set(result.kills.map(kill => kill.slice(kill.indexOf('.') + 1)));
  const failed = result.runs.filter(({id, exitCode}) => exitCode !== 0 && !touched.has(id));
  const unexplained = failed.filter(run => !isExhausted(run) || othersAt(run).length < room);
  expect(unexplained).toEqual([]);
});

const isExhausted = ({stderr}: Run): boolean => stderr.includes('no address is free');

/** Who may have had an address while this one was being refused; where the runtime was killed, the container's word counts. */
function othersAt({id, began = 0, ended}: Run): readonly Run[] {
  return result.runs.filter(other => {
    const gone = Math.max(other.ended, other.to);
    return other.id !== id && other.began !== undefined && other.began < ended && gone > began;
  });
}

const isOver = async (...pattern: readonly string[]): Promise<boolean> =>
  (await host.run('pgrep', pattern)).exitCode !== 0;

const killsOf = (what: string): number => result.kills.filter(kill => kill.startsWith(`${what}.`)).length;

function report(): void {
  const {runs} = result;
  const count = (holds: (run: Run) => boolean) => runs.filter(holds).length;
  const kills = ['runc', 'hook', 'container'].map(what => `${what} ${killsOf(what)}`).join(', ');
  process.stdout.write(
    `storm: ${workers} at a time for ${seconds} s: ${runs.length} containers, ${count(run => run.exitCode === 0)} to their end, ` +
      `killed: ${kills}; refused for want of an address: ${count(isExhausted)}; taken back by gc: ${left}\n`,
  );
}
