// The house's own functions on both engines, with texts that are right, nearly right and anything at all.
import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import {scratchDirectory} from '../scratch.ts';
import {enginesFor, handOver} from './engines.ts';

const directory = scratchDirectory();

const right: readonly string[] = [
  ...['10.1.2.3', '10.1.2.3/24', '0.0.0.0/0', '255.255.255.255/32', '::', '::1/128', '2001:db8::1/64', 'fe80::1%eth0'],
  ...[
    '::ffff:10.0.0.1',
    '1:2:3:4:5:6:7:8',
    '1::8',
    '::/0',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127',
    '010.1.1.1',
    '1.2.3',
  ],
  ...[
    '02:42:ac:11:00:02',
    '02-42-AC-11-00-02',
    '0242.ac11.0002',
    '00:00:00:00:00:00',
    'ff:ff:ff:ff:ff:ff',
    '02:42:ac:11:00',
  ],
  ...[
    'web',
    'web.example.org',
    'WEB-1',
    '-web',
    'a'.repeat(63),
    'a'.repeat(64),
    'xn--bcher-kva',
    'bücher',
    'localhost',
    'eth0',
    'a/b',
  ],
  ...[
    'IP=10.0.0.1',
    'IgnoreUnknown=1;K8S_POD_NAME=x',
    'a=b=c',
    ';',
    'a',
    '=',
    'K=ü;L=',
    '1.0.0',
    '0.3.1',
    '1.1',
    '9.9.9',
    '0.4.0-rc',
  ],
  ...[
    '8080:80',
    '8080:80/udp',
    '127.0.0.1:8080:80/tcp',
    '[::1]:53:53/udp',
    '8080-8082:80-82',
    '0:80',
    '70000:1',
    '[{"hostPort":1,"containerPort":2}]',
  ],
  ...[
    '[{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"127.0.0.1"}]',
    '10m',
    '1h30m',
    '90',
    '-1s',
    'web,db, cache',
  ],
  'nameserver 10.0.0.53\nsearch example.org a.b\noptions ndots:5 edns0\n# comment\n;x\ndomain d\nnameserver ::1\n\tnameserver\t9.9.9.9',
  '127.0.0.1 localhost # cni-hook net/c1/eth0\n10.1.0.2 web web.net # net/c1/eth0\n',
  '{"ociVersion":"1.0.2","id":"c1","status":"creating","pid":4242,"bundle":"/run/b","annotations":{"a":"1.0","b":"\\u00fc"}}',
  '{"ociVersion":"1.0.2","id":"c1","status":"stopped","bundle":"/b"}',
];
const piece = fc.constantFrom(
  ...'0123456789abcdef:./,;=-_ []{}"#\n\t%üA𐍈'.split(''),
  '::',
  '255',
  '/24',
  '\ud800',
  '\u00a0',
  '\u2028',
);
/** One of the right ones, with something put in, taken away or both. */
const nearly = fc
  .constantFrom(...right)
  .chain(text =>
    fc
      .tuple(fc.nat({max: text.length}), fc.nat({max: 2}), fc.oneof(piece, fc.constant('')))
      .map(([at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone)),
  );
const texts = fc.oneof(
  {weight: 4, arbitrary: nearly},
  fc.array(piece, {maxLength: 12}).map(all => all.join('')),
  fc.string({unit: 'binary'}),
);

test('texts of others, and names of its own', async () => {
  const all = [...new Set([...right, ...fc.sample(texts, 700)])];
  const {compare} = await enginesFor('house', directory);
  const lines = await compare({args: [handOver(directory, all)]});
  // Both kinds are there for each: what is taken, and what is refused or has no such thing in it.
  const kinds = new Set(lines.filter(({error}) => !error).map(({name}) => name.split(' ', 1)[0]));
  expect([...kinds].sort()).toEqual([...new Set(lines.map(({name}) => name.split(' ', 1)[0]))].sort());
  expect(lines.filter(({error}) => error).length).toBeGreaterThan(lines.length / 10);
});
