// The rounds of the crash tests. In each a hook is killed somewhere; then either others come, one of them under the same
// id, or nobody does; and after their end and one gc the host has to be as it was.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host, type Netns} from '../host.ts';
import {collect, done, gc} from './containers.ts';
import {describeKills, killAtEveryCall, type Run, totalOf} from './crash.ts';
import {expectHost, expectReach, settledSnapshot} from './settled.ts';

export interface Crashing {
  readonly family: string;
  readonly network: object;
  /** What every container of the network must reach. */
  readonly gateways: readonly string[];
}

// One test is hundreds of rounds.
const longest = 900_000;

export function describeCrashes({family, network, gateways}: Crashing): void {
  jest.setTimeout(longest);
  let host: Host;
  let before: Snapshot;
  let all = 0;
  beforeEach(async () => {
    host = await createHost();
    host.write('/etc/cni/net.d/10.conflist', network);
  });
  afterEach(() => host.close());

  describe(`${family}, in a network that is in use`, () => {
    beforeEach(async () => {
      await end('c0', await start('c0'));
      before = await settledSnapshot(host);
    });

    test.each(aftermaths())('createRuntime is killed at every step, $what', async ({follow}) => {
      await sweep('createRuntime', async run => {
        const container = await host.netns();
        await run(['createRuntime'], creating('c1', container.pid));
        await container.end();
        await follow();
        await expectHost(host, before);
      });
    });

    test.each(aftermaths())('poststop is killed at every step, $what', async ({follow}) => {
      await sweep('poststop', async run => {
        const container = await start('c1');
        const letGo = await holdNetns(container);
        await container.end();
        await run(['poststop'], stopped('c1'));
        await letGo();
        await follow();
        await expectHost(host, before);
      });
    });
  });

  describe(`${family}, in a network that was never used`, () => {
    test.each(aftermaths())('the first createRuntime is killed at every step, $what', async ({follow}) => {
      before = await settledSnapshot(host);
      await sweep('first createRuntime', async run => {
        await host.must('rm', ['-rf', '/run/cni-hook', '/var/lib/cni']);
        const container = await host.netns();
        await run(['createRuntime'], creating('c1', container.pid));
        await container.end();
        await follow('--networks');
        await expectHost(host, before);
      });
    });

    test('that makes hundreds of kills', () => {
      process.stdout.write(`${family}: the hook was killed ${all} times\n`);
      expect(all).toBeGreaterThan(500);
    });
  });

  /** What comes after, and one gc. */
  function aftermaths() {
    return [
      {what: 'and nobody comes back', follow: (...flags: readonly string[]) => collect(host, ...flags)},
      {what: 'and others come, one with the same id', follow: othersCome},
    ];
  }

  async function othersCome(...flags: readonly string[]): Promise<void> {
    const [other, same] = [await start('c2'), await start('c1')];
    await end('c2', other);
    await end('c1', same);
    await gc(host, ...flags);
  }

  async function start(id: string): Promise<Netns> {
    const container = await host.netns();
    expect(await host.hook('createRuntime', creating(id, container.pid))).toEqual(done);
    for (const gateway of gateways) await expectReach(container, gateway);
    return container;
  }

  async function end(id: string, container: Netns): Promise<void> {
    await container.end();
    expect(await host.hook('poststop', stopped(id))).toEqual(done);
  }

  /** Keeps the kernel from taking the pair away by itself, for as long as it takes. */
  async function holdNetns({pid}: Netns): Promise<() => Promise<unknown>> {
    const holder = await host.must('sh', ['-c', 'sleep 1000000 >/dev/null 2>&1 & echo $!'], {netnsOf: pid});
    return () => host.must('kill', ['-9', holder]);
  }

  async function sweep(what: string, round: (run: Run) => Promise<void>): Promise<void> {
    const kills = await killAtEveryCall(host, round);
    const total = totalOf(kills);
    all += total;
    process.stdout.write(`${family}, ${what}: ${describeKills(kills)}\n`);
    expect(total).toBeGreaterThan(20);
  }
}
