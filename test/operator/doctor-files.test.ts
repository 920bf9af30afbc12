// What doctor finds on the disk: what containers have left behind, records, leases, networks, plugins, hooks.d, rights.
import {stateDir} from '../e2e/cli-host.ts';
import {bridgeNetwork, classicLeases} from '../fixtures/networks.ts';
import {type Planted, testPlanted, useDoctorHost} from './planted.ts';

const doctorHost = useDoctorHost();
const {host, attach, end, sh} = doctorHost;
const conf = '/etc/cni/net.d';
const hooksDir = '/usr/share/containers/oci/hooks.d';
const record = `${stateDir}/containers/c1/mynet:eth0.json`;

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
};

testPlanted(doctorHost, planted);
