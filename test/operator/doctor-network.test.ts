// What doctor finds in the kernel: firewalls of others, forwarding, bridges, and what living containers have lost.
import {bridgeNetwork} from '../fixtures/networks.ts';
import {type Planted, testPlanted, useDoctorHost} from './planted.ts';

const doctorHost = useDoctorHost();
const {host, sh} = doctorHost;
const conf = '/etc/cni/net.d';

function writeMacvlan(master?: string): void {
  const ipam = {type: 'host-local', subnet: '192.0.2.0/24'};
  const plugin = {type: 'macvlan', ...(master !== undefined && {master}), ipam};
  host().write(`${conf}/20-lan.conflist`, {cniVersion: '1.0.0', name: 'lan', plugins: [plugin]});
}

const forward = (table: string, ...rules: readonly string[]) =>
  sh(
    [
      `nft add table ${table}`,
      `nft 'add chain ${table} guard { type filter hook forward priority 0; policy accept; }'`,
      ...rules.map(rule => `nft 'add rule ${table} guard ${rule}'`),
    ].join('\n'),
  );

const planted: Readonly<Record<string, Planted>> = {
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
  'the interface of a macvlan network that is down': {
    area: 'macvlan',
    level: 'error',
    plant: () => {
      writeMacvlan('up0');
      return sh('ip link add up0 type veth peer name up1');
    },
    says: /^"up0", which network "lan" is made of, is down$/,
    after: 'ip link delete up0',
  },
  'the interface of a macvlan network that is not there': {
    area: 'macvlan',
    level: 'error',
    plant: () => writeMacvlan('up9'),
    says: /^network "lan" is made of the interface "up9", which is not there: give it another "master" in \/etc\/cni/,
    byHand: `rm ${conf}/20-lan.conflist`,
  },
  'a macvlan network of the default route, where there is none': {
    area: 'macvlan',
    level: 'error',
    plant: () => writeMacvlan(),
    says: /^network "lan" is made of the interface of the default route, and there is none/,
    byHand: `rm ${conf}/20-lan.conflist`,
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

testPlanted(doctorHost, planted);
