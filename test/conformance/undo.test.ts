// undo(ADD) is the identity, for configurations that nobody has thought of: whatever bridge or pair is asked for, a failed ADD
// leaves the host as it was, and a DEL leaves it as it was before the ADD. The network's first container comes and goes
// before: what containers share stays with the network.
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {createHost, type Host} from '../host.ts';
import {expectSame, look} from './look.ts';
import {call, type Json, linkPlugins, makeNetns, netnsPath, sh} from './plugins.ts';

let host: Host;
beforeAll(async () => {
  host = await createHost();
  await linkPlugins(host, ['bridge', 'host-local', 'ptp']);
  await sh(host, makeNetns('c1'), makeNetns('c2'));
});
afterAll(() => host.close());

const range = fc.constantFrom(
  {subnet: '10.1.0.0/24'},
  {subnet: '10.1.0.0/29', gateway: '10.1.0.6'},
  {subnet: '10.2.0.0/16', rangeStart: '10.2.3.4'},
  {subnet: 'fd00:1::/64'},
  {subnet: 'fd00:2::/112', rangeStart: 'fd00:2::10', rangeEnd: 'fd00:2::12'},
);
const route = fc.record(
  {
    dst: fc.constantFrom('0.0.0.0/0', '::/0', '10.9.0.0/16', 'fd00:9::/32', '10.1.0.0/16'),
    gw: fc.constantFrom('10.1.0.2', '10.1.0.1', 'fd00:1::1', '192.168.9.9'),
    mtu: fc.constantFrom(1280, 1400),
    advmss: fc.constant(1200),
    priority: fc.integer({min: 0, max: 1000}),
    table: fc.constantFrom(0, 100, 254),
    scope: fc.constantFrom(0, 200, 253),
  },
  {requiredKeys: ['dst']},
);
const ipam = fc.record(
  {
    type: fc.constant('host-local'),
    ranges: fc.uniqueArray(range, {minLength: 1, maxLength: 3}).map(ranges => ranges.map(one => [one])),
    routes: fc.array(route, {maxLength: 3}),
  },
  {requiredKeys: ['type', 'ranges']},
);
const plugin = fc.record(
  {
    type: fc.constantFrom('bridge', 'bridge', 'ptp'),
    isGateway: fc.boolean(),
    isDefaultGateway: fc.boolean(),
    forceAddress: fc.boolean(),
    ipMasq: fc.boolean(),
    ipMasqBackend: fc.constantFrom('nftables', 'iptables'),
    macspoofchk: fc.boolean(),
    portIsolation: fc.boolean(),
    hairpinMode: fc.boolean(),
    promiscMode: fc.boolean(),
    mtu: fc.constantFrom(0, 68, 1280, 1500, 9000, 65535),
    args: fc.record({cni: fc.record({mac: fc.constantFrom('02:00:00:00:00:09', '')})}),
    runtimeConfig: fc.record({ips: fc.constantFrom([], ['10.1.0.5'], ['fd00:1::5'])}, {requiredKeys: []}),
    ipam,
  },
  {requiredKeys: ['type']},
);

const ofFirst = {CNI_CONTAINERID: 'c2', CNI_NETNS: netnsPath('c2')};

test('for any configuration, an ADD that fails and an ADD with its DEL change nothing', async () => {
  const seen = {succeeded: 0, failed: 0};
  await fc.assert(
    fc
      .asyncProperty(plugin, async settings => {
        const {type} = settings;
        const conf = {cniVersion: '1.1.0', name: 'net1', bridge: 'br1', ...settings};
        const del = (previous?: Json, env = {}) =>
          call(host, {type, verb: 'DEL', conf: {...conf, ...(previous && {prevResult: previous})}, env});
        const cold = await look(host);
        const first = await call(host, {type, verb: 'ADD', conf, env: ofFirst});
        if (first.exitCode !== 0) {
          seen.failed++;
          await expectSame(() => look(host), cold);
          return;
        }
        seen.succeeded++;
        expect(await del(first.json, ofFirst)).toMatchObject({exitCode: 0});
        const warm = await look(host);
        const second = await call(host, {type, verb: 'ADD', conf});
        // It can fail where the first did not: the kernel takes a route's gateway or refuses it by the address that was given.
        if (second.exitCode === 0) expect(await del(second.json)).toMatchObject({exitCode: 0});
        await expectSame(() => look(host), warm);
      })
      .afterEach(startAgain),
    {numRuns: 30, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: false},
  );
  // A property that nothing ever gets through would hold as well.
  expect(seen.succeeded).toBeGreaterThan(0);
  expect(seen.failed).toBeGreaterThan(0);
});

async function startAgain(): Promise<void> {
  await sh(
    host,
    'ip link del br1 2>/dev/null || :',
    'nft flush ruleset',
    'rm -rf /run/cni-hook /var/lib/cni',
    'sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0',
  );
}
