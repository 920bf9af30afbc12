// tuning in the suite for chained plugins.
import {chained} from './chained.ts';

const link = {mac: '02:11:22:33:44:55', mtu: 1400, promisc: true, allmulti: true, txQLen: 777};
const sysctl = {
  'net.ipv4.conf.IFNAME.arp_notify': '2',
  'net/core/somaxconn': '500',
  'net.ipv4.ip_local_port_range': '2000 3000',
  // It is empty before, and so it must be again.
  'net.ipv4.ip_local_reserved_ports': '8080',
};

chained({
  type: 'tuning',
  configs: [
    {what: 'with everything', conf: {...link, sysctl}},
    {what: 'with sysctls', conf: {sysctl, dataDir: '/run/cni/elsewhere'}},
    {what: 'with a MAC by the capability', conf: {runtimeConfig: {mac: '02:11:22:33:44:66'}}},
  ],
  sabotage: [
    {what: 'the MAC', commands: '$IN ip link set eth0 address 02:00:00:00:00:77', says: /MAC of "eth0" is 02:00:00/},
    {what: 'the MTU', commands: '$IN ip link set eth0 mtu 1300', says: /MTU of "eth0" is 1300, not 1400/},
    {what: 'promiscuous mode', commands: '$IN ip link set eth0 promisc off', says: /promiscuous mode/},
    {what: 'multicast', commands: '$IN ip link set eth0 allmulticast off', says: /multicast/},
    {what: 'the queue', commands: '$IN ip link set eth0 txqueuelen 5', says: /queue length of "eth0" is 5, not 777/},
    {
      what: 'a sysctl',
      commands: '$IN sysctl -qw net.core.somaxconn=7',
      says: /"net\/core\/somaxconn" is "7", not "500"/,
    },
    {what: 'the interface', commands: '$IN ip link del eth0', says: /there is no "eth0"/},
  ],
  additions: [
    {what: 'another address', commands: '$IN ip address add 10.77.0.1/24 dev eth0'},
    {what: 'another sysctl', commands: '$IN sysctl -qw net.ipv4.conf.eth0.log_martians=1'},
  ],
});
