// The names of sysctls, as everybody writes them, and what may not be one.
import {expect, test} from '@jest/globals';
import {sysctlKey} from '../../src/plugins/tuning/sysctl-key.ts';

test.each([
  ['net.core.somaxconn', 'eth0', 'net/core/somaxconn'],
  ['net/core/somaxconn', 'eth0', 'net/core/somaxconn'],
  ['/net/core/somaxconn', 'eth0', 'net/core/somaxconn'],
  ['net.ipv4.conf.IFNAME.arp_filter', 'eth0', 'net/ipv4/conf/eth0/arp_filter'],
  ['net/ipv4/conf/IFNAME/arp_filter', 'eth0.100', 'net/ipv4/conf/eth0.100/arp_filter'],
  ['net.ipv4.conf.IFNAME.arp_filter', 'eth0.100', 'net/ipv4/conf/eth0.100/arp_filter'],
  ['net.ipv4.conf.eth0.100.arp_filter', 'eth0.100', 'net/ipv4/conf/eth0.100/arp_filter'],
  ['net.ipv4.conf.eth0/100.arp_filter', 'eth9', 'net/ipv4/conf/eth0.100/arp_filter'],
  ['net/ipv4/conf/eth0.100/arp_filter', 'eth9', 'net/ipv4/conf/eth0.100/arp_filter'],
  ['net.ipv4.conf.IFNAME.arp_filter', '', 'net/ipv4/conf//arp_filter'],
])('%s with interface "%s" is %s', (name, ifName, key) => {
  expect(sysctlKey(name, ifName)).toBe(key);
});

test.each([
  '',
  'net',
  'net.',
  'net/',
  'kernel.core_pattern',
  'net/../kernel/core_pattern',
  '../net/core/somaxconn',
  'net/./core',
  'net..core',
  '//net/core/somaxconn',
  'net.//.kernel',
  'network.core',
  'net/core/\u0000',
])('%j is none', name => {
  expect(() => sysctlKey(name, 'eth0')).toThrow('is no sysctl of the network');
});
