// Whatever is wrong: exit 1, one line that names the thing, the same line in the log, and a host as it was before.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {bridgeNetwork, classic} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, type HookOptions, type Host, type Netns, type Outcome} from '../host.ts';

jest.setTimeout(60_000);

interface Fault {
  readonly what: string;
  /** Goes into the conf dir beside "mynet". */
  readonly network?: object | string;
  readonly flags?: readonly string[];
  readonly state?: object;
  readonly options?: HookOptions;
  /** Shell commands that bring the host into the condition; CONTAINER is the container's netns. */
  readonly given?: readonly string[];
  readonly says: RegExp;
}

const ipam = {type: 'host-local', subnet: '10.1.0.0/24'};
const network = (settings: object) =>
  bridgeNetwork('broken', 'cnibr1', {isGateway: true, ipMasq: true, ipam, ...settings});
const firewalled = (settings: object) => ({
  cniVersion: '1.0.0',
  name: 'broken',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cnibr1',
      isGateway: true,
      ipam: {type: 'host-local', ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]]},
    },
    {type: 'firewall', ...settings},
  ],
});
/** Chains that call each other as often as the kernel allows: nothing can call the first one from FORWARD. */
const tooDeep =
  'for i in $(seq 17); do iptables -N SITE$i; done; for i in $(seq 15 -1 1); do iptables -A SITE$i -j SITE$((i + 1)); done';
const conf = '/etc/cni/net.d/20-broken.conflist';
const without = (capability: string): HookOptions => ({under: ['setpriv', `--bounding-set=-${capability}`]});

const faults: readonly Fault[] = [
  {what: 'the id may not be a file name', state: {id: '../x'}, says: /container id "\.\.\/x" is not allowed/},
  {what: 'there is no pid', state: {pid: 0}, says: /container "c1" has no pid/},
  {what: 'the process has ended', state: {pid: 4_000_000}, says: /container "c1": process 4000000 has ended/},
  {what: 'a flag is unknown', flags: ['--netwrok=mynet'], says: /--netwrok.*--network/},
  {
    what: 'the network is unknown',
    flags: ['--network=nope'],
    says: /no network "nope" in \/etc\/cni\/net\.d \(there: mynet\)/,
  },
  {
    what: 'the interface name is too long',
    flags: ['--network=mynet:a-very-long-name'],
    says: /"a-very-long-name" is not allowed/,
  },
  {
    what: 'the interface name in the annotation is none',
    state: {annotations: {'io.cni-hook.networks': 'mynet:a/b'}},
    says: /interface name "a\/b" is not allowed/,
  },
  {
    what: 'the conf file is no JSON',
    network: '{"name": "broken",\n  "plugins": [}',
    says: /20-broken\.conflist:2:15: not valid JSON/,
  },
  {
    what: 'the settings are wrong',
    given: [`mkdir /etc/cni-hook && echo '{"stateDir": 1}' >/etc/cni-hook/config.json`],
    flags: [],
    says: /\/etc\/cni-hook\/config\.json: "stateDir" must be a string/,
  },
  {
    what: 'the subnet is none',
    network: network({ipam: {...ipam, subnet: '10.1.0/24'}}),
    says: /network "broken".*"subnet": "10\.1\.0\/24"/,
  },
  {
    what: 'the subnet has host bits',
    network: network({ipam: {...ipam, subnet: '10.1.0.5/24'}}),
    says: /10\.1\.0\.5\/24 has host bits set.*10\.1\.0\.0\/24/,
  },
  {
    what: 'the subnet has no room',
    network: network({ipam: {...ipam, subnet: '10.1.0.0/31'}}),
    says: /10\.1\.0\.0\/31 is too small/,
  },
  {
    what: 'the plugin type is unknown',
    network: {cniVersion: '1.0.0', name: 'broken', plugins: [{type: 'nosuch'}]},
    says: /network "broken".*there is no plugin "nosuch"/,
  },
  {
    what: 'the IPAM type is unknown',
    network: network({ipam: {type: 'nosuch'}}),
    says: /network "broken".*there is no.* plugin "nosuch"/,
  },
  {
    what: 'the range is exhausted',
    network: network({ipam: {...ipam, subnet: '10.1.0.0/30', dataDir: '/run/leases'}}),
    given: ['mkdir -p /run/leases/broken', String.raw`printf 'other\r\neth0' >/run/leases/broken/10.1.0.2`],
    says: /no address is free in 10\.1\.0\.1-10\.1\.0\.2/,
  },
  {
    what: 'the kernel refuses a route',
    network: network({ipam: {...ipam, routes: [{dst: '10.9.0.0/16', gw: '10.200.0.1'}]}}),
    says: /cannot add route "10\.9\.0\.0\/16" via "10\.200\.0\.1" to "eth0": Nexthop/,
  },
  {
    what: 'the bridge is another kind of link',
    network: network({}),
    given: ['ip link add cnibr1 type veth peer name other'],
    says: /network "broken": "cnibr1" exists and is not a bridge/,
  },
  {
    what: 'the bridge has another address',
    network: network({}),
    given: ['ip link add cnibr1 type bridge', 'ip address add 10.1.0.9/24 dev cnibr1'],
    says: /bridge "cnibr1" already has the address 10\.1\.0\.9\/24, not 10\.1\.0\.1\/24/,
  },
  {
    what: 'the container has such an interface',
    network: network({}),
    given: ['ip link add somebody type veth peer name eth0 netns $CONTAINER'],
    says: /container "c1" already has an interface "eth0"/,
  },
  {
    what: 'the hook may not change the network',
    network: network({}),
    options: without('net_admin'),
    says: /"(cnibr1|broken)": Operation not permitted: .*CAP_NET_ADMIN/,
  },
  {
    what: 'the hook may not enter the container',
    network: network({}),
    options: without('sys_admin'),
    says: /\/ns\/net".*Operation not permitted/,
  },
  {
    what: 'nft is not installed',
    network: network({}),
    options: {under: ['unshare', '--mount', 'sh', '-c', withoutTool('nft'), 'sh']},
    says: /"nft" is not installed: apt-get install nftables/,
  },
  {
    what: 'a part of iptables is not installed',
    network: firewalled({}),
    options: {under: ['unshare', '--mount', 'sh', '-c', withoutTool('ip6tables-restore'), 'sh']},
    says: /"ip6tables-restore" is not installed: apt-get install iptables$/,
  },
  {
    what: 'iptables refuses',
    network: firewalled({iptablesAdminChainName: 'SITE1'}),
    given: [tooDeep],
    says: /iptables-restore .*\(nf_tables\): line \d+: RULE_\w+ failed \(Too many links\)/,
  },
  {
    what: 'the admin chain is one that iptables has itself',
    network: firewalled({iptablesAdminChainName: 'FORWARD'}),
    says: /"iptablesAdminChainName" must be the name of a chain of your own, got "FORWARD"/,
  },
];

let host: Host;
let container: Netns;
beforeEach(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10-mynet.conflist', classic);
  container = await host.netns();
});
afterEach(() => host.close());

test.each(faults)('if $what, nothing is done and one line says so', async fault => {
  if (fault.network) host.write(conf, fault.network);
  if (fault.given)
    await host.must('sh', ['-ec', fault.given.join('\n')], {env: {CONTAINER: `/proc/${container.pid}/ns/net`}});
  const before = await everything();
  const flags = fault.flags ?? (fault.network ? ['--network=broken'] : []);
  const outcome = await host.hook(
    'createRuntime',
    {...creating('c1', container.pid), ...fault.state},
    flags,
    fault.options,
  );
  const line = refusal(outcome);
  expect(line).toMatch(fault.says);
  expect(lastLogged()).toMatchObject({
    level: 'error',
    event: 'createRuntime',
    id: 'c1',
    ...pickId(fault.state),
    msg: line,
  });
  expect(await everything()).toEqual(before);
});

test.each([
  {what: 'no JSON', stdin: '{"id": "c1",', says: /OCI state on stdin:1:13: not valid JSON/},
  {what: 'nothing', stdin: '', says: /OCI state on stdin is empty/},
  {what: 'no object', stdin: '[]', says: /OCI state on stdin: expected an object/},
  {what: 'a state without id', stdin: '{"pid": 1}', says: /OCI state on stdin has no "id"/},
])('if stdin holds $what, both hooks refuse it with one line and do nothing', async ({stdin, says}) => {
  const before = await everything();
  for (const name of ['createRuntime', 'prestart', 'poststop']) {
    const outcome = await host.hook(name, stdin);
    expect(refusal(outcome, name)).toMatch(says);
  }
  expect(await everything()).toEqual(before);
});

/** The one line on stderr, without the name of the hook. */
function refusal({exitCode, stdout, stderr}: Outcome, name = 'createRuntime'): string {
  expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
  expect(stderr).toMatch(new RegExp(`^cni-hook ${name}: [^\n]+$`));
  return stderr.slice(`cni-hook ${name}: `.length);
}

function lastLogged(): object {
  expect(host.list('/run/cni-hook')).toContain('log.jsonl');
  return JSON.parse(host.read('/run/cni-hook/log.jsonl').trim().split('\n').at(-1) ?? '{}') as object;
}

/** The host, and what the container has. */
async function everything(): Promise<object> {
  const links = await container.run('ip', ['-j', 'address']);
  return {...(await host.snapshot()), container: links.stdout};
}

const pickId = (state: object = {}): object => ('id' in state ? {id: state.id} : {});

/** A script that runs its arguments where the program is not installed. */
function withoutTool(name: string): string {
  return [
    'set -e',
    'mkdir -p /mnt/sbin/upper /mnt/sbin/work',
    'mount -t overlay -o lowerdir=/usr/sbin,upperdir=/mnt/sbin/upper,workdir=/mnt/sbin/work overlay /usr/sbin',
    `rm /usr/sbin/${name}`,
    'exec "$@"',
  ].join('\n');
}
