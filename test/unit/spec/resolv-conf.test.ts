// resolv.conf(5) as far as a result can carry it.
import {expect, test} from '@jest/globals';
import {formatResolvConf, isReachableElsewhere, parseResolvConf} from '../../../src/spec/resolv-conf.ts';

test('every keyword that a result has a place for is read', () => {
  const text = `# made by hand
; as was this
nameserver 10.1.0.1
nameserver\t10.1.0.2   # behind the address nothing counts
domain example.org
search example.org example.net
search example.com
options ndots:2 edns0
sortlist 130.155.160.0
`;
  expect(parseResolvConf(text)).toEqual({
    nameservers: ['10.1.0.1', '10.1.0.2'],
    domain: 'example.org',
    search: ['example.org', 'example.net', 'example.com'],
    options: ['ndots:2', 'edns0'],
  });
});

test.each(['', '\n\n', '# nameserver 10.1.0.1', 'nameserver', 'domain\nsearch\noptions', 'nameservers 10.1.0.1'])(
  '%j says nothing',
  text => {
    expect(parseResolvConf(text)).toEqual({});
  },
);

test('lines may end as in DOS, and begin with spaces', () => {
  expect(parseResolvConf('  nameserver 10.1.0.1\r\nnameserver 10.1.0.2\r\n')).toEqual({
    nameservers: ['10.1.0.1', '10.1.0.2'],
  });
});

test('what is written is read as it was, the domain first of those that are searched', () => {
  const dns = {
    nameservers: ['10.1.0.1', 'fd00::1'],
    search: ['example.org', 'svc.cluster.local.'],
    options: ['ndots:2', 'edns0'],
  };
  expect(formatResolvConf(dns)).toBe(
    'nameserver 10.1.0.1\nnameserver fd00::1\nsearch example.org svc.cluster.local.\noptions ndots:2 edns0\n',
  );
  expect(parseResolvConf(formatResolvConf(dns))).toEqual(dns);
  expect(formatResolvConf({domain: 'a.example', search: ['b.example', 'a.example']})).toBe(
    'search a.example b.example\n',
  );
  expect(formatResolvConf({})).toBe('');
});

test('what is no address, domain or option is not written', () => {
  const nameservers = ['here', '10.1.0.1\nsearch evil', '10.1.0', 'fe80::1%eth0', 'fe80::1%eth0 x'];
  expect(formatResolvConf({nameservers, search: ['a b', '', '.', '-'], options: ['a b', 'ndots:x', 'rotate']})).toBe(
    'nameserver fe80::1%eth0\nsearch . -\noptions rotate\n',
  );
});

test.each([
  ['192.0.2.1', true],
  ['fd00::1', true],
  ['127.0.0.1', false],
  ['127.0.0.53', false],
  ['::1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['fe80::1%eth0', false],
  ['fe80::1', false],
  ['febf::1', false],
  ['fec0::1', true],
  ['::ffff:127.0.0.53', false],
  ['::ffff:10.1.0.1', true],
  ['nobody', false],
])('%s can be asked from a container: %s', (nameserver, expected) => {
  expect(isReachableElsewhere(nameserver)).toBe(expected);
});
