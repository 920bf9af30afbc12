// Every annotation with good values and bad ones. What is wrong in one is told in one line that names it.
import {expect, test} from '@jest/globals';
import {noWishes, wishesOf} from '../../../src/runtime/wishes/wishes.ts';
import {CniError} from '../../../src/spec/error.ts';

const wishes = (annotations: Readonly<Record<string, string>>) =>
  wishesOf(Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`io.cni-hook.${key}`, value])));

const first = (value: string) => ({place: undefined, value});
const at = (network: string, ifName: string | undefined, value: string) => ({place: {network, ifName}, value});

test('without annotations of ours there are no wishes', () => {
  expect(wishesOf({})).toBe(noWishes);
  expect(wishesOf({'io.kubernetes.pod': 'x', 'org.cni-hook.ip': 'nonsense'})).toBe(noWishes);
});

test.each<[Readonly<Record<string, string>>, object]>([
  [{networks: 'a,b'}, {}],
  [{wired: 'hooks'}, {}],
  [{'keep-ip': '24h'}, {keepSeconds: 86_400}],
  [{ip: '10.1.0.9'}, {ips: [first('10.1.0.9')]}],
  [{ip: '10.1.0.9/24'}, {ips: [first('10.1.0.9/24')]}],
  [{ip: 'fd00::9'}, {ips: [first('fd00::9')]}],
  [{ip: ' 10.1.0.9 , fd00::9/64 '}, {ips: [first('10.1.0.9'), first('fd00::9/64')]}],
  [{ip: 'web=10.1.0.9,db:eth1=fd00::9'}, {ips: [at('web', undefined, '10.1.0.9'), at('db', 'eth1', 'fd00::9')]}],
  [{mac: '02-11-22-33-44-AA'}, {macs: [first('02:11:22:33:44:aa')]}],
  [{mac: 'db:net0=02:11:22:33:44:55'}, {macs: [at('db', 'net0', '02:11:22:33:44:55')]}],
  [{ports: '8080:80'}, {ports: [{hostPort: 8080, containerPort: 80, protocol: 'tcp'}]}],
  [
    {ports: '127.0.0.1:5353:53/udp, [::1]:1:2/sctp'},
    {
      ports: [
        {hostPort: 5353, containerPort: 53, protocol: 'udp', hostIP: '127.0.0.1'},
        {hostPort: 1, containerPort: 2, protocol: 'sctp', hostIP: '::1'},
      ],
    },
  ],
  [{hostname: 'web-1.example'}, {hostname: 'web-1.example'}],
  [{aliases: 'www, api.example'}, {aliases: ['www', 'api.example']}],
  [{'default-route': 'db'}, {defaultRoute: {network: 'db', ifName: undefined}}],
  [{'default-route': 'db:eth1'}, {defaultRoute: {network: 'db', ifName: 'eth1'}}],
  [{dns: 'off'}, {dns: {off: true, nameservers: [], search: [], options: []}}],
  [{dns: '10.0.0.53, FD00::53'}, {dns: {off: false, nameservers: ['10.0.0.53', 'fd00::53'], search: [], options: []}}],
  [
    {'dns-search': 'a.example,_tcp.b', 'dns-options': 'ndots:2,edns0'},
    {dns: {off: false, nameservers: [], search: ['a.example', '_tcp.b'], options: ['ndots:2', 'edns0']}},
  ],
  [{ip: '', mac: ' ', ports: ',', hostname: '', aliases: ' , ', dns: '', 'keep-ip': '', 'default-route': ''}, {}],
])('%j', (annotations, expected) => {
  expect(wishes(annotations)).toEqual({...noWishes, ...expected});
});

test.each<[Readonly<Record<string, string>>, string]>([
  [{ip: '10.1.0.256'}, 'annotation "io.cni-hook.ip": "10.1.0.256" is not an IP address'],
  [{ip: '10.1.0.9/33'}, '"10.1.0.9/33" is not an address with a prefix length'],
  [{ip: '10.1.0.9;10.1.0.10'}, 'is not an IP address'],
  [{ip: 'web='}, '"" is not an IP address'],
  [{ip: '=10.1.0.9'}, 'the network has no "name"'],
  [{ip: '../x=10.1.0.9'}, 'network name "../x" is not allowed'],
  [{ip: 'web:a/b=10.1.0.9'}, 'interface name "a/b" is not allowed'],
  [{ip: 'web=10.1.0.9=1'}, '"10.1.0.9=1" is not an IP address'],
  [{mac: '02:11:22:33:44'}, 'annotation "io.cni-hook.mac": "02:11:22:33:44" is not a MAC address'],
  [{mac: '01:11:22:33:44:55'}, 'is a multicast MAC address'],
  [{mac: '00:00:00:00:00:00'}, 'is not a MAC address for a link'],
  [{ports: '0:80'}, 'annotation "io.cni-hook.ports"'],
  [{ports: '80:0'}, '80:0'],
  [{ports: '65536:80'}, '65536:80'],
  [{ports: '80'}, '"80"'],
  [{ports: '8080:80/icmp'}, 'icmp'],
  [{ports: '1.2.3:8080:80'}, '1.2.3'],
  [{ports: '8000-8010:80-81'}, '8000-8010:80-81'],
  [{ports: '8080:80,8080:81'}, '8080'],
  [{ports: '8080:80\n9090:90'}, 'annotation "io.cni-hook.ports"'],
  [{hostname: 'a b'}, 'annotation "io.cni-hook.hostname"'],
  [{hostname: 'web\n10.0.0.1 bank.example'}, 'annotation "io.cni-hook.hostname"'],
  [{hostname: 'a,b'}, 'is more than one name'],
  [{hostname: '-a'}, '"-a"'],
  [{hostname: 'localhost'}, '"localhost"'],
  [
    {aliases: Array.from({length: 65}, (_, i) => `a${i}`).join()},
    'annotation "io.cni-hook.aliases": 65 aliases are too many',
  ],
  [{aliases: 'good,b_d#'}, 'annotation "io.cni-hook.aliases"'],
  [{aliases: `a,${'b'.repeat(64)}`}, 'annotation "io.cni-hook.aliases"'],
  [{'default-route': 'a/b'}, 'network name "a/b" is not allowed'],
  [{'default-route': 'a:'}, 'interface name "" is not allowed'],
  [{dns: 'dns.example'}, 'annotation "io.cni-hook.dns": "dns.example" is not an IP address'],
  [{dns: 'off,10.0.0.53'}, '"off" is not an IP address'],
  [{dns: 'off', 'dns-search': 'a'}, 'take one of them away'],
  [{'dns-search': 'a b'}, 'annotation "io.cni-hook.dns-search": "a b" is not a domain'],
  [{'dns-search': 'a\nnameserver 6.6.6.6'}, 'is not a domain'],
  [{'dns-options': 'ndots: 2'}, 'annotation "io.cni-hook.dns-options": "ndots: 2" is not an option'],
  [{'keep-ip': 'soon'}, 'annotation "io.cni-hook.keep-ip": "soon" is not a time'],
  [{port: '8080:80'}, 'no annotation "io.cni-hook.port": did you mean "io.cni-hook.ports"?'],
  [{PORTS: '8080:80'}, 'no annotation "io.cni-hook.PORTS": did you mean "io.cni-hook.ports"?'],
  [{netwrks: 'a'}, 'no annotation "io.cni-hook.netwrks": did you mean "io.cni-hook.networks"?'],
  [{bandwidth: '1'}, 'no annotation "io.cni-hook.bandwidth": there are io.cni-hook.networks, io.cni-hook.ip, '],
])('%j is refused', (annotations, message) => {
  const reason = reasonFor(() => wishes(annotations));
  expect(reason).toContain(message);
  expect(reason).not.toContain('\n');
});

test('our annotations are known in small letters only, and nobody else has them in others', () => {
  const reason = reasonFor(() => wishesOf({'IO.Cni-Hook.ports': '80:80'}));
  expect(reason).toBe('there is no annotation "IO.Cni-Hook.ports": did you mean "io.cni-hook.ports"?');
  expect(wishesOf({'io.cni-hooks.ports': '80:80'})).toEqual(noWishes);
});

function reasonFor(work: () => unknown): string {
  try {
    return JSON.stringify(work());
  } catch (error) {
    if (error instanceof CniError) return error.message;
    throw error;
  }
}
