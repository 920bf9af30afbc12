// What takes back an attachment of which no record tells: by the plugin, and by what is found in the container.
import {expect, test} from '@jest/globals';
import {bridge} from '../../src/plugins/bridge/bridge.ts';
import {loopback} from '../../src/plugins/loopback/loopback.ts';
import {ptp} from '../../src/plugins/ptp/ptp.ts';
import {cni0} from './situation.ts';

const eth0 = {...cni0, name: 'eth0', kind: 'veth', alias: 'x'};

test.each([bridge, ptp])('$type takes the pair away, by the container end', ({stray}) => {
  expect(stray(eth0)).toEqual([{op: 'link.delete', netns: 'container', name: 'eth0', alias: 'x'}]);
});

test.each([bridge, ptp])('$type leaves an interface of another kind, and what is not there', ({stray}) => {
  expect([stray({...eth0, kind: 'macvlan'}), stray(undefined)]).toEqual([[], []]);
});

test('loopback takes "lo" down and no interface of others away', () => {
  const down = [{op: 'link.set', netns: 'container', link: 'lo', up: false}];
  expect([loopback.stray(eth0), loopback.stray(undefined)]).toEqual([down, down]);
});
