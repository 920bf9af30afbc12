// portmap: where the container is, as results of many plugins tell it.
import {describe, expect, test} from '@jest/globals';
import {placeOf} from '../../src/plugins/portmap/place.ts';
import type {Result} from '../../src/spec/result.ts';

const sandbox = '/run/netns/c1';
const result = (interfaces: readonly string[], ips: Result['ips'] = []): Result => ({
  interfaces: interfaces.map(name => (name.startsWith('eth') ? {name, sandbox} : {name})),
  ips,
  routes: [],
  dns: {},
});

describe('what leads to the container', () => {
  test.each([
    {what: 'a bridge', names: ['cni0', 'veth1', 'eth0'], link: 'cni0', port: 'veth1'},
    {what: 'a VLAN of a bridge', names: ['cni0', 'veth1', 'eth0', 'cni0.7'], link: 'cni0.7', port: 'veth1'},
    {what: 'a pair', names: ['veth1', 'eth0'], link: 'veth1', port: undefined},
    {what: 'a pair that is shaped', names: ['veth1', 'eth0', 'ifb1'], link: 'veth1', port: undefined},
    {what: 'a bridge that is shaped', names: ['cni0', 'veth1', 'eth0', 'ifb1'], link: 'cni0', port: 'veth1'},
    {what: 'nothing of the host', names: ['eth0'], link: undefined, port: undefined},
    {what: 'nothing at all', names: [], link: undefined, port: undefined},
  ])('$what', ({names, link, port}) => {
    expect(placeOf(result(names), 'eth0')).toMatchObject({link, port});
  });
});

describe('its addresses', () => {
  test.each<{what: string; ips: Result['ips']; addresses: object}>([
    {
      what: 'the first of each family',
      ips: [{address: 'fd00::2/64'}, {address: '10.1.0.2/24'}, {address: '10.2.0.2/24'}],
      addresses: {4: '10.1.0.2', 6: 'fd00::2'},
    },
    {
      what: 'those of its own interface',
      ips: [
        {address: '10.9.0.2/24', interface: 3},
        {address: '10.1.0.2/24', interface: 2},
      ],
      addresses: {4: '10.1.0.2', 6: undefined},
    },
    {what: 'none', ips: [], addresses: {4: undefined, 6: undefined}},
  ])('$what', ({ips, addresses}) => {
    expect(placeOf(result(['cni0', 'veth1', 'eth0', 'eth1'], ips), 'eth0').addresses).toEqual(addresses);
  });
});
