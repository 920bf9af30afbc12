// What ls, inspect, networks and logs answer.
import {describe, expect, test} from '@jest/globals';
import {bridgeNetwork, classicLeases} from '../fixtures/networks.ts';
import {executable} from '../host.ts';
import {pause, stateDir, tableOf, useCliHost} from './cli-host.ts';

const dualStack = bridgeNetwork('dual', 'cnibr6', {
  isGateway: true,
  ipam: {type: 'host-local', ranges: [[{subnet: '172.19.6.0/24'}], [{subnet: 'fd00:19:6::/64'}]]},
});

const {host, cli, json, attach, end} = useCliHost();

describe('ls', () => {
  test('shows who is attached to what, and who has died', async () => {
    host().write('/etc/cni/net.d/20-dual.conflist', dualStack);
    const first = await attach('c1');
    await attach('c2', '--network', 'dual:net0');
    await end(first);
    const links = JSON.parse(await host().must('ip', ['-j', 'link', 'show', 'master', 'cnibr6'])) as [{ifname: string}];
    expect(tableOf((await cli('ls')).stdout)).toEqual([
      ['CONTAINER', 'NETWORK', 'INTERFACE', 'ADDRESSES', 'MAC', 'HOST INTERFACE', 'STATE', 'SINCE'],
      ['c1', 'mynet', 'eth0', '172.19.1.2/24', aMac, expect.stringMatching(/^veth/), 'dead', anAge],
      ['c2', 'dual', 'net0', '172.19.6.2/24 fd00:19:6::2/64', aMac, links[0].ifname, 'alive', anAge],
    ]);
  });

  test('as JSON says the same', async () => {
    const container = await attach('c1');
    const [link] = JSON.parse((await container.run('ip', ['-j', 'link', 'show', 'eth0'])).stdout);
    expect(await json('ls')).toEqual([
      {
        network: 'mynet',
        containerId: 'c1',
        ifName: 'eth0',
        state: 'alive',
        addresses: ['172.19.1.2/24'],
        mac: link.address,
        hostInterface: expect.stringMatching(/^veth/),
        published: [],
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        pid: container.pid,
        file: `${stateDir}/containers/c1/mynet:eth0.json`,
      },
    ]);
  });
});

test('ls shows plugins that a runtime called one by one as the one attachment that they are', async () => {
  await host().must('sh', ['-ec', `ip netns add n1; for t in bridge portmap; do ln -s ${executable} /run/$t; done`]);
  const env = {CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c1', CNI_NETNS: '/run/netns/n1', CNI_IFNAME: 'eth0'};
  const add = async (type: string, conf: object) =>
    JSON.parse(
      await host().must(`/run/${type}`, [], {
        env: {...env, CNI_PATH: '/run'},
        input: JSON.stringify({cniVersion: '1.0.0', name: 'one', type, ...conf}),
      }),
    ) as object;
  const ipam = {type: 'host-local', subnet: '10.9.0.0/24'};
  const prevResult = await add('bridge', {bridge: 'cnibr9', isGateway: true, ipam});
  const portMappings = [{hostPort: 8080, containerPort: 80, protocol: 'tcp'}];
  await add('portmap', {runtimeConfig: {portMappings}, prevResult});
  expect(host().list(`${stateDir}/containers/c1`)).toEqual(
    expect.arrayContaining(['one:eth0:bridge.json', 'one:eth0:portmap.json']),
  );
  expect(await json('ls')).toMatchObject([
    {
      containerId: 'c1',
      addresses: ['10.9.0.2/24'],
      hostInterface: expect.stringMatching(/^veth/),
      published: ['8080:80/tcp'],
    },
  ]);
  await host().must('ip', ['netns', 'delete', 'n1']);
});

describe('inspect', () => {
  test('shows the result, the log, and the commands that take an attachment back', async () => {
    await attach('c0');
    const before = await host().snapshot();
    await attach('c1');
    const {stdout} = await cli('inspect', 'c1');
    expect(stdout).toContain('container c1, network mynet, interface eth0: alive\n');
    expect(stdout).toContain('"address": "172.19.1.3/24"');
    expect(stdout).toContain('info createRuntime c1 mynet attached with 172.19.1.3/24');

    const {attachments, log} = (await json('inspect', 'c1')) as {attachments: [{undo: string[]}]; log: unknown};
    expect(attachments).toMatchObject([{result: {cniVersion: '1.1.0', ips: [{address: '172.19.1.3/24'}]}}]);
    expect(log).toMatchObject([{event: 'createRuntime', id: 'c1'}]);
    await host().must('sh', ['-ec', attachments[0].undo.join('\n')]);
    await host().must('rm', ['-r', `${stateDir}/containers/c1`]);
    expect(await host().snapshot()).toEqual(before);
  });

  test('shows the log of a container that is attached no more', async () => {
    const container = await attach('c1');
    await end(container);
    await cli('gc');
    const {exitCode, stdout} = await cli('inspect', 'c1');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^container c1 is attached to nothing\nlog:\n {2}\S+ info createRuntime c1/);
  });
});

describe('networks', () => {
  test('shows plugins, bridge, ranges, and how many addresses are used and free', async () => {
    host().write('/etc/cni/net.d/20-dual.conflist', dualStack);
    await attach('c1');
    host().write(`${classicLeases}/172.19.1.77`, 'somebody\r\neth0');
    expect(tableOf((await cli('networks')).stdout)).toEqual([
      ['FILE', 'NAME', 'PLUGINS', 'BRIDGE', 'RANGE', 'USED', 'FREE', 'HEALTH'],
      ['10-mynet.conflist', 'mynet (default)', 'bridge', 'cnibr0', '172.19.1.1-172.19.1.254', '2', '251', 'ok'],
      ['20-dual.conflist', 'dual', 'bridge', 'cnibr6', '172.19.6.1-172.19.6.254', '0', '253', 'ok'],
      ['"', '"', '"', '"', 'fd00:19:6::1-fd00:19:6:0:ffff:ffff:ffff:ffff', '0', '2^64', '"'],
    ]);
    expect(await json('networks')).toMatchObject([
      {
        name: 'mynet',
        isDefault: true,
        ranges: [{subnet: '172.19.1.0/24', size: 253, used: 2, free: 251}],
        problems: [],
      },
      {name: 'dual', isDefault: false, bridges: ['cnibr6']},
    ]);
  });

  test('says what is wrong with a file, and shows the others', async () => {
    const ipam = {type: 'host-local', subnet: '172.19.1.128/25'};
    const on = (bridge: string, settings: object) => bridgeNetwork('other', bridge, {ipam: {...ipam, ...settings}});
    const files: Readonly<Record<string, readonly [content: object | string, problem: string]>> = {
      '20-broken.conf': ['{"name": "broken",\n}', ':2:1: not valid JSON'],
      '20-double.conf': [{name: 'mynet', type: 'loopback'}, 'the name "mynet" is taken by .*/10-mynet.conflist'],
      '20-host-bits.conflist': [on('cnibr1', {subnet: '10.1.0.5/24'}), 'did you mean 10.1.0.0/24'],
      '20-overlap.conflist': [on('cnibr1', {}), '172.19.1.128/25 overlaps with 172.19.1.0/24 of network "mynet"'],
      '20-same-bridge.conflist': [on('cnibr0', {}), '172.19.1.128/25 overlaps with 172.19.1.0/24 of network "mynet"'],
      '20-unknown.conf': [{name: 'unknown', type: 'nosuch'}, 'there is no plugin "nosuch".*/opt/cni/bin'],
      '20-unknown-ipam.conf': [
        {name: 'unknown', type: 'bridge', ipam: {type: 'nosuch'}},
        'there is no plugin "nosuch"',
      ],
    };
    for (const [name, [content, problem]] of Object.entries(files)) {
      host().write(`/etc/cni/net.d/${name}`, content);
      const {exitCode, stdout} = await cli('networks');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^10-mynet.conflist +mynet \(default\)/m);
      expect(stdout).toMatch(new RegExp(`^/etc/cni/net.d/${name}.*${problem}`, 'm'));
      await host().must('rm', [`/etc/cni/net.d/${name}`]);
    }
  });

  test('finds nothing wrong with networks that share a bridge and its subnet, but no address', async () => {
    const ipam = {type: 'host-local', subnet: '172.19.1.0/24', dataDir: '/run/leases'};
    const half = (name: string, rangeStart: string, rangeEnd: string) =>
      bridgeNetwork(name, 'cnibr1', {ipam: {...ipam, rangeStart, rangeEnd}});
    host().write('/run/conf/10-low.conflist', half('low', '172.19.1.2', '172.19.1.99'));
    host().write('/run/conf/20-high.conflist', half('high', '172.19.1.100', '172.19.1.199'));
    expect(await json('networks', '--conf-dir', '/run/conf')).toMatchObject([
      {name: 'low', problems: [], ranges: [{size: 98}]},
      {name: 'high', problems: [], ranges: [{size: 100}]},
    ]);
  });
});

describe('logs', () => {
  test('shows the entries of one container, or of all', async () => {
    await attach('c1');
    await attach('c2');
    const {stdout} = await cli('logs', 'c2');
    expect(stdout).toMatch(
      /^\S+Z info createRuntime c2 mynet attached with 172\.19\.1\.3\/24 \([\d.]+ ms\)\n {2}ip link add /,
    );
    expect(stdout).not.toContain('c1');
    expect(await json('logs')).toMatchObject([{id: 'c1'}, {id: 'c2'}]);
  });

  test('with -f goes on as the log grows, also past its being moved away', async () => {
    await attach('c1');
    const command = ['-c', `timeout --signal INT 3 ${executable} logs -f --json`];
    const following = host().run('sh', command);
    await pause(500);
    await attach('c2');
    await pause(500);
    await host().must('mv', [`${stateDir}/log.jsonl`, `${stateDir}/log.1.jsonl`]);
    await attach('c3');
    const {stdout} = await following;
    expect(stdout.split('\n').map(line => JSON.parse(line).id)).toEqual(['c1', 'c2', 'c3']);
  });

  test.each(['', '--json'])('with -f ends when its reader does, though nothing comes any more: %j', async flag => {
    await attach('c1');
    // timeout(1) would end with 124.
    const script = `timeout 60 ${executable} logs -f ${flag} | head -1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    expect(await host().run('bash', ['-c', script])).toEqual({exitCode: 0, stdout: '0', stderr: ''});
  });
});

const aMac = expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
const anAge = expect.stringMatching(/^\d+s ago$/);
