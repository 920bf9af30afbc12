// --dry-run looks and says what it would do; it changes nothing, and takes no address.
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type Host, type Netns} from '../host.ts';

jest.setTimeout(60_000);

let host: Host;
let container: Netns;
beforeAll(async () => {
  host = await createHost();
  const ranges = [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]];
  const settings = {isDefaultGateway: true, ipMasq: true, ipam: {type: 'host-local', ranges}};
  host.write('/etc/cni/net.d/10.conflist', bridgeNetwork('mynet', 'cnibr1', settings));
  container = await host.netns();
});
afterAll(() => host.close());

test('--dry-run on a fresh host prints the commands and leaves no trace', async () => {
  const before = {...(await host.snapshot()), directories: await directories()};
  const {exitCode, stdout, stderr} = await host.hook('createRuntime', creating('c1', container.pid), ['--dry-run']);
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
  expect(stdout).toMatch(/^ip link add cnibr1 .*\n/);
  expect(stdout).toContain(`nsenter --net=/proc/${container.pid}/ns/net ip address add 10.1.0.2/24`);
  expect({...(await host.snapshot()), directories: await directories()}).toEqual(before);
});

test('--dry-run on a network in use shows the address that the next container gets, and does not take it', async () => {
  const other = await host.netns();
  await host.hook('createRuntime', creating('other', other.pid));
  const before = {...(await host.snapshot()), directories: await directories(), place: place()};
  for (let i = 0; i < 2; i++) {
    const {stdout} = await host.hook('createRuntime', creating('c1', container.pid), ['--dry-run']);
    expect(stdout).toMatch(/^ip link add veth/);
    expect(stdout).toContain('ip address add 10.1.0.3/24');
    expect(stdout).not.toContain('nft');
  }
  expect({...(await host.snapshot()), directories: await directories(), place: place()}).toEqual(before);
  const addresses = await container.run('ip', ['-o', 'address', 'show']);
  expect(addresses.stdout).not.toContain('10.1.0.3');
});

/** Snapshots hold files only. */
const directories = (): Promise<string> => host.must('sh', ['-c', 'find /run /var/lib/cni -type d 2>&1 | sort']);

const place = (): string => host.read('/var/lib/cni/networks/mynet/last_reserved_ip.0');
