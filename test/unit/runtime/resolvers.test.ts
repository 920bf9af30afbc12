// Which name servers a container is told, from what it wishes, what its networks say, and what the host has.
import {expect, test} from '@jest/globals';
import {chooseResolvers, dnsOfCapability} from '../../../src/runtime/names/resolvers.ts';

const etc = '/etc/resolv.conf';
const systemd = '/run/systemd/resolve/resolv.conf';
const host = (files: Readonly<Record<string, string>>) => (path: string) => files[path];
const wish = (parts: object) => ({off: false, nameservers: [], search: [], options: [], ...parts});
const usual = host({[etc]: 'nameserver 192.0.2.53\nsearch example.org\noptions edns0 trust-ad\n'});

test("the host's, if nobody says anything", () => {
  expect(chooseResolvers(undefined, [{}], usual)).toEqual({
    text: 'nameserver 192.0.2.53\nsearch example.org\noptions edns0 trust-ad\n',
    warning: undefined,
  });
});

test("the host's search and options are not for the name servers of others", () => {
  const {text} = chooseResolvers(undefined, [{nameservers: ['10.0.0.1']}], usual);
  expect(text).toBe('nameserver 10.0.0.1\n');
});

test('all that several networks name, in their order and once', () => {
  const results = [
    {nameservers: ['10.0.0.1'], domain: 'a.example', search: ['x.example']},
    {nameservers: ['fd00::1', '10.0.0.1'], search: ['x.example', 'y.example'], options: ['ndots:2']},
  ];
  expect(chooseResolvers(undefined, results, usual).text).toBe(
    'nameserver 10.0.0.1\nnameserver fd00::1\nsearch a.example x.example y.example\noptions ndots:2\n',
  );
});

test('a wish for one of the three leaves the others', () => {
  const results = [{nameservers: ['10.0.0.1'], search: ['net.example']}];
  expect(chooseResolvers(wish({nameservers: ['10.0.0.53']}), results, usual).text).toBe(
    'nameserver 10.0.0.53\nsearch net.example\n',
  );
  expect(chooseResolvers(wish({search: ['mine.example']}), [{}], usual).text).toBe(
    'nameserver 192.0.2.53\nsearch mine.example\noptions edns0 trust-ad\n',
  );
});

test('a host that asks itself: then whom systemd asks', () => {
  const files = {[etc]: 'nameserver 127.0.0.53\nsearch lan\n', [systemd]: 'nameserver 192.0.2.1\nnameserver ::1\n'};
  expect(chooseResolvers(undefined, [{}], host(files)).text).toBe('nameserver 192.0.2.1\nsearch lan\n');
});

test.each([
  ['loopback only', {[etc]: 'nameserver 127.0.0.1\nnameserver ::1\nnameserver 0.0.0.0\nsearch lan\n'}, 'search lan\n'],
  ["a link of the host's", {[etc]: 'nameserver fe80::1%eth0\n'}, '# no name server is known\n'],
  ['nothing', {}, '# no name server is known\n'],
])('a host with %s: the rest, and a warning that says what to do', (_, files, text) => {
  const chosen = chooseResolvers(undefined, [], host(files as Record<string, string>));
  expect(chosen.text).toBe(text);
  expect(chosen.warning).toContain('io.cni-hook.dns');
});

test('what a configuration says never becomes another line', () => {
  const dns = {
    nameservers: ['10.0.0.1\nnameserver 6.6.6.6', 'nobody', '10.0.0.2'],
    search: ['a b', 'x\noptions debug', 'good.example'],
    options: ['ndots:1 debug', 'edns0'],
  };
  expect(chooseResolvers(undefined, [dns], usual).text).toBe(
    'nameserver 10.0.0.2\nsearch good.example\noptions edns0\n',
  );
});

test('the capability "dns" counts as a wish', () => {
  const json = {servers: ['10.0.0.9'], searches: ['s.example'], options: ['ndots:5']};
  expect(dnsOfCapability({dns: json})).toEqual(
    wish({nameservers: ['10.0.0.9'], search: ['s.example'], options: ['ndots:5']}),
  );
  expect(dnsOfCapability({})).toBeUndefined();
  expect(() => dnsOfCapability({dns: {servers: '10.0.0.9'}})).toThrow('capability "dns": "servers" must be a list');
});

test('name servers that are none count for nothing', () => {
  expect(chooseResolvers(undefined, [{nameservers: ['nobody']}], usual).text).toContain('nameserver 192.0.2.53\n');
});
