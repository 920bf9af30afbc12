// Who reaches whom with each ingressPolicy, of ours and of the reference, each in a host of its own: two networks that have the
// policy, one that has none, and the outside. The reference that Debian 12 has does not know "isolated" yet; later ones isolate
// where the kernel shows bridged packets to the firewall.
import {expect, jest, test} from '@jest/globals';
import {hostAsSeen, outside} from '../fixtures/outside.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns} from '../host.ts';

jest.setTimeout(120_000);

type Policy = 'open' | 'same-bridge' | 'isolated';

/** Who, whom, and by which policies of the first two networks he does. */
const table: readonly (readonly [from: string, to: string, reaches: readonly Policy[]])[] = [
  ['red1', 'red2', ['open', 'same-bridge']],
  ['red1', 'blue1', ['open']],
  ['blue1', 'red1', ['open']],
  ['red1', 'plain1', ['open', 'same-bridge', 'isolated']],
  ['plain1', 'red1', ['open', 'same-bridge', 'isolated']],
  ['red1', 'gateway of red', ['open', 'same-bridge', 'isolated']],
  ['red1', 'gateway of blue', ['open', 'same-bridge', 'isolated']],
  ['host', 'red1', ['open', 'same-bridge', 'isolated']],
  ['red1', 'outside', ['open', 'same-bridge', 'isolated']],
  ['outside', 'red1', ['open', 'same-bridge', 'isolated']],
];

const containers: Readonly<Record<string, {readonly network: string; readonly subnet: number}>> = {
  red1: {network: 'red', subnet: 1},
  red2: {network: 'red', subnet: 1},
  blue1: {network: 'blue', subnet: 2},
  plain1: {network: 'plain', subnet: 3},
};

const addresses: Readonly<Record<string, readonly [v4: string, v6: string]>> = {
  red1: ['10.1.0.2', 'fd00:1::2'],
  red2: ['10.1.0.3', 'fd00:1::3'],
  blue1: ['10.2.0.2', 'fd00:2::2'],
  plain1: ['10.3.0.2', 'fd00:3::2'],
  'gateway of red': ['10.1.0.1', 'fd00:1::1'],
  'gateway of blue': ['10.2.0.1', 'fd00:2::1'],
  outside: [outside.v4, outside.v6],
};

const reference = {'cni-hook': {external: true}};

function network(name: string, subnet: number, policy: Policy, more: object): object {
  const ranges = [[{subnet: `10.${subnet}.0.0/24`}], [{subnet: `fd00:${subnet}::/64`}]];
  const bridge = {type: 'bridge', bridge: `br-${name}`, isDefaultGateway: true, ipam: {type: 'host-local', ranges}};
  const firewall = {type: 'firewall', ...(policy !== 'open' && {ingressPolicy: policy})};
  return {
    cniVersion: '1.0.0',
    name,
    plugins: [
      {...bridge, ...more},
      {...firewall, ...more},
    ],
  };
}

const settled = 'while ip -6 address show tentative | grep -q inet6; do sleep 0.1; done';

/** The pairs that reach each other, and what is left of it all in the end, after `gc`. */
async function observe(policy: Policy, more: object, sysctl = ''): Promise<{reached: readonly string[]; left: string}> {
  const host = await createHost();
  try {
    const far = await host.addOutside();
    await far.run('ip', ['route', 'add', '10.0.0.0/8', 'via', hostAsSeen.v4]);
    await far.run('ip', ['-6', 'route', 'add', 'fd00::/8', 'via', hostAsSeen.v6]);
    await host.must('sh', ['-ec', `${sysctl}\n${settled}`]);
    for (const [name, subnet] of [
      ['red', 1],
      ['blue', 2],
      ['plain', 3],
    ] as const)
      host.write(`/etc/cni/net.d/${name}.conflist`, network(name, subnet, name === 'plain' ? 'open' : policy, more));
    const people = new Map<string, Pick<Netns, 'run'>>([
      ['host', host],
      ['outside', far],
    ]);
    const started: Netns[] = [];
    for (const [id, {network: name}] of Object.entries(containers)) {
      const container = await host.netns();
      const env = {CNI_PATH: '/usr/lib/cni'};
      const outcome = await host.hook('createRuntime', creating(id, container.pid), ['--network', name], {env});
      expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
      people.set(id, container);
      started.push(container);
    }
    // The reference does without duplicate detection in the container alone.
    await host.must('sh', ['-ec', settled]);
    const pings = table.flatMap(([from, to]) => (addresses[to] ?? []).map(address => ({from, to, address})));
    const answers = await Promise.all(
      pings.map(({from, address}) => people.get(from)?.run('ping', ['-c', '2', '-i', '0.3', '-W', '1', address])),
    );
    const reached = pings
      .filter((_, i) => answers[i]?.exitCode === 0)
      .map(({from, to, address}) => `${from} reaches ${to} at ${address}`);
    for (const container of started) await container.end();
    for (const id of Object.keys(containers))
      await host.hook('poststop', stopped(id), [], {env: {CNI_PATH: '/usr/lib/cni'}});
    return {reached, left: await leftOf(host)};
  } finally {
    await host.close();
  }
}

async function leftOf(host: Host): Promise<string> {
  await host.must(executable, ['gc', '--networks']);
  return host.must('nft', ['list', 'ruleset']);
}

const expected = (policy: Policy): readonly string[] =>
  table
    .filter(([, , reaches]) => reaches.includes(policy))
    .flatMap(([from, to]) => (addresses[to] ?? []).map(address => `${from} reaches ${to} at ${address}`));

test.each(['open', 'same-bridge'] as const)('%s is what the reference makes of it', async policy => {
  expect((await observe(policy, reference)).reached).toEqual(expected(policy));
});

test.each(['open', 'same-bridge', 'isolated'] as const)('%s, and nothing of it is left', async policy => {
  expect(await observe(policy, {})).toEqual({reached: expected(policy), left: ''});
});

test('isolated needs no kernel that shows bridged packets to the firewall', async () => {
  const off = 'sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0';
  expect((await observe('isolated', {}, off)).reached).toEqual(expected('isolated'));
});

test('a bridge of several networks keeps what one of them wants when the other is taken down', async () => {
  const host = await createHost();
  try {
    const wanted = {red: 'same-bridge', blue: 'isolated', green: 'same-bridge'} as const;
    for (const [name, policy] of Object.entries(wanted)) {
      const plain = network(name, 1, policy, {}) as {plugins: readonly object[]};
      const [bridge = {}, firewall = {}] = plain.plugins;
      const shared = {...bridge, bridge: 'br0'};
      host.write(`/etc/cni/net.d/${name}.conflist`, {...plain, plugins: [shared, firewall]});
    }
    const take = async (name: string) => {
      const container = await host.netns();
      const outcome = await host.hook('createRuntime', creating(name, container.pid), ['--network', name]);
      expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
      return async () => {
        await container.end();
        await host.hook('poststop', stopped(name));
        await host.must(executable, ['gc', '--networks']);
      };
    };
    const sets = async () =>
      (await host.must('nft', ['list', 'ruleset'])).match(/set ingress-\S+|elements = .*"br0".*/g) ?? [];
    const member = ['set ingress-links', 'elements = { "br0" }'];
    const [open, closed] = ['set ingress-open', 'set ingress-closed'];
    const pair = 'elements = { "br0" . "br0" }';
    const [endRed, endBlue, endGreen] = [await take('red'), await take('blue'), await take('green')];
    expect(await sets()).toEqual([...member, open, pair, closed, pair]);
    await endRed();
    expect(await sets()).toEqual([...member, open, pair, closed, pair]);
    await endGreen();
    expect(await sets()).toEqual([...member, open, closed, pair]);
    await endBlue();
    expect(await sets()).toEqual([]);
  } finally {
    await host.close();
  }
});
