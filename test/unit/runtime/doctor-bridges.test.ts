// What doctor says of the links that bear the names and the addresses of bridge networks.
import {expect, test} from '@jest/globals';
import type {Link} from '../../../src/kernel/facts.ts';
import {bridges} from '../../../src/runtime/doctor/bridges.ts';
import type {Examination} from '../../../src/runtime/doctor/finding.ts';
import {gatewayNetworks} from '../../../src/runtime/doctor/gateways.ts';
import {parseNetworkList} from '../../../src/spec/network.ts';

const networkOf = (name: string, subnet: string, settings: object = {}) => {
  const plugin = {type: 'bridge', bridge: 'br0', isGateway: true, ipam: {type: 'host-local', subnet}, ...settings};
  return parseNetworkList({cniVersion: '1.0.0', name, plugins: [plugin]}, name).network;
};
const link = (name: string, kind: string | undefined, ...addresses: readonly string[]) =>
  ({name, kind, addresses}) as unknown as Link;

function said(networks: readonly ReturnType<typeof networkOf>[], ...links: readonly Link[]): readonly string[] {
  const examination = {host: {links}, gateways: gatewayNetworks(networks, [])} as unknown as Examination;
  return [...bridges.examine(examination)].map(({what}) => what);
}

const plain = networkOf('plain', '10.7.0.0/24');
const seven = networkOf('seven', '10.1.0.0/24', {vlan: 7});
const eight = networkOf('eight', '10.2.0.0/24', {vlan: 8});

test('networks that are VLANs of one bridge have their addresses before it, each its own', () => {
  const gateways = [link('br0.7', 'veth', '10.1.0.1/24'), link('br0.8', 'veth', '10.2.0.1/24')];
  expect(said([plain, seven, eight], link('br0', 'bridge', '10.7.0.1/24'), ...gateways)).toEqual([]);
});

test('another address is told of where it stands', () => {
  expect(said([plain], link('br0', 'bridge', '10.9.0.1/24'))).toEqual([
    'bridge "br0" of network "plain" has the address 10.9.0.1/24, and should have 10.7.0.1/24',
  ]);
  expect(said([seven], link('br0', 'bridge', '10.9.0.1/24'), link('br0.7', 'veth', '10.8.0.1/24'))).toEqual([
    'bridge "br0.7" of network "seven" has the address 10.8.0.1/24, and should have 10.1.0.1/24',
  ]);
});

test('a subnet behind two links, and a link that is no bridge', () => {
  expect(said([seven], link('br0', undefined), link('br0.8', 'veth', '10.1.0.1/24'))).toEqual([
    'network "seven" wants "br0" for its bridge, and that is no virtual interface: choose another name in its file, or take it away',
    'the subnet 10.1.0.0/24 of network "seven" is also behind "br0.8", which has 10.1.0.1/24: choose another subnet in its file',
  ]);
});
