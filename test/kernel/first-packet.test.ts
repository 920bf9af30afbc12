// The first packet of a container gets its answer, on a busy host too. The kernel does two things some time after it has
// said yes: it takes up a new port of a bridge, and the bridge itself where that is the only one; and it makes an IPv6
// address usable, even where duplicate detection is switched off.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(180_000);

const rounds = 20;
const churn = 'while :; do ip link add $0 type bridge; ip link set $0 up; ip link delete $0; done >/dev/null 2>&1';

let host: Host;
beforeEach(async () => {
  host = await createHost();
});
afterEach(() => host.close());

test.each([
  {family: 'IPv4', subnet: '10.1.0.0/24', gateway: '10.1.0.1'},
  {family: 'IPv6', subnet: 'fd00:1::/64', gateway: 'fd00:1::1'},
])(
  'while others make and take away links, no container loses its first packet over $family',
  async ({subnet, gateway}) => {
    const ipam = {type: 'host-local', subnet};
    host.write('/etc/cni/net.d/10.conflist', bridgeNetwork('mynet', 'cnibr1', {isDefaultGateway: true, ipam}));
    for (const name of ['busy0', 'busy1', 'busy2', 'busy3', 'busy4', 'busy5']) {
      await host.must('sh', ['-c', 'sh -c "$1" $0 >/dev/null 2>&1 &', name, churn]);
    }
    const lost: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const container = await host.netns();
      // By a shell, so that nothing lies between the hook and the packet.
      const enter = `exec nsenter --net=/proc/${container.pid}/ns/net`;
      const script = `${executable} createRuntime && ${enter} ping -c 1 -W 1 ${gateway}`;
      const input = JSON.stringify(creating('c1', container.pid));
      if ((await host.run('sh', ['-c', script], {input})).exitCode !== 0) lost.push(round);
      await container.end();
      await host.hook('poststop', stopped('c1'));
      if (round % 3 === 0) await host.run(executable, ['gc', '--networks']);
    }
    expect(lost).toEqual([]);
  },
);
