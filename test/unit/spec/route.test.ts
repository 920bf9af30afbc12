// Routes and dns of a configuration.
import {expect, test} from '@jest/globals';
import {Fields, type JsonObject} from '../../../src/spec/fields.ts';
import {parseDns, parseRoutes} from '../../../src/spec/route.ts';

const routesOf = (...routes: JsonObject[]) => parseRoutes(new Fields({routes}, 'net.conf'));

test('a route is its destination and nothing that was not said', () => {
  expect(routesOf({dst: '0.0.0.0/0'}, {dst: '10.9.0.0/16', gw: '10.1.0.9'}, {dst: '::/0', gw: ''})).toEqual([
    {dst: '0.0.0.0/0'},
    {dst: '10.9.0.0/16', gw: '10.1.0.9'},
    {dst: '::/0'},
  ]);
  expect(parseRoutes(new Fields({}, 'net.conf'))).toEqual([]);
});

test('host bits stay, the gateway is printed in its short form', () => {
  expect(routesOf({dst: 'fd00::1/64', gw: 'fd00:0:0:0:0:0:0:1'})).toEqual([{dst: 'fd00::1/64', gw: 'fd00::1'}]);
});

test('the numbers of version 1.1.0 are kept, 0 too', () => {
  const route = {dst: '0.0.0.0/0', mtu: 1400, advmss: 1360, priority: 100, table: 0, scope: 253};
  expect(routesOf(route)).toEqual([route]);
});

test.each([
  [{}, '"dst": "" is not an address with a prefix length'],
  [{dst: '10.1.0.0'}, '"dst": "10.1.0.0" is not an address with a prefix length'],
  [{dst: '0.0.0.0/0', gw: 'gateway'}, '"gw": "gateway" is not an IP address'],
  [{dst: '0.0.0.0/0', gw: 'fd00::1'}, '"dst" and "gw" are of different families'],
  [{dst: '0.0.0.0/0', mtu: -1}, '"mtu" must be a whole number from 0 to 4294967295, got -1'],
  [{dst: '0.0.0.0/0', scope: 256}, '"scope" must be a whole number from 0 to 255, got 256'],
])('%j is refused', (route, message) => {
  expect(() => routesOf({dst: '10.0.0.0/8'}, route)).toThrow(`net.conf, "routes"[1]: ${message}`);
});

test('dns holds what was said and no empty lists', () => {
  const dns = {nameservers: ['10.1.0.1'], domain: 'example.org', search: ['example.org'], options: ['ndots:2']};
  expect(parseDns(new Fields(dns, 'x'))).toEqual(dns);
  expect(parseDns(new Fields({nameservers: [], domain: ''}, 'x'))).toEqual({});
  expect(() => parseDns(new Fields({nameservers: '10.1.0.1'}, 'x'))).toThrow('x: "nameservers" must be a list');
});
