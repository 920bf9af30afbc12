// Published ports, as a person writes them and as the capability has them.
import {describe, expect, test} from '@jest/globals';
import {Fields, type Json} from '../../../src/spec/fields.ts';
import {hostPortWords, parsePortMappings, readPortMappings} from '../../../src/spec/port-mapping.ts';

const parse = (text: string) => parsePortMappings(text, 'annotation "p"');
const read = (portMappings: Json) => readPortMappings(new Fields({portMappings}, 'x'), 'portMappings');
const tcp = {protocol: 'tcp'} as const;

describe('as a person writes them', () => {
  test.each([
    ['8080:80', [{hostPort: 8080, containerPort: 80, ...tcp}]],
    ['8080:80/tcp', [{hostPort: 8080, containerPort: 80, ...tcp}]],
    ['127.0.0.1:5353:53/udp', [{hostPort: 5353, containerPort: 53, protocol: 'udp', hostIP: '127.0.0.1'}]],
    ['[fd00::0:1]:1:65535/sctp', [{hostPort: 1, containerPort: 65535, protocol: 'sctp', hostIP: 'fd00::1'}]],
    [' 1:1 , 2:2 ', [1, 2].map(port => ({hostPort: port, containerPort: port, ...tcp}))],
    ['8000-8002:9000-9002', [0, 1, 2].map(i => ({hostPort: 8000 + i, containerPort: 9000 + i, ...tcp}))],
    ['', []],
    ['0.0.0.0:80:80,[::]:80:80', ['0.0.0.0', '::'].map(hostIP => ({hostPort: 80, containerPort: 80, ...tcp, hostIP}))],
    [
      '127.0.0.1:80:80,127.0.0.2:80:80',
      ['127.0.0.1', '127.0.0.2'].map(hostIP => ({hostPort: 80, containerPort: 80, ...tcp, hostIP})),
    ],
    ['[::ffff:127.0.0.1]:80:80', [{hostPort: 80, containerPort: 80, ...tcp, hostIP: '127.0.0.1'}]],
    ['80:80/tcp,80:80/udp', (['tcp', 'udp'] as const).map(protocol => ({hostPort: 80, containerPort: 80, protocol}))],
  ])('%j', (text, mappings) => {
    expect(parse(text)).toEqual(mappings);
  });

  test.each([
    ['80', /"80" is not HOST:CONTAINER/],
    ['0:80', /ports from 1 to 65535/],
    ['80:0', /ports from 1 to 65535/],
    ['65536:80', /ports from 1 to 65535/],
    ['8080:80/icmp', /"icmp" for its protocol: it is one of tcp, udp, sctp/],
    ['8000-8010:9000', /not of one length/],
    ['8010-8000:9010-9000', /ports from 1 to 65535/],
    ['::1:80:80', /is not HOST:CONTAINER/],
    ['[127.0.0.300]:80:80', /127\.0\.0\.300/],
    ['host:80:80', /host/],
    ['80:80,80:81', /port 80\/tcp is published twice/],
    ['80:80,127.0.0.1:80:81', /port 127\.0\.0\.1:80\/tcp is published twice/],
    ['[::1]:80:80,[::]:80:81', /published twice/],
    ['1:1\n2:2', /is not HOST:CONTAINER/],
    ['80:80;reboot', /is not HOST:CONTAINER/],
    ['127.0.0.1:1-65535:1-65535,127.0.0.2:80:80', /more than 65535 ports are too many/],
    [Array(9000).fill('[fd00::1]:1-65535:1-65535').join(), /more than 65535 ports are too many/],
  ])('%j is refused', (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
    expect(() => parse(text)).toThrow(/^annotation "p": [^\n]+$/);
  });
});

describe('as the capability has them', () => {
  test.each<[Json, object]>([
    [
      {hostPort: 80, containerPort: 8080},
      {hostPort: 80, containerPort: 8080, ...tcp},
    ],
    [
      {hostPort: 80, containerPort: 80, protocol: 'UDP'},
      {hostPort: 80, containerPort: 80, protocol: 'udp'},
    ],
    [
      {HostPort: 80, containerport: 80, Protocol: 'tcp'},
      {hostPort: 80, containerPort: 80, ...tcp},
    ],
    [
      {hostPort: 80, containerPort: 80, hostIP: ''},
      {hostPort: 80, containerPort: 80, ...tcp},
    ],
    [
      {hostPort: 80, containerPort: 80, hostIP: 'FD00::1'},
      {hostPort: 80, containerPort: 80, ...tcp, hostIP: 'fd00::1'},
    ],
    [
      {hostPort: 80, containerPort: 80, hostIP: '::FFFF:7f00:1'},
      {hostPort: 80, containerPort: 80, ...tcp, hostIP: '127.0.0.1'},
    ],
  ])('%j', (mapping, expected) => {
    expect(read([mapping])).toEqual([expected]);
  });

  test.each<[Json, RegExp]>([
    [{containerPort: 80}, /"hostPort" must be a whole number from 1 to 65535, got nothing/],
    [{hostPort: 0, containerPort: 80}, /"hostPort"/],
    [{hostPort: 80, containerPort: 70000}, /"containerPort" must be a whole number from 1 to 65535, got 70000/],
    [{hostPort: '80', containerPort: 80}, /"hostPort".*got "80"/],
    [{hostPort: 80, containerPort: 80, protocol: 'icmp'}, /"protocol" must be tcp, udp, sctp, got "icmp"/],
    [{hostPort: 80, containerPort: 80, hostIP: 'localhost'}, /localhost/],
  ])('%j is refused', (mapping, reason) => {
    expect(() => read([mapping])).toThrow(reason);
  });

  test('the same twice is refused', () => {
    const mapping = {hostPort: 80, containerPort: 80};
    expect(() => read([mapping, mapping])).toThrow(/port 80\/tcp is published twice/);
  });
});

test.each([
  [{hostPort: 80, ...tcp}, '80/tcp'],
  [{hostPort: 53, protocol: 'udp', hostIP: '127.0.0.1'} as const, '127.0.0.1:53/udp'],
  [{hostPort: 53, protocol: 'udp', hostIP: 'fd00::1'} as const, '[fd00::1]:53/udp'],
])('in words: %j', (port, words) => {
  expect(hostPortWords(port)).toBe(words);
});
