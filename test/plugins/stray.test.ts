// What takes back an attachment of which no record tells: by the plugin, and by what is found in the container.
import {expect, test} from '@jest/globals';
import {bandwidth} from '../../src/plugins/bandwidth/bandwidth.ts';
import {bridge} from '../../src/plugins/bridge/bridge.ts';
import {loopback} from '../../src/plugins/loopback/loopback.ts';
import {macvlan} from '../../src/plugins/macvlan/macvlan.ts';
import {ptp} from '../../src/plugins/ptp/ptp.ts';
import {cni0, request} from './situation.ts';

const eth0 = {...cni0, name: 'eth0', kind: 'veth', alias: 'x'};

const none = [request, undefined] as const;

test.each([bridge, ptp])('$type takes the pair away, by the container end', ({stray}) => {
  expect(stray(eth0, ...none)).toEqual([{op: 'link.delete', netns: 'container', name: 'eth0', alias: 'x'}]);
});

test.each([bridge, ptp])('$type leaves an interface of another kind, and what is not there', ({stray}) => {
  expect([stray({...eth0, kind: 'macvlan'}, ...none), stray(undefined, ...none)]).toEqual([[], []]);
});

test('loopback takes "lo" down and no interface of others away', () => {
  const down = [{op: 'link.set', netns: 'container', link: 'lo', up: false}];
  expect([loopback.stray(eth0, ...none), loopback.stray(undefined, ...none)]).toEqual([down, down]);
});

test('macvlan takes its interface away and none of another kind', () => {
  const gone = [{op: 'link.delete', netns: 'container', name: 'eth0', alias: 'x'}];
  expect(macvlan.stray({...eth0, kind: 'macvlan'}, ...none)).toEqual(gone);
  expect([macvlan.stray(eth0, ...none), macvlan.stray(undefined, ...none)]).toEqual([[], []]);
});

test('bandwidth takes its own ifb away, without a netns too, and the one that the result tells of', () => {
  const alias = 'cni-hook mynet/c1/eth0';
  const ours = {op: 'ifb.delete', name: expect.stringMatching(/^bwp[0-9a-f]{12}$/), alias};
  expect(bandwidth.stray(undefined, ...none)).toEqual([ours]);
  const names = ['cni0', 'veth01234567', 'bwp0123456789ab', 'bwp-of-somebody'];
  const result = {interfaces: names.map(name => ({name})), ips: [], routes: [], dns: {}};
  const theirs = {op: 'ifb.delete', name: 'bwp0123456789ab', alias: undefined};
  expect(bandwidth.stray(undefined, request, result)).toEqual([ours, theirs]);
});
