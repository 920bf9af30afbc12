// What a start and an end cost on a network that stands: no process beside the hook's own, and few system calls.
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import {classic} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host, type Netns} from '../host.ts';

jest.setTimeout(60_000);

const alone = {programs: ['cni-hook'], forks: 0};

let host: Host;
let container: Netns;
beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10.conflist', classic);
  container = await host.netns();
});
afterAll(() => host.close());

test('the first attachment runs nft once, and later ones start no process at all', async () => {
  const first = await host.netns();
  expect(processes(await traced('createRuntime', creating('first', first.pid)))).toEqual({
    programs: ['cni-hook', 'nft'],
    forks: 1,
  });
  expect(processes(await traced('createRuntime', creating('c1', container.pid)))).toEqual(alone);
  expect(host.read('/run/ipam-out-net/mynet/172.19.1.3')).toBe('c1\r\neth0');
  await container.end();
  expect(processes(await traced('poststop', stopped('c1')))).toEqual(alone);
  expect(host.list('/run/ipam-out-net/mynet')).not.toContain('172.19.1.3');
});

test('an attachment takes few system calls', async () => {
  const another = await host.netns();
  const add = await count('createRuntime', creating('c2', another.pid));
  await another.end();
  const del = await count('poststop', stopped('c2'));
  const idle = await count('poststop', stopped('nobody'));
  process.stdout.write(`system calls: ADD ${add}, DEL ${del}, of which the runtime's own start ${idle}\n`);
  expect(add - idle).toBeLessThan(600);
  expect(del - idle).toBeLessThan(300);
});

/** strace's lines about processes. */
async function traced(name: string, state: object): Promise<string> {
  const outcome = await host.hook(name, state, [], {
    under: ['strace', '-f', '-qq', '-e', 'trace=process', '-o', '/mnt/trace'],
  });
  expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
  return host.read('/mnt/trace');
}

/** The programs that were executed, and how many processes were made; threads are none. */
function processes(trace: string): {readonly programs: readonly string[]; readonly forks: number} {
  const lines = trace.split('\n');
  const isFork = (line: string) => /\b(vfork|fork|clone3?)\(/.test(line) && !line.includes('CLONE_THREAD');
  return {
    programs: lines.flatMap(line => /execve\("[^"]*?([^"/]+)", \[/.exec(line)?.[1] ?? []),
    forks: lines.filter(isFork).length,
  };
}

async function count(name: string, state: object): Promise<number> {
  const outcome = await host.hook(name, state, [], {under: ['strace', '-f', '-qq', '-c', '-o', '/mnt/count']});
  expect(outcome.exitCode).toBe(0);
  const total = host
    .read('/mnt/count')
    .split('\n')
    .find(line => line.trim().endsWith('total'));
  return Number(total?.trim().split(/\s+/)[3]);
}
