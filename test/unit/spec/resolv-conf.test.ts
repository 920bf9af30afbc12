// resolv.conf(5) as far as a result can carry it.
import {expect, test} from '@jest/globals';
import {parseResolvConf} from '../../../src/spec/resolv-conf.ts';

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
