// Published ports do not leak, whenever the hook dies: it is killed before every message that it sends to the kernel, and what
// comes after it has to find and take back all that it had done by then.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Outcome} from '../host.ts';

jest.setTimeout(180_000);

const ipam = {type: 'host-local', ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]]};
const bridge = {type: 'bridge', bridge: 'cnibr1', isGateway: true, ipam};
const plugins = [bridge, {type: 'portmap', capabilities: {portMappings: true}}];
const state = (id: string, pid: number, ports: string) => creating(id, pid, {'io.cni-hook.ports': ports});
const published = '8080:80,127.0.0.1:5353:53/udp';
const done: Outcome = {exitCode: 0, stdout: '', stderr: ''};
const killed = 128 + 9;

let host: Host;
beforeEach(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'mynet', plugins});
});
afterEach(() => host.close());

type Kill = (name: string, state: object) => Promise<Outcome>;

/** Runs `round` with a hook that is killed before the first such call, the second, …, until one ends; returns how many were killed. */
async function killAtEvery(call: string, round: (kill: Kill) => Promise<Outcome>): Promise<number> {
  for (let when = 1; ; when++) {
    const inject = `inject=${call}:signal=KILL:when=${when}`;
    const under = ['strace', '-f', '-qq', '-e', `trace=${call}`, '-e', inject, '-o', '/dev/null'];
    const {exitCode} = await round((name, given) => host.hook(name, given, [], {under}));
    if (exitCode === 0) return when - 1;
    expect(exitCode).toBe(killed);
  }
}

test('gc takes back an attachment, or its end, that was killed on the way', async () => {
  const neighbour = await host.netns();
  expect(await host.hook('createRuntime', state('neighbour', neighbour.pid, '8081:80'))).toEqual(done);
  const before = await host.snapshot();
  for (const hook of ['createRuntime', 'poststop'] as const) {
    const calls = await killAtEvery('sendto', async kill => {
      const container = await host.netns();
      const starting = state('c1', container.pid, published);
      const started =
        hook === 'createRuntime' ? await kill(hook, starting) : await host.hook('createRuntime', starting);
      await container.end();
      const outcome = hook === 'poststop' ? await kill(hook, stopped('c1')) : started;
      expect(await host.run(executable, ['gc'])).toMatchObject({exitCode: 0});
      expect(await host.snapshot()).toEqual(before);
      return outcome;
    });
    expect(calls).toBeGreaterThan(2);
  }
});

test('the rules of the very first published port come up whole with the next one, and go with the last', async () => {
  const pristine = await host.snapshot();
  for (const call of ['renameat2', 'clone3']) {
    const calls = await killAtEvery(call, async kill => {
      const first = await host.netns();
      const outcome = await kill('createRuntime', state('c1', first.pid, published));
      await first.end();
      const second = await host.netns();
      expect(await host.hook('createRuntime', state('c2', second.pid, published))).toEqual(done);
      const rules = await host.must('nft', ['list', 'ruleset']);
      expect(rules).toContain('dnat ip to meta l4proto . th dport map @ports-all4');
      expect(rules.match(/chain ports-/g)).toHaveLength(5);
      await second.end();
      expect(await host.hook('poststop', stopped('c2'))).toEqual(done);
      expect(await host.hook('poststop', stopped('c1'))).toEqual(done);
      expect(await host.run(executable, ['gc', '--networks'])).toMatchObject({exitCode: 0});
      expect(await host.snapshot()).toEqual(pristine);
      return outcome;
    });
    expect(calls).toBeGreaterThanOrEqual(1);
  }
});
