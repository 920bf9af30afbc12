// What doctor says of a firewall, held against what the kernel does with a packet: from a container to a host outside.
import {beforeAll, describe, expect, test} from '@jest/globals';
import {outside} from '../fixtures/outside.ts';
import {useDoctorHost} from './planted.ts';

const {host, sh, ask, attach, container} = useDoctorHost();

beforeAll(async () => {
  await host().addOutside();
  await sh(`ip route add default via ${outside.v4}`);
});

const reachesOutside = async () => (await container().run('ping', ['-c1', '-W1', outside.v4])).exitCode === 0;
const guard = (...rules: readonly string[]) =>
  [
    'nft add table ip site',
    "nft 'add chain ip site guard { type filter hook forward priority 0; policy accept; }'",
    ...rules.map(rule => `nft 'add rule ip site guard ${rule}'`),
  ].join('\n');

const firewalls: readonly (readonly [name: string, passes: boolean, script: string])[] = [
  ['lets all through', true, guard('accept')],
  ['drops what a bridge sends', false, guard('iifname "cni*" drop')],
  ['drops answers', false, guard('iifname outside oifname cnibr0 drop')],
  ['drops another network', true, guard('ip saddr 10.0.0.0/8 drop', 'iifname docker0 drop')],
  ['lets new packets out, and answers in', true, guard('ct state vmap { established : accept, new : accept }', 'drop')],
  ['lets answers in, and nothing out', false, guard('ct state established accept', 'drop')],
  ['has a policy of drop', false, 'iptables-nft -P FORWARD DROP'],
  [
    'has a policy of drop, and rules for us',
    true,
    'iptables-nft -P FORWARD DROP; iptables-nft -A FORWARD -i cnibr0 -j ACCEPT; iptables-nft -A FORWARD -o cnibr0 -j ACCEPT',
  ],
  [
    'is an old one that drops',
    false,
    'iptables-legacy -P FORWARD DROP; iptables-legacy -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT',
  ],
  [
    'is an old one with a chain that returns',
    false,
    'iptables-legacy -N site; iptables-legacy -A site -j RETURN; iptables-legacy -A FORWARD -j site; iptables-legacy -A FORWARD -s 172.16.0.0/12 -j REJECT',
  ],
];

const clean =
  'nft delete table ip site 2>/dev/null || true; nft delete table ip filter 2>/dev/null || true; iptables-legacy -P FORWARD ACCEPT; iptables-legacy -F; iptables-legacy -X';

describe('a firewall that', () => {
  test.each(firewalls)('%s', async (_name, passes, script) => {
    expect(await reachesOutside()).toBe(true);
    await sh(script);
    try {
      expect(await reachesOutside()).toBe(passes);
      const {wrong} = await ask();
      expect(wrong.map(({area}) => area)).toEqual(passes ? [] : ['firewall']);
      for (const {mend} of wrong) await sh(mend.join('\n'));
      expect(await reachesOutside()).toBe(true);
      expect((await ask()).wrong).toEqual([]);
    } finally {
      await sh(clean);
    }
  });
});

describe('a ptp network', () => {
  const ipam = {type: 'host-local', subnet: '10.60.0.0/24', routes: [{dst: '0.0.0.0/0'}]};
  const ptp = {cniVersion: '1.0.0', name: 'pair', plugins: [{type: 'ptp', ipMasq: true, ipam}]};
  const forCnibr0 = 'iptables-nft -A FORWARD -i cnibr0 -j ACCEPT; iptables-nft -A FORWARD -o cnibr0 -j ACCEPT';

  const droppers: readonly (readonly [name: string, script: string, says: RegExp])[] = [
    ['a policy', `iptables-nft -P FORWARD DROP; ${forCnibr0}`, /^packets to the outside of network "pair" are dropped/],
    ['a rule for pairs', guard('iifname "veth*" drop'), /^packets to the outside of network "pair" are dropped/],
    [
      'a rule for answers',
      guard('ip daddr 10.60.0.0/24 drop'),
      /^answers from the outside of network "pair" are dropped/,
    ],
    [
      'the old iptables',
      `iptables-legacy -P FORWARD DROP; ${forCnibr0.replaceAll('-nft', '-legacy')}`,
      /^packets to the outside of network "pair" are dropped/,
    ],
  ];

  test.each(droppers)('is let through where it was dropped by %s', async (_name, script, says) => {
    host().write('/etc/cni/net.d/20-pair.conflist', ptp);
    const one = await attach('p1', '--network', 'pair');
    const two = await attach('p2', '--network', 'pair');
    const [, address = ''] = /inet (10\.60\.0\.\d+)/.exec((await two.run('ip', ['address'])).stdout) ?? [];
    const reaches = async (target: string) => (await one.run('ping', ['-c1', '-W1', target])).exitCode === 0;
    const reachesAll = async () => [await reaches(outside.v4), await reaches(address)];
    expect((await ask()).wrong).toEqual([]);
    expect(await reachesAll()).toEqual([true, true]);
    await sh(script);
    try {
      expect(await reaches(outside.v4)).toBe(false);
      const {wrong} = await ask();
      expect(wrong.map(({area}) => area)).toEqual(wrong.map(() => 'firewall'));
      expect(wrong.map(({what}) => what)).toContainEqual(expect.stringMatching(says));
      expect(wrong.map(({what}) => what)).not.toContainEqual(expect.stringContaining('"mynet"'));
      for (const {mend} of wrong) await sh(mend.join('\n'));
      expect((await ask()).wrong).toEqual([]);
      expect(await reachesAll()).toEqual([true, true]);
    } finally {
      await sh(clean);
    }
  });
});
