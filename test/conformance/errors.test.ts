// Every mistake with its code and what the message must say (SPEC.md "Error"), in the order in which they are looked for:
// the verb, the variables, stdin, the name, the version. Not one of them may leave anything behind.
import {afterAll, afterEach, beforeAll, describe, expect, test} from '@jest/globals';
import {createHost, type Host} from '../host.ts';
import {type Look, look} from './look.ts';
import {type Call, call, linkPlugins, makeNetns, pluginDir, sh} from './plugins.ts';

const ipam = {type: 'host-local', subnet: '10.1.0.0/24'};
const good = {cniVersion: '1.1.0', name: 'net1', type: 'bridge', bridge: 'br1', ipam};

interface Row {
  readonly what: string;
  readonly verb?: Call['verb'];
  readonly type?: string;
  readonly conf?: object | string;
  readonly env?: Call['env'];
  readonly code: number;
  readonly says: RegExp;
  /** The version that the error is told in. */
  readonly version?: string;
}

const none = {CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined};

const variables: readonly Row[] = [
  {what: 'an unknown verb', env: {CNI_COMMAND: 'FETCH'}, code: 4, says: /CNI_COMMAND.*FETCH/, version: '1.1.0'},
  {what: 'a verb in small letters', env: {CNI_COMMAND: 'add'}, code: 4, says: /CNI_COMMAND.*add/},
  {what: 'no container id', env: {CNI_CONTAINERID: undefined}, code: 4, says: /CNI_CONTAINERID/},
  {what: 'no netns', env: {CNI_NETNS: ''}, code: 4, says: /CNI_NETNS/},
  {what: 'no interface', env: {CNI_IFNAME: undefined}, code: 4, says: /CNI_IFNAME/},
  {what: 'no path', env: {CNI_PATH: ''}, code: 4, says: /CNI_PATH/},
  {what: 'none of them', env: none, code: 4, says: /CNI_CONTAINERID.*CNI_NETNS.*CNI_IFNAME/},
  {what: 'DEL without a container id', verb: 'DEL', env: {CNI_CONTAINERID: ''}, code: 4, says: /CNI_CONTAINERID/},
  {what: 'DEL without an interface', verb: 'DEL', env: {CNI_IFNAME: ''}, code: 4, says: /CNI_IFNAME/},
  {what: 'CHECK without a netns', verb: 'CHECK', env: {CNI_NETNS: ''}, code: 4, says: /CNI_NETNS/},
  {what: 'GC without a path', verb: 'GC', env: {CNI_PATH: undefined}, code: 4, says: /CNI_PATH/},
  {what: 'variables before stdin', env: {CNI_IFNAME: ''}, conf: 'no JSON', code: 4, says: /CNI_IFNAME/},
  ...['../c1', '.c1', '-c1', 'c1/', 'c 1', 'c1\n', 'ç1'].map(id => ({
    what: `the container id ${JSON.stringify(id)}`,
    env: {CNI_CONTAINERID: id},
    code: 4,
    says: /container id/,
  })),
  ...['.', '..', 'a/b', 'eth0:1', 'eth 0', 'eth0-is-too-long', 'e\tth0'].map(ifName => ({
    what: `the interface name ${JSON.stringify(ifName)}`,
    env: {CNI_IFNAME: ifName},
    code: 4,
    says: /interface name/,
  })),
  {what: 'a pair without a value', env: {CNI_ARGS: 'MAC'}, code: 4, says: /CNI_ARGS.*"MAC"/},
  {what: 'an unknown key', env: {CNI_ARGS: 'COLOUR=blue'}, code: 4, says: /CNI_ARGS.*COLOUR/},
  {what: 'an IgnoreUnknown of its own', env: {CNI_ARGS: 'IgnoreUnknown=maybe'}, code: 4, says: /IgnoreUnknown.*maybe/},
];

const texts: readonly Row[] = [
  {what: 'nothing on stdin', conf: '', code: 6, says: /stdin is empty/, version: '1.1.0'},
  {what: 'no JSON', conf: '{"name": net1}', code: 6, says: /stdin:1:10/},
  {what: 'JSON and more', conf: '{} {}', code: 6, says: /stdin:1:4/},
  {what: 'a list', conf: '[]', code: 6, says: /stdin.*object/},
  {what: 'null', conf: 'null', code: 6, says: /stdin.*object/},
  {what: 'no name', conf: {...good, name: undefined}, code: 7, says: /name/},
  {what: 'the name before the version', conf: {cniVersion: '9.0.0'}, code: 7, says: /name/},
  {what: 'a name that is a path', conf: {...good, name: '../net1'}, code: 7, says: /"\.\.\/net1"/},
  {what: 'a name that is a number', conf: {...good, name: 1}, code: 7, says: /"name".*1/},
  {what: 'a version that is none', conf: {...good, cniVersion: 'new'}, code: 6, says: /cniVersion.*"new"/},
  {what: 'a version that is a number', conf: {...good, cniVersion: 1}, code: 7, says: /"cniVersion".*1/},
  {what: 'a version to come', conf: {...good, cniVersion: '9.0.0'}, code: 1, says: /9\.0\.0/, version: '1.1.0'},
  {what: 'a version between two', conf: {...good, cniVersion: '0.3.7'}, code: 1, says: /0\.3\.7/},
  ...(['0.1.0', '0.2.0', '0.3.0', '0.3.1'] as const).map(version => ({
    what: `CHECK in ${version}`,
    verb: 'CHECK' as const,
    conf: {...good, cniVersion: version, prevResult: {}},
    code: 1,
    says: /CHECK.*0\.4\.0/,
    version,
  })),
  ...(['GC', 'STATUS'] as const).map(verb => ({
    what: `${verb} in 1.0.0`,
    verb,
    conf: {...good, cniVersion: '1.0.0'},
    code: 1,
    says: /1\.1\.0/,
    version: '1.0.0',
  })),
  {what: 'CHECK without prevResult', verb: 'CHECK', code: 7, says: /prevResult/},
  {
    what: 'a prevResult of a version to come',
    conf: {...good, prevResult: {cniVersion: '9.0.0'}},
    code: 1,
    says: /9\.0\.0/,
  },
  {what: 'a prevResult that is a list', conf: {...good, prevResult: []}, code: 7, says: /prevResult/},
  {
    what: 'a prevResult with an address that is none',
    conf: {...good, prevResult: {cniVersion: '1.1.0', ips: [{address: 'here'}]}},
    code: 7,
    says: /prevResult.*"address".*"here"/,
  },
  {
    what: 'a list of valid attachments that is none',
    verb: 'GC',
    conf: {...good, 'cni.dev/valid-attachments': {}},
    code: 7,
    says: /valid-attachments/,
  },
];

const netns = (path: string) => ({CNI_NETNS: path});
const configurations: readonly Row[] = [
  {what: 'a netns that is not there', env: netns('/mnt/netns/nowhere'), code: 107, says: /"\/mnt\/netns\/nowhere"/},
  {what: 'a netns that is a file', env: netns('/etc/passwd'), code: 107, says: /"\/etc\/passwd"/},
  {what: 'a netns that is a directory', env: netns('/mnt/netns'), code: 107, says: /"\/mnt\/netns"/},
  {what: 'a namespace of another kind', env: netns('/proc/1/ns/uts'), code: 107, says: /"\/proc\/1\/ns\/uts"/},
  {what: 'a netns that is our own', env: netns('/proc/self/ns/net'), code: 4, says: /own network namespace/},
  {what: 'a bridge name that is a path', conf: {...good, bridge: 'a/b'}, code: 7, says: /"bridge".*"a\/b"/},
  {
    what: 'hairpin and promiscuous mode',
    conf: {...good, hairpinMode: true, promiscMode: true},
    code: 7,
    says: /hairpinMode.*promiscMode/,
  },
  {what: 'a boolean that is a string', conf: {...good, isGateway: 'yes'}, code: 7, says: /"isGateway".*"yes"/},
  {what: 'an MTU out of range', conf: {...good, mtu: 70000}, code: 7, says: /"mtu".*70000/},
  {what: 'a MAC that is none', conf: {...good, args: {cni: {mac: 'here'}}}, code: 7, says: /"mac".*here/},
  {
    what: 'an IPAM plugin that nobody has',
    conf: {...good, ipam: {type: 'nobody'}},
    code: 104,
    says: /"nobody".*\/opt\/cni\/bin/,
  },
  {what: 'no range', conf: {...good, ipam: {type: 'host-local'}}, code: 7, says: /range.*"subnet"/},
  {
    what: 'a subnet with host bits',
    conf: {...good, ipam: {...ipam, subnet: '10.1.0.5/24'}},
    code: 7,
    says: /10\.1\.0\.5\/24.*10\.1\.0\.0\/24/,
  },
  {
    what: 'a subnet that is too small',
    conf: {...good, ipam: {...ipam, subnet: '10.1.0.0/31'}},
    code: 7,
    says: /10\.1\.0\.0\/31/,
  },
  {
    what: 'a range that is upside down',
    conf: {...good, ipam: {...ipam, rangeStart: '10.1.0.9', rangeEnd: '10.1.0.8'}},
    code: 7,
    says: /10\.1\.0\.9.*10\.1\.0\.8/,
  },
  {
    what: 'a start outside',
    conf: {...good, ipam: {...ipam, rangeStart: '10.2.0.9'}},
    code: 7,
    says: /"rangeStart".*10\.2\.0\.9/,
  },
  {
    what: 'a resolvConf that is not there',
    conf: {...good, ipam: {...ipam, resolvConf: '/nowhere'}},
    code: 5,
    says: /"\/nowhere"/,
  },
  {
    what: 'an address outside of every range',
    conf: {...good, runtimeConfig: {ips: ['10.9.0.9']}},
    code: 7,
    says: /10\.9\.0\.9/,
  },
  {
    what: 'the gateway as address',
    conf: {...good, runtimeConfig: {ips: ['10.1.0.1']}},
    code: 7,
    says: /10\.1\.0\.1.*gateway/,
  },
  {
    what: 'a route by nowhere',
    conf: {...good, ipam: {...ipam, routes: [{dst: '10.9.0.0/16', gw: '10.8.0.1'}]}},
    code: 100,
    says: /10\.9\.0\.0\/16/,
  },
  {
    what: 'a plain range for host-local',
    type: 'host-local',
    conf: {...good, ipam: {...ipam, ranges: [{}]}},
    code: 7,
    says: /"ranges"/,
  },
  {
    what: 'host-local without an ipam',
    type: 'host-local',
    conf: {...good, ipam: undefined},
    code: 7,
    says: /range.*"subnet"/,
  },
];

let host: Host;
let before: Look;
beforeAll(async () => {
  host = await createHost();
  await linkPlugins(host, ['bridge', 'host-local', 'loopback']);
  await sh(host, makeNetns('c1'));
  before = await look(host);
});
afterAll(() => host.close());
// What one row leaves behind is its own failure and must not become that of the next.
afterEach(() => host.must('rm', ['-rf', '/run/cni-hook', '/var/lib/cni']));

describe.each([
  {where: 'the variables', rows: variables},
  {where: 'the text', rows: texts},
  {where: 'the configuration', rows: configurations},
])('what is wrong with $where', ({rows}) => {
  test.each(rows)(
    '$what: code $code',
    async ({verb = 'ADD', type = 'bridge', conf = good, env, code, says, version}) => {
      const answer = await call(host, {type, verb, conf, ...(env && {env})});
      expect(answer).toMatchObject({
        exitCode: 1,
        json: {code, msg: expect.stringMatching(says), ...(version !== undefined && {cniVersion: version})},
      });
      expect(await look(host)).toEqual(before);
    },
  );
});

test('without CNI_COMMAND it says on stderr what it is, and which versions it speaks', async () => {
  const {exitCode, stdout, stderr} = await host.run(`${pluginDir}/bridge`, []);
  expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: ''});
  expect(stderr).toMatch(/bridge.*\n.*0\.1\.0.*0\.4\.0.*1\.0\.0.*1\.1\.0/);
});
