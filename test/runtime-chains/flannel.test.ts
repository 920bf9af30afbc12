// flannel: what flanneld's lease becomes, in a chain of ours and as a plugin that others call.
import {beforeEach, describe, expect, test} from '@jest/globals';
import {delegateOf} from '../../src/plugins/flannel/flannel.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';
import {executable} from '../host.ts';
import {network, useChainHost} from './chain-host.ts';

const {host, snapshot, configure, cli, must, addNetns, deleteNetns, script} = useChainHost();

const lease = [
  'FLANNEL_NETWORK=10.244.0.0/16',
  'FLANNEL_SUBNET=10.244.3.1/24',
  'FLANNEL_MTU=1450',
  'FLANNEL_IPMASQ=true',
].join('\n');
const sixth = ['FLANNEL_IPV6_NETWORK=fd00:244::/48', 'FLANNEL_IPV6_SUBNET=fd00:244:0:3::1/64'].join('\n');
const subnetFile = '/run/flannel/subnet.env';

describe('what is delegated', () => {
  const delegate = (conf: JsonObject, environment = lease) =>
    delegateOf(new Fields({cniVersion: '1.0.0', name: 'n', type: 'flannel', ...conf}, 'here'), environment);

  test('is a bridge with the subnet of this host and a route to the overlay', () => {
    expect(delegate({})).toEqual({
      cniVersion: '1.0.0',
      name: 'n',
      type: 'bridge',
      isGateway: true,
      ipMasq: false,
      mtu: 1450,
      ipam: {type: 'host-local', ranges: [[{subnet: '10.244.3.0/24'}]], routes: [{dst: '10.244.0.0/16'}]},
    });
  });

  test('masquerades if flanneld does not, and has both families if the lease has', () => {
    expect(delegate({}, `${lease.replace('IPMASQ=true', 'IPMASQ=false')}\n${sixth}\n`)).toMatchObject({
      ipMasq: true,
      ipam: {
        ranges: [[{subnet: '10.244.3.0/24'}], [{subnet: 'fd00:244:0:3::/64'}]],
        routes: [{dst: '10.244.0.0/16'}, {dst: 'fd00:244::/48'}],
      },
    });
  });

  test('is what "delegate" and "ipam" say, where they say it', () => {
    const conf = {
      delegate: {type: 'ptp', mtu: 1300, ipMasq: true, hairpinMode: true},
      ipam: {type: 'other', routes: [{dst: '0.0.0.0/0'}], dataDir: '/d'},
      runtimeConfig: {mac: '02:00:00:00:00:01'},
    };
    expect(delegate(conf)).toEqual({
      cniVersion: '1.0.0',
      name: 'n',
      type: 'ptp',
      ipMasq: true,
      mtu: 1300,
      hairpinMode: true,
      runtimeConfig: {mac: '02:00:00:00:00:01'},
      ipam: {
        type: 'other',
        dataDir: '/d',
        ranges: [[{subnet: '10.244.3.0/24'}]],
        routes: [{dst: '0.0.0.0/0'}, {dst: '10.244.0.0/16'}],
      },
    });
  });

  test.each([
    [{delegate: {name: 'x'}}, lease, 'here, "delegate": "name" is set by flannel'],
    [{delegate: {ipam: {}}}, lease, '"ipam" is set by flannel'],
    [{delegate: {type: 5}}, lease, '"type" must be a string, got 5'],
    [{}, '', `${subnetFile}: no FLANNEL_NETWORK, FLANNEL_SUBNET, FLANNEL_MTU, FLANNEL_IPMASQ: is flanneld running?`],
    [{subnetFile: '/x'}, lease.replace(/FLANNEL_MTU.*/, ''), '/x: no FLANNEL_MTU'],
    [{}, lease.replace('10.244.3.1/24', 'nonsense'), `${subnetFile}: "nonsense" is not a subnet`],
  ])('of %j with a lease %j is refused', (conf, environment, reason) => {
    expect(() => delegate(conf, environment)).toThrow(reason);
    expect(() => delegate(conf, environment)).toThrow(expect.objectContaining({code: 7}));
  });
});

describe('in a chain', () => {
  beforeEach(() => {
    host().write(subnetFile, lease);
    configure([{type: 'flannel', delegate: {bridge: 'cbr9', isDefaultGateway: true}}, {type: 'tuning'}]);
  });

  test('it is the delegate that is attached, checked and taken back, also after the lease has changed', async () => {
    const earlier = await addNetns('earlier');
    await must('add', network, earlier);
    await must('del', network, earlier);
    await deleteNetns('earlier');
    await host().must('rm', [subnetFile]);
    const before = await snapshot();
    host().write(subnetFile, lease);
    const path = await addNetns('n1');
    const result = JSON.parse(await must('add', network, path)) as object;
    expect(result).toMatchObject({
      interfaces: [{name: 'cbr9'}, {}, {name: 'eth0'}],
      ips: [{address: expect.stringMatching(/^10\.244\.3\.\d+\/24$/), gateway: '10.244.3.1'}],
    });
    expect(await host().must('ip', ['-n', 'n1', 'link', 'show', 'eth0'])).toContain('mtu 1450');
    expect(await host().must('ip', ['-n', 'n1', 'route'])).toMatch(
      /^default via 10\.244\.3\.1[\s\S]*10\.244\.0\.0\/16 via 10\.244\.3\.1/,
    );
    await must('check', network, path);
    host().write(subnetFile, lease.replace('10.244.3.1/24', '10.244.4.1/24'));
    await must('check', network, path);
    await host().must('rm', [subnetFile]);
    await must('del', network, path);
    await deleteNetns('n1');
    expect(await snapshot()).toEqual(before);
  });

  test('without a lease it says what is missing', async () => {
    await host().must('rm', [subnetFile]);
    const {exitCode, stderr} = await cli(['add', network, await addNetns('n1')]);
    expect({exitCode, stderr}).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(
        /plugin "flannel": cannot read "\/run\/flannel\/subnet\.env": .*: is flanneld running\?$/,
      ),
    });
  });
});

describe('as a plugin', () => {
  const memory = '/var/lib/cni/flannel/c1';
  const conf = {cniVersion: '1.0.0', name: network, type: 'flannel', delegate: {bridge: 'cbr9'}};
  const call = (command: string, netns: string, more: object = {}) =>
    host().run(executable, ['plugin', 'flannel'], {
      env: {
        CNI_COMMAND: command,
        CNI_CONTAINERID: 'c1',
        CNI_NETNS: netns,
        CNI_IFNAME: 'eth0',
        CNI_PATH: '/opt/cni/bin',
      },
      input: JSON.stringify({...conf, ...more}),
    });
  beforeEach(() => host().write(subnetFile, lease));

  test('it remembers what it delegated, and takes that back whatever the lease is by then', async () => {
    const path = await addNetns('n1');
    const {exitCode, stdout} = await call('ADD', path);
    expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: expect.stringContaining('10.244.3.')});
    expect(JSON.parse(host().read(memory))).toMatchObject({type: 'bridge', mtu: 1450, ipam: {type: 'host-local'}});
    expect((await call('CHECK', path, {prevResult: JSON.parse(stdout) as object})).exitCode).toBe(0);
    await host().must('rm', [subnetFile]);
    expect(await call('DEL', path)).toMatchObject({exitCode: 0, stdout: ''});
    expect(await call('DEL', path)).toMatchObject({exitCode: 0, stdout: ''});
    expect(host().list('/var/lib/cni/flannel')).toEqual([]);
    expect((await host().run('ip', ['-n', 'n1', 'link', 'show', 'eth0'])).exitCode).not.toBe(0);
  });

  test('a delegate that is not ours is called with the whole configuration, and gets a DEL when it fails', async () => {
    await script(
      'mine',
      'cat >>/run/told; echo " $CNI_COMMAND" >>/run/told\n[ $CNI_COMMAND = DEL ] || { echo \'{"code": 7, "msg": "no"}\'; exit 1; }',
    );
    const {exitCode, stdout} = await call('ADD', await addNetns('n1'), {delegate: {type: 'mine'}});
    expect({exitCode, error: JSON.parse(stdout) as unknown}).toMatchObject({
      exitCode: 1,
      error: {code: 7, msg: expect.stringContaining('no')},
    });
    const told = host().read('/run/told').trim().split('\n');
    expect(told.map(line => line.split(' ').at(-1))).toEqual(['ADD', 'DEL']);
    expect(JSON.parse(told[0]?.replace(/ ADD$/, '') ?? '')).toMatchObject({
      type: 'mine',
      name: network,
      ipam: {ranges: [[{subnet: '10.244.3.0/24'}]]},
    });
    expect(host().list('/var/lib/cni/flannel')).toEqual([]);
    await host().must('rm', ['/run/told']);
  });

  test('STATUS fails as long as there is no lease', async () => {
    expect((await call('STATUS', '', {cniVersion: '1.1.0'})).exitCode).toBe(0);
    await host().must('rm', [subnetFile]);
    const {exitCode, stdout} = await call('STATUS', '', {cniVersion: '1.1.0'});
    expect({exitCode, error: JSON.parse(stdout) as unknown}).toMatchObject({exitCode: 1, error: {code: 50}});
  });
});
