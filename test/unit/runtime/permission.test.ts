// Who may ask: which annotations are honoured, and with which values, when the settings say it.
import {readFileSync} from 'node:fs';
import {expect, test} from '@jest/globals';
import {parsePermission, refuseForbidden} from '../../../src/runtime/wishes/permission.ts';
import {allowKeys} from '../../../src/runtime/wishes/permission-rules.ts';
import {wishesOf} from '../../../src/runtime/wishes/wishes.ts';

const where = '/etc/cni-hook/config.json, "allow"';

function ask(
  allow: Readonly<Record<string, string[]>>,
  asked: Readonly<Record<string, string>>,
  choosesNetworks = true,
) {
  const annotations = Object.fromEntries(Object.entries(asked).map(([key, value]) => [`io.cni-hook.${key}`, value]));
  refuseForbidden(parsePermission(allow), choosesNetworks, annotations, wishesOf(annotations));
}

test.each<[Readonly<Record<string, string[]>>, Readonly<Record<string, string>>]>([
  [{}, {}],
  [{}, {wired: 'hooks'}],
  [{networks: ['web', 'db']}, {networks: 'db,web:eth7'}],
  [{networks: ['tenant-*']}, {networks: 'tenant-a, tenant-'}],
  [{networks: ['*']}, {networks: 'anything'}],
  [{ip: ['10.1.0.0/16', 'fd00:1::/32']}, {ip: '10.1.255.255,web=fd00:1::9'}],
  [{ip: ['10.1.0.9']}, {ip: '10.1.0.9'}],
  [{ip: ['10.1.0.0/16']}, {ip: '10.1.0.9/24'}],
  [{mac: ['02:42']}, {mac: '02:42:00:00:00:01,db=02-42-00-00-00-02'}],
  [{mac: ['02-AB:cd']}, {mac: '02:ab:CD:00:00:01'}],
  [{ports: ['8000-8999']}, {ports: '8000:80,8999:81/udp'}],
  [{ports: ['53/udp', '80']}, {ports: '53:53/udp,80:80'}],
  [{ports: ['80']}, {ports: '127.0.0.1:80:80'}],
  [{ports: ['80'], 'host-ip': ['127.0.0.0/8', '::1']}, {ports: '127.0.0.1:80:80,[::1]:80:80'}],
  [{ports: ['80'], 'host-ip': ['0.0.0.0/0', '::/0']}, {ports: '80:80'}],
  [{ports: ['*'], 'host-ip': ['*']}, {ports: '80:80,10.0.0.1:81:81/sctp'}],
  [{hostname: ['web-*.example']}, {hostname: 'WEB-1.example'}],
  [{aliases: ['www', 'api*']}, {aliases: 'www,api,api-2'}],
  [{dns: ['off']}, {dns: 'off'}],
  [{dns: ['10.0.0.53']}, {dns: '10.0.0.53'}],
  [
    {'dns-search': ['*.example'], 'dns-options': ['ndots:*']},
    {'dns-search': 'a.example', 'dns-options': 'ndots:5'},
  ],
  [{'keep-ip': ['24h']}, {'keep-ip': '1d'}],
  [{'default-route': ['web']}, {'default-route': 'web:eth1'}],
])('%j allows %j', (allow, asked) => {
  expect(() => ask(allow, asked)).not.toThrow();
});

const lists = (key: string, listed: string) => `is not allowed: for "${key}" ${where} lists ${listed}`;
const unlisted = (key: string, section = key) =>
  `annotation "io.cni-hook.${key}" is not honoured: ${where} does not list "${section}"`;

test.each<[Readonly<Record<string, string[]>>, Readonly<Record<string, string>>, string]>([
  [{}, {networks: 'web'}, unlisted('networks')],
  [{}, {ip: '10.1.0.9'}, unlisted('ip')],
  [{}, {mac: '02:42:00:00:00:01'}, unlisted('mac')],
  [{}, {ports: '80:80'}, unlisted('ports')],
  [{}, {hostname: 'web'}, unlisted('hostname')],
  [{}, {aliases: 'web'}, unlisted('aliases')],
  [{}, {dns: 'off'}, unlisted('dns')],
  [{}, {'dns-search': 'a'}, unlisted('dns-search')],
  [{}, {'dns-options': 'edns0'}, unlisted('dns-options')],
  [{}, {'keep-ip': '1s'}, unlisted('keep-ip')],
  [{}, {'default-route': 'web'}, unlisted('default-route')],
  [{'host-ip': ['*']}, {ports: '80:80'}, unlisted('ports')],
  [{networks: []}, {networks: 'web'}, `annotation "io.cni-hook.networks": "web" ${lists('networks', 'nothing')}`],
  [{networks: ['web', 'db']}, {networks: 'web,other'}, `"other" ${lists('networks', 'web, db')}`],
  [{networks: ['web']}, {networks: 'WEB'}, '"WEB" is not allowed'],
  [{networks: ['we.']}, {networks: 'web'}, '"web" is not allowed'],
  [{networks: ['web']}, {networks: 'webb'}, '"webb" is not allowed'],
  [{ip: ['10.1.0.0/16']}, {ip: '10.2.0.0'}, `annotation "io.cni-hook.ip": "10.2.0.0" ${lists('ip', '10.1.0.0/16')}`],
  [{ip: ['10.1.0.0/16']}, {ip: '10.1.0.9/8'}, '"10.1.0.9/8" is not allowed'],
  [{ip: ['10.1.0.0/16']}, {ip: '10.1.0.9,db=fd00::9'}, '"fd00::9" is not allowed'],
  [{ip: ['0.0.0.0/0']}, {ip: '::ffff:10.1.0.9'}, 'is not allowed'],
  [{mac: ['02:42']}, {mac: '02:43:00:00:00:01'}, '"02:43:00:00:00:01" is not allowed'],
  [
    {ports: ['8000-8999']},
    {ports: '8000-9000:1-1001'},
    `annotation "io.cni-hook.ports": "9000/tcp" ${lists('ports', '8000-8999')}`,
  ],
  [{ports: ['53/udp']}, {ports: '53:53'}, '"53/tcp" is not allowed'],
  [
    {ports: ['80'], 'host-ip': ['127.0.0.0/8']},
    {ports: '80:80'},
    `annotation "io.cni-hook.ports": to publish on 0.0.0.0 ${lists('host-ip', '127.0.0.0/8')}`,
  ],
  [{ports: ['80'], 'host-ip': ['0.0.0.0/0']}, {ports: '80:80'}, 'to publish on :: is not allowed'],
  [{ports: ['80'], 'host-ip': ['127.0.0.0/8']}, {ports: '10.0.0.1:80:80'}, 'to publish on 10.0.0.1 is not allowed'],
  [{hostname: ['web-*']}, {hostname: 'web'}, '"web" is not allowed'],
  [{aliases: ['www']}, {aliases: 'www,bank.example'}, '"bank.example" is not allowed'],
  [{dns: ['10.0.0.53']}, {dns: 'off'}, '"off" is not allowed'],
  [{dns: ['off']}, {dns: '10.0.0.53'}, '"10.0.0.53" is not allowed'],
  [{'keep-ip': ['24h']}, {'keep-ip': '25h'}, '"25h" is not allowed'],
  [{'default-route': ['web']}, {'default-route': 'db'}, '"db" is not allowed'],
])('%j does not allow %j', (allow, asked, reason) => {
  expect(() => ask(allow, asked)).toThrow(reason);
  expect(() => ask(allow, asked)).toThrow(expect.objectContaining({code: 7}));
});

test('a network that a flag of the hook names is not asked for by the container', () => {
  expect(() => ask({}, {networks: 'web'}, false)).not.toThrow();
  expect(() => ask({}, {networks: 'web', ip: '10.1.0.9'}, false)).toThrow('does not list "ip"');
});

test.each<[object, string]>([
  [{network: ['web']}, `${where}: there is no "network" to allow: there are networks, ip, mac, `],
  [{networks: 'web'}, `${where}: "networks" must be a list`],
  [{networks: [1]}, `${where}: "networks" must be a list of strings`],
  [{networks: ['a b']}, `${where}, "networks": "a b" is not a name`],
  [{networks: ['']}, `${where}, "networks": "" is not a name`],
  [{ip: ['10.1.0']}, `${where}, "ip": "10.1.0" is not an address or a subnet`],
  [{ip: ['10.1.0.0/33']}, 'is not an address or a subnet'],
  [{mac: ['0242']}, `${where}, "mac": "0242" is not the beginning of a MAC`],
  [{ports: ['0']}, `${where}, "ports": "0" is not ports of the host`],
  [{ports: ['90-80']}, 'is not ports of the host'],
  [{ports: ['1-65536']}, 'is not ports of the host'],
  [{ports: ['80/icmp']}, 'is not ports of the host'],
  [{'host-ip': ['localhost']}, `${where}, "host-ip": "localhost" is not an address`],
  [{dns: ['on']}, `${where}, "dns": "on" is not "off", or an address`],
  [{'keep-ip': ['long']}, `${where}, "keep-ip": "long" is not the longest time`],
])('%j is no permission', (allow, reason) => {
  expect(() => parsePermission(allow as never)).toThrow(reason);
});

test('the schema of the settings knows the same keys', () => {
  const schema = JSON.parse(readFileSync('config/settings.schema.json', 'utf8')) as {
    readonly properties: {readonly allow: {readonly properties: object}};
  };
  expect(Object.keys(schema.properties.allow.properties)).toEqual(allowKeys);
});
