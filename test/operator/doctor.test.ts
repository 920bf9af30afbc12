// doctor on a host where one thing is wrong: it must say what, and the commands that it prints must put it right. Each fault
// is planted in a healthy host with a living container, and afterwards the host must be healthy again.
import {beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {pause, stateDir, useCliHost} from '../e2e/cli-host.ts';
import {bridgeNetwork, classicLeases} from '../fixtures/networks.ts';
import {ownUsrShare} from '../front/tree.ts';
import {executable, type Netns} from '../host.ts';

interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  readonly area: string;
  readonly what: string;
  readonly mend: readonly string[];
}

interface Report {
  readonly level: string;
  readonly findings: readonly Finding[];
}

const {host, cli, attach, end} = useCliHost();

const ask = async (
  ...flags: readonly string[]
): Promise<{exitCode: number; report: Report; wrong: readonly Finding[]}> => {
  const {exitCode, stdout} = await cli('doctor', '--json', ...flags);
  const report = JSON.parse(stdout) as Report;
  return {exitCode, report, wrong: report.findings.filter(({level}) => level !== 'ok')};
};

/** Runs what doctor printed, as a person would: in a shell, with the executable in the PATH. */
const sh = (script: string) => host().must('sh', ['-ec', `alias cni-hook=${executable}\n${script}`]);

let container: Netns;
// hooks.d is below /usr, which is the machine's.
beforeAll(() => ownUsrShare(host()));
beforeEach(async () => {
  container = await attach('c1');
});

test('a healthy host has a line for each part, and exit code 0', async () => {
  const {exitCode, report, wrong} = await ask();
  expect(wrong).toEqual([]);
  expect(exitCode).toBe(0);
  expect(report.level).toBe('ok');
  expect(report.findings.map(({area}) => area)).toEqual([
    ...['directories', 'networks', 'hooks.d', 'kernel', 'bridges', 'forwarding', 'firewall', 'records', 'leases'],
    ...['living', 'orphans'],
  ]);
  for (const finding of report.findings) expect(Object.keys(finding).sort()).toEqual(['area', 'level', 'mend', 'what']);
});

interface Planted {
  readonly area: string;
  readonly level: 'warning' | 'error';
  readonly plant: () => Promise<unknown> | unknown;
  readonly says: RegExp;
  /** Where no command can mend it: what the test does instead. */
  readonly byHand?: string;
  /** What the test had to add to the host, and must take away again. */
  readonly after?: string;
  /** More than one thing is wrong by it. */
  readonly withOthers?: true;
}

const conf = '/etc/cni/net.d';
const hooksDir = '/usr/share/containers/oci/hooks.d';
const record = `${stateDir}/containers/c1/mynet:eth0.json`;
const forward = (table: string, ...rules: readonly string[]) =>
  sh(
    [
      `nft add table ${table}`,
      `nft 'add chain ${table} guard { type filter hook forward priority 0; policy accept; }'`,
      ...rules.map(rule => `nft 'add rule ${table} guard ${rule}'`),
    ].join('\n'),
  );

const planted: Readonly<Record<string, Planted>> = {
  'a container that ended without its poststop': {
    area: 'orphans',
    level: 'warning',
    plant: async () => end(await attach('c2')),
    says: /^attachment of container "c2", which has ended, to "mynet" as "eth0" 172\.19\.1\.\d+\/24$/,
  },
  'an interface whose record is lost': {
    area: 'orphans',
    level: 'warning',
    plant: () => sh("ip link add stray type veth peer name peer; ip link set stray alias 'cni-hook mynet/gone/eth0'"),
    says: /interface "stray" of container "gone"/,
    withOthers: true,
    after: 'ip link delete stray 2>/dev/null || true',
  },
  'rules of a network that nobody knows': {
    area: 'orphans',
    level: 'warning',
    plant: () => sh("nft 'add chain inet cni-hook masquerade-gone { type nat hook postrouting priority srcnat; }'"),
    says: /masquerade rules of network "gone"/,
  },
  'a half-written file': {
    area: 'orphans',
    level: 'warning',
    plant: () => host().write(`${stateDir}/networks/other.json.new`, '{'),
    says: /other\.json\.new, half written/,
  },
  'a bridge that lost its address': {
    area: 'living',
    level: 'error',
    plant: () => sh('ip address delete 172.19.1.1/24 dev cnibr0'),
    says: /^network "mynet": .*172\.19\.1\.1\/24.*\(container "c1"\)$/,
  },
  'a flushed ruleset': {
    area: 'living',
    level: 'error',
    plant: () => sh('nft flush ruleset'),
    says: /masquerad/,
  },
  'forwarding that was switched off': {
    area: 'living',
    level: 'error',
    plant: () => sh('sysctl -qw net/ipv4/ip_forward=0'),
    says: /ip_forward/,
  },
  'forwarding that is off for the bridge alone': {
    area: 'forwarding',
    level: 'error',
    plant: () => sh('sysctl -qw net/ipv4/conf/cnibr0/forwarding=0'),
    says: /^IPv4 packets that come by "cnibr0" are not forwarded/,
  },
  'a FORWARD policy as Docker sets it': {
    area: 'firewall',
    level: 'error',
    plant: () =>
      sh(
        'iptables-nft -P FORWARD DROP; iptables-nft -N DOCKER-USER; iptables-nft -A DOCKER-USER -j RETURN; iptables-nft -A FORWARD -j DOCKER-USER; iptables-nft -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables-nft -A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
      ),
    says: /the policy of chain "FORWARD" of table "ip filter", which is drop$/,
    after: 'nft delete table ip filter',
  },
  'a rule of nftables that drops': {
    area: 'firewall',
    level: 'error',
    plant: () => forward('inet site', 'ct state established,related accept', 'ip saddr 172.16.0.0/12 counter drop'),
    says: /^packets to the outside of network "mynet" are dropped by the rule "ip saddr 172\.16\.0\.0\/12 drop" in chain "guard" of table "inet site"$/,
    after: 'nft delete table inet site',
  },
  'a rule that rejects answers only': {
    area: 'firewall',
    level: 'error',
    plant: () => forward('ip site', 'iifname "cni*" accept', 'oifname { "cnibr0", "x" } reject'),
    says: /^answers from the outside of network "mynet" are dropped by the rule "oifname/,
    after: 'nft delete table ip site',
  },
  'a drop behind a rule that can not be judged': {
    area: 'firewall',
    level: 'warning',
    plant: () => forward('ip site', 'ip ttl 64 accept', 'drop'),
    says: /may be dropped by the rule "drop"/,
    after: 'nft delete table ip site',
  },
  'a DROP of the old iptables': {
    area: 'firewall',
    level: 'error',
    plant: () => sh('iptables-legacy -A FORWARD -i eth9 -j ACCEPT; iptables-legacy -A FORWARD ! -o lo -j DROP'),
    says: /the rule "-A FORWARD ! -o lo -j DROP" in chain "FORWARD" of iptables-legacy$/,
    after: 'iptables-legacy -F',
  },
  'a lease that somebody removed': {
    area: 'leases',
    level: 'error',
    plant: () => sh(`rm $(grep -l c1 ${classicLeases}/172*)`),
    says: /of living container "c1" in "mynet" is not leased: it may be given to another$/,
  },
  'a lease that somebody else has': {
    area: 'leases',
    level: 'error',
    plant: () => sh(`for file in $(grep -l c1 ${classicLeases}/172*); do printf 'c9\\r\\neth0' >$file; done`),
    says: /of living container "c1" is leased to "c9"/,
    byHand: `for file in $(grep -l c9 ${classicLeases}/172*); do printf 'c1\\r\\neth0' >$file; done`,
  },
  'a lease from the future': {
    area: 'leases',
    level: 'warning',
    plant: () => sh(`touch -d '+1 day' $(grep -l c1 ${classicLeases}/172*)`),
    says: /is from the future: the clock was set back/,
  },
  'a record that is broken': {
    area: 'records',
    level: 'error',
    plant: () => host().write(`${stateDir}/containers/c2/mynet:eth0.json`, '{"version": 1, "netw'),
    says: /the record of container "c2" can't be read/,
    withOthers: true,
  },
  'a hook that was killed half-way': {
    area: 'records',
    level: 'error',
    plant: async () => {
      await attach('c2');
      const file = record.replace('/c1/', '/c2/');
      const old = {...JSON.parse(host().read(file)), state: 'planned', created: '2020-01-01T00:00:00Z'};
      host().write(file, old);
    },
    says: /^container "c2" lives, and was never wholly attached to "mynet"/,
  },
  'a network that is no JSON': {
    area: 'networks',
    level: 'error',
    plant: () => host().write(`${conf}/20-broken.conf`, '{"name": "broken",\n}'),
    says: /^\/etc\/cni\/net\.d\/20-broken\.conf:2:1: not valid JSON/,
    byHand: `rm ${conf}/20-broken.conf`,
  },
  'a second network of that name': {
    area: 'networks',
    level: 'warning',
    plant: () => host().write(`${conf}/20-double.conf`, {name: 'mynet', type: 'loopback'}),
    says: /20-double\.conf: the name "mynet" is taken/,
  },
  'a plugin that is installed elsewhere': {
    area: 'networks',
    level: 'error',
    plant: async () => {
      await sh('rm -rf /opt/cni');
      host().write(`${conf}/20-vlan.conf`, {cniVersion: '1.0.0', name: 'vlan', type: 'vlan', master: 'lo', vlanId: 5});
    },
    says: /there is no plugin "vlan"/,
  },
  'a plugin that may not be run': {
    area: 'networks',
    level: 'error',
    plant: async () => {
      host().write('/opt/cni/bin/mine', '#!/bin/sh\n');
      await sh('chmod 644 /opt/cni/bin/mine');
      host().write(`${conf}/20-mine.conf`, {cniVersion: '1.0.0', name: 'other', type: 'mine'});
    },
    says: /^the plugin \/opt\/cni\/bin\/mine is not executable$/,
  },
  'a range that is full of the dead': {
    area: 'networks',
    level: 'error',
    plant: async () => {
      const ipam = {type: 'host-local', subnet: '172.19.7.0/30', dataDir: '/run/small'};
      host().write(`${conf}/20-small.conflist`, bridgeNetwork('small', 'cnibr7', {ipam}));
      await end(await attach('c2', '--network', 'small'));
    },
    says: /^network "small" has no address left in 172\.19\.7\.1-172\.19\.7\.2$/,
    withOthers: true,
  },
  'a link in the place of the bridge': {
    area: 'bridges',
    level: 'error',
    plant: async () => {
      host().write(`${conf}/20-other.conflist`, bridgeNetwork('other', 'cnibr8', {isGateway: true}));
      await sh('ip link add cnibr8 type veth peer name peer8');
    },
    says: /^network "other" wants "cnibr8" for its bridge, and that is a "veth"/,
  },
  'another address on the bridge': {
    area: 'bridges',
    level: 'error',
    plant: async () => {
      const ipam = {type: 'host-local', subnet: '172.19.8.0/24'};
      host().write(`${conf}/20-other.conflist`, bridgeNetwork('other', 'cnibr8', {isGateway: true, ipam}));
      await sh('ip link add cnibr8 type bridge; ip address add 172.19.9.1/24 dev cnibr8');
    },
    says: /^bridge "cnibr8" of network "other" has the address 172\.19\.9\.1\/24, and should have 172\.19\.8\.1\/24$/,
    after: 'ip link delete cnibr8',
  },
  'a subnet that the host has elsewhere': {
    area: 'bridges',
    level: 'error',
    plant: () => sh('ip link add up0 type veth peer name up1; ip address add 172.19.1.200/25 dev up0'),
    says: /^the subnet 172\.19\.1\.0\/24 of network "mynet" is also behind "up0", which has 172\.19\.1\.200\/25/,
    byHand: 'ip link delete up0',
  },
  'a hooks.d file that podman can not read': {
    area: 'hooks.d',
    level: 'error',
    plant: () => host().write(`${hooksDir}/theirs.json`, '{'),
    says: /theirs\.json: podman starts no container/,
    after: `rm -rf ${hooksDir}`,
  },
  'a hooks.d file of ours that calls what is gone': {
    area: 'hooks.d',
    level: 'error',
    plant: () =>
      sh(
        `cni-hook hooks install >/dev/null; sed -i 's,"path": ".*",  "path": "/nowhere/cni-hook",' ${hooksDir}/cni-hook-poststop.json`,
      ),
    says: /cni-hook-poststop\.json: there is no "\/nowhere\/cni-hook"/,
    after: `rm -rf ${hooksDir}`,
  },
  'one of our two hooks.d files alone': {
    area: 'hooks.d',
    level: 'error',
    plant: () => sh(`cni-hook hooks install >/dev/null; rm ${hooksDir}/cni-hook-poststop.json`),
    says: /cni-hook-poststop\.json is missing, and the other one of ours is there$/,
    after: `rm -rf ${hooksDir}`,
  },
  'a conf dir that everybody may write to': {
    area: 'directories',
    level: 'error',
    plant: () => sh(`chmod 777 ${conf}`),
    says: /^others than root may write to \/etc\/cni\/net\.d: its mode is 777$/,
  },
  'a state directory of somebody else': {
    area: 'directories',
    level: 'error',
    plant: () => sh(`chown 4711 ${stateDir}`),
    says: /^\/run\/cni-hook belongs to user 4711, and not to root$/,
  },
  'no nft': {
    area: 'kernel',
    level: 'error',
    plant: () =>
      sh(
        'mkdir -p /mnt/sbin/upper /mnt/sbin/work; mount -t overlay -o lowerdir=/usr/sbin,upperdir=/mnt/sbin/upper,workdir=/mnt/sbin/work private-host /usr/sbin; rm /usr/sbin/nft',
      ),
    says: /^nft is not installed/,
    // What it prints would install it on the machine.
    byHand: 'umount /usr/sbin',
  },
};

describe('doctor finds and mends', () => {
  test.each(Object.entries(planted))('%s', async (_name, {area, level, plant, says, byHand, after, withOthers}) => {
    await plant();
    const {exitCode, report, wrong} = await ask();
    const found = wrong.find(finding => finding.area === area && says.test(finding.what));
    expect(found ?? wrong).toMatchObject({area, level});
    if (!withOthers) expect(wrong.filter(finding => finding !== found && finding.area !== area)).toEqual([]);
    expect({exitCode, level: report.level}).toEqual({
      exitCode: 1,
      level: wrong.some(finding => finding.level === 'error') ? 'error' : 'warning',
    });

    for (const {mend} of byHand ? [] : wrong) await sh(mend.join('\n'));
    if (byHand) await sh(byHand);
    expect((await ask()).wrong).toEqual([]);
    if (after) await sh(after);
    expect((await container.run('ping', ['-c1', '-W2', '172.19.1.1'])).exitCode).toBe(0);
  });
});

test('it looks where it is told, and its commands do so too', async () => {
  host().write('/run/conf/10-other.conflist', bridgeNetwork('other', 'cnibr9', {}));
  host().write('/run/other state/networks/x.json.new', '');
  const flags = ['--conf-dir', '/run/conf', '--state-dir', '/run/other state'];
  const {wrong} = await ask(...flags);
  const gc = "cni-hook gc --conf-dir /run/conf --state-dir '/run/other state'";
  // The container that other records know is left alone: its process lives.
  expect(wrong.map(({mend}) => mend)).toContainEqual([gc]);
});

test('findings that one command mends are told together', async () => {
  await end(await attach('c2'));
  await end(await attach('c3'));
  await pause(50);
  const {stdout} = await cli('doctor');
  expect(stdout).toMatch(
    /\nwarning {2}orphans {6}attachment of container "c2".*\nwarning .*"c3".*\n {9}\$ cni-hook gc$/,
  );
});
