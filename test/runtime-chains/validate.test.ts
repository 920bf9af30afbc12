// `validate`: what is wrong with a configuration, by file, line and key, before anyone depends on it.
import {afterEach, describe, expect, test} from '@jest/globals';
import {lineOfComplaint} from '../../src/cli/key-line.ts';
import {useChainHost} from './chain-host.ts';

const {host, cli, script} = useChainHost();

afterEach(() => host().must('sh', ['-c', 'rm -rf /etc/cni/net.d/*']));

const put = (name: string, content: string | object) => host().write(`/etc/cni/net.d/${name}`, content);
const bridge = (name: string, subnet: string, more: object = {}) => ({
  cniVersion: '1.0.0',
  name,
  plugins: [{type: 'bridge', bridge: `br-${name}`, ipam: {type: 'host-local', subnet}, ...more}],
});

test('good networks are good', async () => {
  put('10-a.conflist', bridge('a', '10.1.0.0/24'));
  put('20-b.conf', {cniVersion: '1.0.0', name: 'b', type: 'loopback'});
  expect(await cli(['validate'])).toEqual({exitCode: 0, stdout: '', stderr: 'nothing is wrong with the 2 networks'});
  expect(await cli(['validate', 'a'])).toEqual({exitCode: 0, stdout: '', stderr: 'nothing is wrong with it'});
  expect(await cli(['validate', 'c'])).toMatchObject({
    exitCode: 1,
    stderr: 'cni-hook validate: there is no network "c" in /etc/cni/net.d',
  });
});

const key = (text: string) =>
  `{\n "cniVersion": "1.0.0",\n "name": "a",\n "plugins": [\n  {"type": "bridge",\n   ${text}}\n ]\n}\n`;

test.each([
  ['a comma too many', '{\n  "name": "a",\n}', /^\/etc\/cni\/net\.d\/10\.conflist:3: not valid JSON, at column 1$/],
  ['an empty file', '', /^\/etc\/cni\/net\.d\/10\.conflist: is empty, expected JSON$/],
  [
    'a key of the wrong kind',
    key('"isGateway": "yes"'),
    /^\/etc\/cni\/net\.d\/10\.conflist:6: .*"isGateway" must be true or false, got "yes"$/,
  ],
  [
    'a subnet that is none',
    key('"ipam": {"type": "host-local", "subnet": "10.1.0.7/24"}'),
    /10\.conflist:6: .*"subnet" 10\.1\.0\.7\/24 has host bits set: did you mean 10\.1\.0\.0\/24\?$/,
  ],
  [
    'a name that is not allowed',
    '{"name": "a b", "plugins": [{"type": "loopback"}]}',
    /10\.conflist:1: .*network name "a b" is not allowed/,
  ],
  ['no name', '{"plugins": [{"type": "loopback"}]}', /the network has no "name"/],
  ['no plugins', '{\n"name": "a",\n"plugins": []}', /10\.conflist:3: "plugins" is empty/],
  ['a plugin without a type', '{"name": "a", "plugins": [{}]}', /has no "type"/],
  ['a plugin that is not there', '{"name": "a", "plugins": [{"type": "nonesuch"}]}', /there is no plugin "nonesuch"/],
  [
    'a version that is none',
    '{"cniVersion": "one",\n"name": "a", "plugins": [{"type": "loopback"}]}',
    /10\.conflist:1: "cniVersion": "one" is not a version/,
  ],
  [
    'a flag that is none',
    '{"name": "a",\n"disableCheck": "maybe", "plugins": [{"type": "loopback"}]}',
    /10\.conflist:2: "disableCheck" must be true or false/,
  ],
])('%s is told', async (_what, text, complaint) => {
  put('10.conflist', text);
  const {exitCode, stdout} = await cli(['validate']);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(complaint);
});

test('ranges that overlap and names that are taken are told, with the other file or network', async () => {
  put('10-a.conflist', bridge('a', '10.1.0.0/24'));
  put('20-b.conflist', bridge('b', '10.1.0.0/16'));
  put('30-a.conflist', bridge('a', '10.3.0.0/16'));
  const {exitCode, stdout} = await cli(['validate', '--json']);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toEqual([
    {
      file: '/etc/cni/net.d/10-a.conflist',
      network: 'a',
      problem: expect.stringContaining('overlaps with 10.1.0.0/16 of network "b"'),
    },
    {
      file: '/etc/cni/net.d/20-b.conflist',
      network: 'b',
      problem: expect.stringContaining('overlaps with 10.1.0.0/24 of network "a"'),
    },
    {
      file: '/etc/cni/net.d/30-a.conflist',
      network: 'a',
      line: 3,
      problem: expect.stringContaining('the name "a" is taken by /etc/cni/net.d/10-a.conflist'),
    },
  ]);
});

test('a copy of a file is told of once, as it overlaps with none that is used', async () => {
  put('10-a.conflist', bridge('a', '10.1.0.0/24'));
  put('20-a.conflist', bridge('a', '10.1.0.0/24'));
  expect((await cli(['validate'])).stdout).toMatch(/^[^\n]*20-a\.conflist:3: the name "a" is taken by [^\n]*$/);
});

test.each([
  [
    'speaks older versions only',
    `echo '{"cniVersion": "0.4.0", "supportedVersions": ["0.3.1", "0.4.0"]}'`,
    /"old" does not speak "cniVersion" 1\.0\.0 of the network: it speaks 0\.3\.1, 0\.4\.0/,
  ],
  ['is older than VERSION', `echo '{"code": 4, "msg": "unknown CNI_COMMAND: VERSION"}'; exit 1`, /it speaks 0\.1\.0$/],
  ['does not answer', 'echo no idea', /"old", answer to VERSION:1:1: not valid JSON/],
])('a plugin that %s is told', async (_what, body, complaint) => {
  await script('old', body);
  put('10-a.conflist', {cniVersion: '1.0.0', name: 'a', plugins: [{type: 'old'}]});
  const {exitCode, stdout} = await cli(['validate', 'a']);
  expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: expect.stringMatching(complaint)});
});

test('the reference’s plugins speak what the network asks for', async () => {
  const external = {'cni-hook': {external: true}};
  const types = ['portmap', 'firewall', 'tuning', 'bandwidth', 'sbr'].map(type => ({type, ...external}));
  put('10-a.conflist', {...bridge('a', '10.1.0.0/24'), plugins: [...bridge('a', '10.1.0.0/24').plugins, ...types]});
  expect(await cli(['validate'])).toMatchObject({exitCode: 0, stdout: ''});
  put('10-a.conflist', {cniVersion: '1.1.0', name: 'a', plugins: types});
  expect((await cli(['validate'])).stdout.split('\n')).toHaveLength(types.length);
});

describe('the line of a complaint', () => {
  const text =
    '{\n"mtu": 1,\n"plugins": [\n{"type": "a",\n "mtu": 2},\n{"type": "b", "text": "}",\n "mtu": 3, "in": {"deep": 4}}]}';

  test.each([
    ['plugin "a": "mtu" must be', 5],
    ['plugin "b": "mtu" must be', 7],
    ['plugin "b", "in": "deep" must be', 7],
    ['"mtu" must be', undefined],
    ['"plugins" is empty', 3],
    ['"nowhere" is wrong', undefined],
    ['all is wrong', undefined],
  ])('%s is %p', (complaint, line) => {
    expect(lineOfComplaint(text, complaint)).toBe(line);
  });
});
