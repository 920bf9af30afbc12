// The firewall plugin and a firewalld that runs: its own rules come last and reject what goes from zone to zone, and what others
// put among them is flushed. Not run where firewalld is not installed: its package would change the firewall of who tests.
import {existsSync} from 'node:fs';
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {outside} from '../fixtures/outside.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns} from '../host.ts';

jest.setTimeout(120_000);

const isInstalled = existsSync('/usr/sbin/firewalld') && existsSync('/usr/bin/firewall-cmd');
if (!isInstalled) process.stdout.write('firewalld is not installed: its tests are skipped\n');
const testWith = isInstalled ? test : test.skip;

let host: Host;
beforeEach(async () => {
  if (!isInstalled) return;
  host = await createHost();
  await host.addOutside();
  await sh(`mkdir -p /run/dbus; dbus-daemon --system --fork
    (/usr/sbin/firewalld --nofork >/dev/null 2>&1 </dev/null &)
    for i in $(seq 100); do firewall-cmd --state >/dev/null 2>&1 && break; sleep 0.2; done
    firewall-cmd --permanent --zone=work --add-interface=outside
    firewall-cmd --reload`);
});
afterEach(() => (isInstalled ? host.close() : undefined));

const sh = (script: string): Promise<string> => host.must('sh', ['-ec', script]);
const ranges = [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]];
const settings = {isDefaultGateway: true, ipMasq: true, ipam: {type: 'host-local', ranges}};

function configure(...more: readonly object[]): void {
  const network = bridgeNetwork('red', 'br-red', settings) as {plugins: readonly object[]};
  host.write('/etc/cni/net.d/10.conflist', {...network, plugins: [...network.plugins, ...more]});
}

async function attach(id: string): Promise<Netns> {
  const container = await host.netns();
  expect(await host.hook('createRuntime', creating(id, container.pid))).toMatchObject({exitCode: 0, stderr: ''});
  return container;
}

async function end(id: string, container: Netns): Promise<void> {
  await container.end();
  expect(await host.hook('poststop', stopped(id))).toMatchObject({exitCode: 0, stderr: ''});
  expect(await host.run(executable, ['gc', '--networks'])).toMatchObject({exitCode: 0});
}

const reachesOutside = async (from: Netns): Promise<readonly boolean[]> => {
  const pings = [outside.v4, outside.v6].map(address => from.run('ping', ['-c', '3', '-i', '0.5', '-W', '1', address]));
  return (await Promise.all(pings)).map(({exitCode}) => exitCode === 0);
};

/** firewalld keeps the empty chains of a zone that it has once used. */
const rulesAfterReload = async (): Promise<readonly string[]> =>
  (await sh('firewall-cmd -q --reload; nft -s list ruleset')).split('\n').sort();

testWith.each([{}, {backend: 'firewalld'}, {firewalldZone: 'dmz'}])('firewall with %j', async keys => {
  configure();
  const cut = await attach('cut');
  expect(await reachesOutside(cut)).toEqual([false, false]);
  await end('cut', cut);
  const before = await rulesAfterReload();

  configure({type: 'firewall', ...keys});
  const red = await attach('c1');
  const isTrusted = !('firewalldZone' in keys);
  const zone = isTrusted ? 'trusted' : 'dmz';
  expect(await sh(`firewall-cmd --zone=${zone} --list-sources`)).toBe('10.1.0.0/24 fd00:1::/64');
  expect(await reachesOutside(red)).toEqual([isTrusted, isTrusted]);

  await sh('firewall-cmd --reload');
  expect(await reachesOutside(red)).toEqual([false, false]);
  expect(await host.run(executable, ['repair'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining(`source "10.1.0.0/24" is not in zone "${zone}"`),
  });
  expect(await reachesOutside(red)).toEqual([isTrusted, isTrusted]);

  await end('c1', red);
  expect(await sh(`firewall-cmd --zone=${zone} --list-sources`)).toBe('');
  expect(await rulesAfterReload()).toEqual(before);
});
