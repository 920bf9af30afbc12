// The tests themselves: what they do in a private host, the machine never sees, and when it is closed nothing is left.
import {readdirSync, readlinkSync, statSync} from 'node:fs';
import {expect, jest, test} from '@jest/globals';
import {execa} from 'execa';
import {cgroupsNamed} from '../fixtures/cgroups.ts';
import {start} from '../fixtures/container.ts';
import {classic} from '../fixtures/networks.ts';
import {takeSnapshot} from '../fixtures/snapshot.ts';
import {createHost} from '../host.ts';

jest.setTimeout(60_000);

test('a private host with containers in it leaves the machine as it was', async () => {
  const before = await lookAtMachine();
  const host = await createHost();
  const namespaces = [
    await host.must('readlink', ['/proc/self/ns/net']),
    await host.must('readlink', ['/proc/self/ns/pid']),
  ];
  host.write('/etc/cni/net.d/10.conflist', classic);
  await host.addOutside();
  const container = await start(host, 'runc', 'c1');
  await start(host, 'crun', 'c2');
  const netns = await host.must('readlink', [`/proc/${container.pid}/ns/net`]);
  const cgroup =
    (await host.must('cat', [`/proc/${container.pid}/cgroup`])).match(/cni-hook-test-[0-9a-f-]+/)?.[0] ?? '';
  expect(await lookAtMachine()).toEqual(before);
  expect(holders(namespaces).length).toBeGreaterThan(0);
  expect(cgroupsNamed(cgroup)).not.toEqual([]);

  await host.close();
  expect(holders([...namespaces, netns])).toEqual([]);
  expect(cgroupsNamed(cgroup)).toEqual([]);
  expect(await lookAtMachine()).toEqual(before);
});

/** The machine's network, mounts, and the files that a hook would write there. */
async function lookAtMachine(): Promise<object> {
  const must = async (command: string, args: readonly string[]): Promise<string> =>
    (await execa(command, args, {cleanup: false})).stdout;
  const files = ['/run/cni-hook', '/var/lib/cni', '/etc/cni/net.d', '/run/ipam-out-net'];
  const changed = files.map(path => `${path} ${statSync(path, {throwIfNoEntry: false})?.mtimeMs}`);
  return {...(await takeSnapshot(must, [], '')), changed};
}

/** The processes of the machine that are in one of the namespaces. */
function holders(namespaces: readonly string[]): readonly string[] {
  return readdirSync('/proc').filter(
    pid => /^\d+$/.test(pid) && namespacesOf(pid).some(own => namespaces.includes(own)),
  );
}

function namespacesOf(pid: string): readonly string[] {
  try {
    return ['net', 'pid'].map(kind => readlinkSync(`/proc/${pid}/ns/${kind}`));
  } catch {
    return [];
  }
}
