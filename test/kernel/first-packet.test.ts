// The first packet of a container gets its answer, on a busy host too: the kernel takes up a new port of a bridge, and
// the bridge itself where it is the only one, some time after the message that brings it up has been answered.
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import {classic} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(120_000);

const rounds = 20;

let host: Host;
beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10.conflist', classic);
});
afterAll(() => host.close());

test('while others make and take away links, no container loses its first packet', async () => {
  const churn = 'while :; do ip link add $0 type bridge; ip link set $0 up; ip link delete $0; done';
  for (const name of ['busy0', 'busy1', 'busy2', 'busy3', 'busy4', 'busy5']) {
    await host.must('sh', ['-c', `sh -c '${churn}' ${name} >/dev/null 2>&1 &`]);
  }
  let lost = 0;
  for (let round = 0; round < rounds; round++) {
    const container = await host.netns();
    // By a shell, so that nothing lies between the hook and the packet.
    const script = `${executable} createRuntime && exec nsenter --net=/proc/${container.pid}/ns/net ping -c 1 -W 1 172.19.1.1`;
    const input = JSON.stringify(creating('c1', container.pid));
    if ((await host.run('sh', ['-c', script], {input})).exitCode !== 0) lost++;
    await container.end();
    await host.hook('poststop', stopped('c1'));
  }
  expect(lost).toBe(0);
});
