// The reference's plugins and ours in one house: what one has added the other takes back, each serves the other as
// delegate, and results go from one to the other in chains.
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {expectSame, look} from '../conformance/look.ts';
import {
  inNetns,
  type Json,
  linkPlugins,
  makeNetns,
  netnsPath,
  pluginDir,
  removeNetns,
  sh,
} from '../conformance/plugins.ts';
import {isLease} from '../fixtures/networks.ts';
import {createHost, type Host, type Outcome} from '../host.ts';
import {referenceDir} from './side.ts';

const ours = pluginDir;
const theirs = referenceDir;
/** Our bridge finds the reference's plugins here under names of their own, or it would take its own. */
const renamed = '/opt/cni/renamed';
/** The reference's bridge finds our host-local here, and nothing else. */
const delegate = '/opt/cni/delegate';

let host: Host;
beforeAll(async () => {
  host = await createHost();
  await linkPlugins(host, ['bridge', 'host-local', 'loopback']);
  await linkPlugins(host, ['host-local'], delegate);
  const names = ['host-local', 'static', 'dhcp'].map(name => `ln -s ${theirs}/${name} ${renamed}/ref-${name}`);
  await sh(host, `mkdir ${renamed}`, ...names);
});
afterAll(() => host.close());
beforeEach(() => sh(host, makeNetns('c1')));
afterEach(async () => {
  await sh(host, removeNetns('c1'), 'for link in br1 br4; do ip link del $link 2>/dev/null || :; done');
  await host.must('rm', ['-rf', '/run/cni-hook', '/var/lib/cni']);
});

interface Call {
  /** Whose plugin is called. */
  readonly by: string;
  readonly type: string;
  readonly verb: string;
  readonly conf: object;
  readonly path?: string;
  readonly id?: string;
}

/** The reference's bridge has the kernel look for duplicates of its IPv6 address, and routes come with the end of that. */
const duplicatesDetected = 'while ip -6 address show tentative | grep -q inet6; do sleep 0.1; done';

/** A failure is an answer. */
const call = ({by, type, verb, conf, path = by, id = 'c1'}: Call): Promise<Outcome> =>
  host.run(`${by}/${type}`, [], {
    env: {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: id,
      CNI_NETNS: netnsPath('c1'),
      CNI_IFNAME: 'eth0',
      CNI_PATH: path,
    },
    input: JSON.stringify(conf),
  });

async function succeed(options: Call): Promise<Json> {
  const {exitCode, stdout, stderr} = await call(options);
  if (exitCode !== 0) throw new Error(`${options.by}/${options.type} ${options.verb}: ${stdout} ${stderr}`);
  return stdout === '' ? undefined : JSON.parse(stdout);
}

const range = (subnet: string) => [{subnet}];
const ofOneFamily = {type: 'host-local', subnet: '10.1.0.0/24'};
const ranges = [range('10.1.0.0/24'), range('fd00:1::/64')];
const network = {cniVersion: '1.0.0', name: 'net1'};
const leasing = {...network, type: 'bridge', ipam: {type: 'host-local', ranges}};
const bridge = {...network, type: 'bridge', bridge: 'br1', isDefaultGateway: true, ipam: leasing.ipam};
const leases = () => host.list('/var/lib/cni/networks/net1').filter(isLease);
const makers = [
  {who: 'the reference', whom: 'ours', first: theirs, second: ours},
  {who: 'ours', whom: 'the reference', first: ours, second: theirs},
];

describe.each(makers)('what $who adds', ({first, second}) => {
  test('is a lease that the other finds and frees', async () => {
    const previous = await succeed({by: first, type: 'host-local', verb: 'ADD', conf: leasing});
    const conf = {...leasing, prevResult: previous};
    expect(leases()).toHaveLength(2);
    await succeed({by: second, type: 'host-local', verb: 'CHECK', conf});
    await succeed({by: second, type: 'host-local', verb: 'DEL', conf});
    expect(leases()).toEqual([]);
    expect((await call({by: first, type: 'host-local', verb: 'CHECK', conf})).exitCode).toBe(1);
    await succeed({by: first, type: 'host-local', verb: 'DEL', conf});
  });

  test('is a lease that the other does not give to somebody else', async () => {
    const small = {...leasing, ipam: {type: 'host-local', subnet: '10.1.0.0/30'}};
    await succeed({by: first, type: 'host-local', verb: 'ADD', conf: small});
    const {exitCode} = await call({by: second, type: 'host-local', verb: 'ADD', conf: small, id: 'c2'});
    expect(exitCode).toBe(1);
    await succeed({by: second, type: 'host-local', verb: 'DEL', conf: small});
    expect(leases()).toEqual([]);
  });

  test.each(['with', 'without'])('is an interface that the other checks and takes away %s its result', async how => {
    await succeed({by: first, type: 'bridge', verb: 'ADD', conf: bridge});
    await succeed({by: first, type: 'bridge', verb: 'DEL', conf: bridge});
    await sh(host, duplicatesDetected);
    const before = await look(host);
    const previous = await succeed({by: first, type: 'bridge', verb: 'ADD', conf: bridge});
    const conf = {...bridge, prevResult: previous};
    await succeed({by: second, type: 'bridge', verb: 'CHECK', conf});
    await succeed({by: second, type: 'bridge', verb: 'DEL', conf: how === 'with' ? conf : bridge});
    // What we remember of an attachment that others have deleted is ours to clear away.
    await succeed({by: ours, type: 'bridge', verb: 'DEL', conf});
    await expectSame(() => look(host), before);
  });

  test('may be added again as soon as the other has deleted it', async () => {
    for (const by of [first, first, second]) {
      await succeed({by, type: 'bridge', verb: 'ADD', conf: bridge});
      await succeed({by: by === first ? second : first, type: 'bridge', verb: 'DEL', conf: bridge});
    }
    expect(leases()).toEqual([]);
  });

  test('may have a neighbour on the same bridge that the other has added', async () => {
    await sh(host, makeNetns('c2'));
    const env = {CNI_CONTAINERID: 'c2', CNI_NETNS: netnsPath('c2'), CNI_IFNAME: 'eth0', CNI_PATH: second};
    const neighbour = (verb: string) =>
      host.must(`${second}/bridge`, [], {env: {...env, CNI_COMMAND: verb}, input: JSON.stringify(bridge)});
    const {ips} = await succeed({by: first, type: 'bridge', verb: 'ADD', conf: bridge});
    await neighbour('ADD');
    for (const {address} of ips) {
      await sh(host, `${inNetns('c2')} ping -q -c 1 -W 2 ${address.split('/')[0]}`);
    }
    await succeed({by: first, type: 'bridge', verb: 'DEL', conf: bridge});
    await neighbour('DEL');
    await sh(host, removeNetns('c2'));
  });
});

describe('a delegate of the other house', () => {
  const versions = ['0.2.0', '0.3.1', '0.4.0', '1.0.0'];

  test.each(versions)("the reference's bridge with our host-local, in %s", async cniVersion => {
    const conf = {...bridge, cniVersion};
    const calls = {by: theirs, type: 'bridge', path: delegate} as const;
    const result = await succeed({...calls, verb: 'ADD', conf});
    expect(host.read('/var/lib/cni/networks/net1/lock')).toBe('');
    expect(leases()).toHaveLength(2);
    const previous = {...conf, prevResult: result};
    if (cniVersion >= '0.4.0') await succeed({...calls, verb: 'CHECK', conf: previous});
    await succeed({...calls, verb: 'DEL', conf: previous});
    expect(leases()).toEqual([]);
  });

  test("the reference's ptp with our host-local", async () => {
    const conf = {...network, type: 'ptp', ipMasq: false, ipam: {...leasing.ipam, routes: [{dst: '0.0.0.0/0'}]}};
    const calls = {by: theirs, type: 'ptp', path: delegate} as const;
    const result = await succeed({...calls, verb: 'ADD', conf});
    expect(result.ips).toHaveLength(2);
    await succeed({...calls, verb: 'DEL', conf: {...conf, prevResult: result}});
    expect(leases()).toEqual([]);
  });

  test.each(versions)("our bridge with the reference's host-local, in %s", async cniVersion => {
    const conf = {...bridge, cniVersion, ipam: {...bridge.ipam, type: 'ref-host-local'}};
    const calls = {by: ours, type: 'bridge', path: `/nowhere:${renamed}`} as const;
    await succeed({...calls, verb: 'ADD', conf});
    await succeed({...calls, verb: 'DEL', conf});
    const before = await look(host);
    const result = await succeed({...calls, verb: 'ADD', conf});
    expect(leases()).toHaveLength(2);
    const previous = {...conf, prevResult: result};
    if (cniVersion >= '0.4.0') {
      await succeed({...calls, verb: 'CHECK', conf: previous});
      await sh(host, 'mv /var/lib/cni/networks/net1 /var/lib/cni/networks/away');
      expect((await call({...calls, verb: 'CHECK', conf: previous})).exitCode).toBe(1);
      await sh(host, 'rm -rf /var/lib/cni/networks/net1; mv /var/lib/cni/networks/away /var/lib/cni/networks/net1');
    }
    await succeed({...calls, verb: 'DEL', conf: previous});
    await expectSame(() => look(host), before);
  });

  test("our bridge with the reference's static", async () => {
    const addresses = [{address: '10.1.0.50/24', gateway: '10.1.0.1'}];
    const conf = {...bridge, ipam: {type: 'ref-static', addresses, routes: [{dst: '10.9.0.0/16'}]}};
    const calls = {by: ours, type: 'bridge', path: renamed} as const;
    const result = await succeed({...calls, verb: 'ADD', conf});
    expect(result).toMatchObject({ips: [{...addresses[0], interface: 2}], routes: [{dst: '10.9.0.0/16'}, {}]});
    await succeed({...calls, verb: 'CHECK', conf: {...conf, prevResult: result}});
    await succeed({...calls, verb: 'DEL', conf: {...conf, prevResult: result}});
  });

  test.each([
    {
      id: 'c3',
      what: 'has no address left',
      ipam: {type: 'ref-host-local', subnet: '10.4.0.0/30'},
      says: /no IP addresses available/,
    },
    {id: 'c4', what: 'is dhcp without its daemon', ipam: {type: 'ref-dhcp'}, says: /dhcp.*\/run\/cni\/dhcp\.sock/},
    {
      id: 'c5',
      what: 'does not speak the version',
      cniVersion: '1.1.0',
      ipam: {type: 'ref-host-local'},
      says: /version/,
    },
  ])('one that $what: our bridge says so and leaves nothing', async ({id, ipam, says, cniVersion = '1.0.0'}) => {
    await sh(host, 'mkdir -p /var/lib/cni/networks/net1', `printf 'c9\\r\\neth0' >/var/lib/cni/networks/net1/10.4.0.2`);
    const conf = {...bridge, bridge: 'br4', cniVersion, ipam};
    const before = await look(host);
    const {exitCode, stdout} = await call({by: ours, type: 'bridge', verb: 'ADD', conf, path: renamed, id});
    expect({exitCode, json: JSON.parse(stdout)}).toMatchObject({
      exitCode: 1,
      json: {cniVersion, code: expect.any(Number), msg: expect.stringMatching(says)},
    });
    const {links, addresses, routes, nft} = (await look(host)).host;
    expect({links, addresses, routes, nft}).toEqual({
      links: before.host.links,
      addresses: before.host.addresses,
      routes: before.host.routes,
      nft: before.host.nft,
    });
    await sh(host, 'rm /var/lib/cni/networks/net1/10.4.0.2');
  });
});

describe('a chain of both houses', () => {
  const settings = {mac: '02:11:22:33:44:88', mtu: 1380, sysctl: {'net.ipv4.conf.eth0.rp_filter': '2'}};
  const tuning = {...network, type: 'tuning', ...settings};
  const portMappings = [{hostPort: 8080, containerPort: 80, protocol: 'tcp'}];
  const portmap = {...network, type: 'portmap', runtimeConfig: {portMappings}};

  test('our bridge, then tuning, portmap and firewall of the reference', async () => {
    const bridge = {...network, type: 'bridge', bridge: 'br1', isDefaultGateway: true, ipam: ofOneFamily};
    await succeed({by: ours, type: 'bridge', verb: 'ADD', conf: bridge});
    await succeed({by: ours, type: 'bridge', verb: 'DEL', conf: bridge});
    const before = (await look(host)).host;
    const first = await succeed({by: ours, type: 'bridge', verb: 'ADD', conf: bridge});
    const tuned = await succeed({by: theirs, type: 'tuning', verb: 'ADD', conf: {...tuning, prevResult: first}});
    expect(tuned).toMatchObject({ips: first.ips, routes: first.routes});
    const mapped = await succeed({by: theirs, type: 'portmap', verb: 'ADD', conf: {...portmap, prevResult: tuned}});
    const firewall = {...network, type: 'firewall', backend: 'iptables', prevResult: mapped};
    const last = await succeed({by: theirs, type: 'firewall', verb: 'ADD', conf: firewall});
    // Not portmap: its CHECK looks for the rules of a family that the container has no address of.
    for (const [by, conf] of [
      [ours, bridge],
      [theirs, tuning],
      [theirs, firewall],
    ] as const) {
      await succeed({by, type: conf.type, verb: 'CHECK', conf: {...conf, prevResult: last}});
    }
    for (const [by, conf] of [
      [theirs, firewall],
      [theirs, portmap],
      [theirs, tuning],
      [ours, bridge],
    ] as const) {
      await succeed({by, type: conf.type, verb: 'DEL', conf: {...conf, prevResult: last}});
    }
    const own = ({links, addresses, routes, files}: typeof before) => ({links, addresses, routes, files});
    await expectSame(async () => own((await look(host)).host), own(before));
  });

  test("the reference's bridge, then our loopback, which hands its result on", async () => {
    const first = await succeed({by: theirs, type: 'bridge', verb: 'ADD', conf: bridge});
    const loopback = {...network, type: 'loopback', prevResult: first};
    const {dns: _empty, ...told} = first;
    expect(await succeed({by: ours, type: 'loopback', verb: 'ADD', conf: loopback})).toEqual(told);
    await succeed({by: ours, type: 'loopback', verb: 'DEL', conf: loopback});
    await succeed({by: theirs, type: 'bridge', verb: 'DEL', conf: bridge});
  });
});
