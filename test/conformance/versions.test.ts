// VERSION, and results on their way between versions: what a caller of any age asks and is answered.
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {createHost, executable, type Host} from '../host.ts';
import {call, linkPlugins, makeNetns, sh, succeed} from './plugins.ts';
import {problemOf, type Version, versions} from './result-form.ts';

const plugins = ['bridge', 'host-local', 'loopback', 'ptp', 'static'];

let host: Host;
beforeAll(async () => {
  host = await createHost();
  await linkPlugins(host, plugins);
  await sh(host, makeNetns('c1'));
});
afterAll(() => host.close());

const others = ['0.4.0', '1.1.0', '0.2.0'];
const questions = plugins.flatMap(type => [...versions, '1.2.3'].map(cniVersion => ({type, cniVersion})));

test.each(questions)('VERSION of $type echoes $cniVersion', async ({type, cniVersion}) => {
  const {exitCode, json} = await call(host, {type, verb: 'VERSION', conf: {cniVersion}});
  expect({exitCode, json}).toEqual({exitCode: 0, json: {cniVersion, supportedVersions: [...versions]}});
});

test.each(['', '{}', '{"cniVersion":""}'])('VERSION that is asked with %j is answered in the newest', async conf => {
  const {json} = await call(host, {type: 'bridge', verb: 'VERSION', conf});
  expect(json).toEqual({cniVersion: '1.1.0', supportedVersions: [...versions]});
});

test('VERSION needs no variable but the command', async () => {
  expect(await call(host, {type: 'bridge', verb: 'VERSION', conf: '', env: {CNI_PATH: undefined}})).toMatchObject({
    exitCode: 0,
  });
});

test('the executable under its own name is told which plugin it is', async () => {
  const env = {CNI_COMMAND: 'VERSION'};
  const {stdout} = await host.run(executable, ['plugin', 'host-local'], {env, input: '{"cniVersion":"0.4.0"}'});
  expect(JSON.parse(stdout)).toEqual({cniVersion: '0.4.0', supportedVersions: [...versions]});
});

/** A result with everything that version 1.1.0 has. */
const everything = {
  cniVersion: '1.1.0',
  interfaces: [
    {name: 'br7', mac: '02:00:00:00:00:01', mtu: 1400},
    {
      name: 'eth0',
      mac: '02:00:00:00:00:02',
      mtu: 1400,
      sandbox: '/mnt/netns/c1',
      socketPath: '/s',
      pciID: '0000:00:1f.6',
    },
  ],
  ips: [
    {address: '10.7.0.2/24', gateway: '10.7.0.1', interface: 1},
    {address: 'fd00:7::2/64', interface: 1},
    {address: '10.7.0.3/24', interface: 0},
  ],
  routes: [
    {dst: '0.0.0.0/0', gw: '10.7.0.1', mtu: 1300, advmss: 1200, priority: 7, table: 0, scope: 0},
    {dst: 'fd00:8::/32'},
  ],
  dns: {nameservers: ['10.7.0.53'], domain: 'a.test', search: ['a.test'], options: ['ndots:2']},
};

// loopback passes a prevResult on, so it is told in the version of the configuration.
test.each(versions)(
  'a result with everything is told in %s, and nothing of a later version with it',
  async cniVersion => {
    const conf = {cniVersion, name: 'net1', type: 'loopback', prevResult: everything};
    const told = await succeed(host, {type: 'loopback', verb: 'ADD', conf});
    expect(problemOf(told, cniVersion)).toBeUndefined();
    expect(told.dns).toEqual(everything.dns);
    const first = cniVersion < '0.3.0' ? told.ip4.ip : told.ips[0].address;
    expect(first).toBe('10.7.0.2/24');
  },
);

const pairs = versions.flatMap(from => others.map(to => ({from, to: to as Version})));

test.each(pairs)('a prevResult in $from is understood where the configuration is in $to', async ({from, to}) => {
  const conf = {cniVersion: from, name: 'net1', type: 'loopback', prevResult: everything};
  const older = await succeed(host, {type: 'loopback', verb: 'ADD', conf});
  const next = await succeed(host, {type: 'loopback', verb: 'ADD', conf: {...conf, cniVersion: to, prevResult: older}});
  expect(problemOf(next, to)).toBeUndefined();
  const addresses = to < '0.3.0' ? [next.ip4.ip, next.ip6.ip] : next.ips.map((ip: {address: string}) => ip.address);
  expect(addresses).toEqual(expect.arrayContaining(['10.7.0.2/24', 'fd00:7::2/64']));
});

test('what 1.1.0 has survives a way through 1.1.0 alone', async () => {
  const conf = {cniVersion: '1.1.0', name: 'net1', type: 'loopback', prevResult: everything};
  expect(await succeed(host, {type: 'loopback', verb: 'ADD', conf})).toEqual(everything);
});
