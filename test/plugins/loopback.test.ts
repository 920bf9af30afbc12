// loopback: brings "lo" up and says so, or passes on what others have said.
import {expect, test} from '@jest/globals';
import {loopback} from '../../src/plugins/loopback/loopback.ts';
import {Fields} from '../../src/spec/fields.ts';
import {bareHost, cni0, request} from './situation.ts';

const prepared = loopback.prepare(new Fields({type: 'loopback'}, 'x'), request);
const bringUp = {op: 'link.set', netns: 'container', link: 'lo', up: true};

test('lo is brought up, whatever interface was asked for', () => {
  const {plan, result} = prepared.add(bareHost, undefined, undefined);
  expect(plan).toEqual({shared: [], own: [bringUp]});
  expect(result).toEqual({
    interfaces: [{name: 'lo', mac: '00:00:00:00:00:00', sandbox: '/proc/7/ns/net'}],
    ips: [
      {address: '127.0.0.1/8', interface: 0},
      {address: '::1/128', interface: 0},
    ],
    routes: [],
    dns: {},
  });
});

test('the result of an earlier plugin is passed on', () => {
  const previous = {interfaces: [{name: 'eth0'}], ips: [], routes: [], dns: {}};
  expect(prepared.add(bareHost, undefined, previous).result).toEqual(previous);
});

test('a check finds lo down, and says what mends it', () => {
  const lo = {...cni0, name: 'lo'};
  const previous = {interfaces: [], ips: [], routes: [], dns: {}};
  expect(prepared.check({...bareHost, container: {lo}}, previous)).toEqual([]);
  expect(prepared.check({...bareHost, container: {lo: {...lo, up: false}}}, previous)).toEqual([
    {what: '"lo" is down', mend: [bringUp]},
  ]);
});

test('it needs no addresses', () => {
  expect(prepared.ipam).toBeUndefined();
});
