// `add`, `del`, `check` and `status` as a person or a script calls them: containers by their id, namespaces by their path,
// cnitool's environment and name, the classic script.
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {beforeEach, describe, expect, test} from '@jest/globals';
import {addressesOf, start} from '../fixtures/container.ts';
import {executable} from '../host.ts';
import {network, ourBridge, useChainHost} from './chain-host.ts';

const {host, snapshot, configure, cli, must, addNetns, deleteNetns, script: plugin} = useChainHost();

const script = `${dirname(dirname(dirname(fileURLToPath(import.meta.url))))}/examples/runc_cni.sh`;
const second = {...ourBridge, bridge: 'cnibr8', ipam: {type: 'host-local', ranges: [[{subnet: '10.8.0.0/24'}]]}};
const json = async (...args: readonly string[]) => JSON.parse(await must(...args)) as Record<string, unknown>;
const address = async (...args: readonly string[]) =>
  ((await json('add', ...args)).ips as {address: string}[]).map(ip => ip.address.split('/')[0]);

beforeEach(async () => {
  configure([{...ourBridge, capabilities: {ips: true, mac: true}}]);
  host().write('/etc/cni/net.d/20-second.conflist', {cniVersion: '1.0.0', name: 'second', plugins: [second]});
});

/** The host as it is once both networks have had a container. */
async function standing(): Promise<unknown> {
  const path = await addNetns('earlier');
  await must('add', network, path);
  await must('add', 'second', path, '--ifname', 'eth1');
  await must('del', network, path);
  await must('del', 'second', path, '--ifname', 'eth1');
  await deleteNetns('earlier');
  return snapshot();
}

describe('a container that runs', () => {
  test.each(['runc', 'crun'] as const)(
    'gets a second network by its id, loses it and gets it again, and %s’s poststop takes all back',
    async runtime => {
      const before = await standing();
      const container = await start(host(), runtime, 'c1');
      // crun refuses to look at a host that has cgroups of both versions, which the fixture hides from it.
      const id = runtime === 'runc' ? 'c1' : `/proc/${container.pid}/ns/net`;
      const flags = ['--ifname', 'eth1', '--container-id', 'c1'];
      expect(await json('add', 'second', id, ...flags)).toMatchObject({interfaces: [{}, {}, {name: 'eth1'}]});
      expect(await container.addresses('eth1')).toHaveLength(1);
      expect(await json('ls', '--json')).toMatchObject([
        {containerId: 'c1', network: 'second', ifName: 'eth1'},
        {containerId: 'c1', network, ifName: 'eth0'},
      ]);
      await must('check', 'second', 'c1', '--ifname', 'eth1');
      await must('del', 'second', 'c1', '--ifname', 'eth1');
      expect((await host().run('ip', ['link', 'show', 'eth1'], {netnsOf: container.pid})).exitCode).not.toBe(0);
      expect(await container.addresses('eth0')).toHaveLength(2);
      await must('add', 'second', id, ...flags);
      expect(host().list('/var/lib/cni/results')).toEqual(['second-c1-eth1']);
      await container.remove();
      expect(await cli(['gc'])).toMatchObject({exitCode: 0});
      expect(await snapshot()).toEqual(before);
    },
  );

  test('has its addresses taken away while it runs, also by del of what the hook gave', async () => {
    const container = await start(host(), 'runc', 'c2');
    await must('del', network, 'c2');
    expect((await host().run('ip', ['link', 'show', 'eth0'], {netnsOf: container.pid})).exitCode).not.toBe(0);
    await must('add', network, 'c2', '--runtime', 'runc');
    expect(await addressesOf(host(), container.pid, 'eth0')).toHaveLength(2);
    await container.remove();
    expect(await json('ls', '--json')).toEqual([]);
  });

  test('must be known to a runtime', async () => {
    const {exitCode, stderr} = await cli(['add', network, 'nobody']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^cni-hook add: there is no running container "nobody" \(runc: .*; crun: .*; podman: .*\): name /,
    );
    expect((await cli(['add', network, 'nobody', '--runtime', 'nonesuch'])).stderr).toContain(
      '(nonesuch: not installed)',
    );
    expect((await cli(['add', network, 'nobody', '--runtime', 'runc', '--root', '/run/other'])).stderr).not.toContain(
      'crun',
    );
    expect(await cli(['del', network, 'nobody'])).toEqual({exitCode: 0, stdout: '', stderr: ''});
  });
});

describe('a namespace', () => {
  test('has the id that cnitool gives it, whatever the way to it is written', async () => {
    const path = await addNetns('blue');
    await must('add', network, path);
    expect(host().list('/run/cni-hook/containers')).toEqual(['cnitool-df26705e2e4ffd095eb1']);
    await must('del', network, '/run/../run/netns/blue');
    expect(host().list('/run/cni-hook/containers')).toEqual([]);
  });

  test.each([
    ['/run/netns/none', /cannot open the network namespace "\/run\/netns\/none"/],
    ['/proc/self/ns/net', /"\/proc\/self\/ns\/net" is the host's/],
  ])('%s is refused', async (path, reason) => {
    expect(await cli(['add', network, path])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(reason),
    });
  });

  test('is shown what would be done to it, and nothing is done', async () => {
    const path = await addNetns('n1');
    const before = await snapshot();
    expect(await must('add', network, path, '--dry-run')).toMatch(/^ip link add cnibr7/);
    expect(await snapshot()).toEqual(before);
    await must('add', network, path);
    const attached = (await json('ls', '--json')) as unknown;
    expect(await must('del', network, path, '--dry-run')).toMatch(/^ip link delete veth\w+$/);
    expect(await json('ls', '--json')).toMatchObject(attached as object[]);
  });
});

describe('wishes', () => {
  test('come as CNI_ARGS and capability arguments, by flag or by environment', async () => {
    const [one, two, three] = [await addNetns('n1'), await addNetns('n2'), await addNetns('n3')];
    expect(await address(network, one, '--cni-args', 'IgnoreUnknown=1;IP=10.7.0.50')).toContain('10.7.0.50');
    expect(await address(network, two, '--cap-args', '{"ips": ["10.7.0.60/24"]}')).toContain('10.7.0.60');
    const env = {
      CNI_ARGS: 'IP=10.7.0.70;IgnoreUnknown=1',
      CAP_ARGS: '{"mac": "02:00:00:00:00:70"}',
      CNI_IFNAME: 'net7',
    };
    const {stdout} = await cli(['add', network, three], env);
    const {interfaces} = JSON.parse(stdout) as {interfaces: object[]};
    expect(interfaces[2]).toMatchObject({name: 'net7', mac: '02:00:00:00:00:70'});
    expect(stdout).toContain('10.7.0.70/24');
    expect((await cli(['check', network, three], env)).exitCode).toBe(0);
    expect((await cli(['del', network, three], env)).exitCode).toBe(0);
  });

  test.each([
    [['--cap-args', '[]'], '--cap-args must be a JSON object'],
    [['--cap-args', '{'], '--cap-args:1:2: not valid JSON'],
    [['--cni-args', 'IP'], 'CNI_ARGS: invalid pair "IP"'],
    [['--ifname', 'a/b'], 'interface name "a/b" is not allowed'],
    [['--container-id', '../x'], 'container id "../x" is not allowed'],
    [['--timeout', 'soon'], '--timeout "soon" is not a number of seconds'],
  ])('%j are refused', async (flags, reason) => {
    const path = await addNetns('n1');
    expect(await cli(['add', network, path, ...flags])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(reason),
    });
  });
});

describe('check', () => {
  test('names what is missing, and says nothing where all is there', async () => {
    const path = await addNetns('n1');
    await must('add', network, path);
    expect(await cli(['check', network, path])).toEqual({exitCode: 0, stdout: '', stderr: ''});
    await host().must('ip', ['-n', 'n1', '-4', 'address', 'flush', 'dev', 'eth0']);
    const {exitCode, stdout} = await cli(['check', network, path, '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({code: 108, msg: expect.stringMatching(/10\.7\.0\.\d+/)});
  });

  test('names the file of a plugin that finds fault', async () => {
    const answer = `{"cniVersion": "1.0.0", "ips": [{"address": "10.7.0.9/24"}]}`;
    await plugin('moody', `case $CNI_COMMAND in ADD) echo '${answer}' ;; CHECK) exit 1 ;; esac`);
    configure([{...ourBridge, ipam: {type: 'moody'}}]);
    const path = await addNetns('n1');
    await must('add', network, path);
    const {exitCode, stderr} = await cli(['check', network, path]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`cni-hook check: /etc/cni/net.d/10-t.conflist: network "t", plugin "bridge"`);
  });

  test.each([
    [
      {cniVersion: '0.3.1'},
      {exitCode: 1, stderr: expect.stringContaining('config version "0.3.1" does not allow CHECK: it needs 0.4.0')},
    ],
    [{disableCheck: true}, {exitCode: 0, stderr: `network "${network}" says "disableCheck": nothing was looked at`}],
  ])('of a network with %j ends at once', async (more, outcome) => {
    configure([ourBridge], more);
    const path = await addNetns('n1');
    await must('add', network, path);
    expect(await cli(['check', network, path])).toMatchObject(outcome);
  });
});

describe('status', () => {
  const small = {type: 'host-local', ranges: [[{subnet: '10.6.0.0/30'}]]};

  test('says whether a container could be added', async () => {
    configure([{...ourBridge, ipam: small}], {cniVersion: '1.1.0'});
    expect(await cli(['status', network])).toEqual({exitCode: 0, stdout: '', stderr: ''});
    await must('add', network, await addNetns('n1'));
    expect(await cli(['status', network, '--json'])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/"code": ?50/),
    });
  });

  test('is unknown before 1.1.0', async () => {
    expect(await cli(['status', network])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `network "${network}" is of a version before 1.1.0, which has no STATUS`,
    });
  });
});

test('under the name of cnitool it takes what cnitool takes', async () => {
  const cnitool = '/run/cnitool';
  await host().must('ln', ['-s', executable, cnitool]);
  await addNetns('blue');
  const call = (...args: readonly string[]) =>
    host().run(cnitool, args, {cwd: '/run/netns', env: {CNI_IFNAME: 'eth3'}});
  expect(await call('add', network, 'blue')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('"name": "eth3"'),
    stderr: '',
  });
  expect(host().list('/var/lib/cni/results')).toEqual([`${network}-cnitool-df26705e2e4ffd095eb1-eth3`]);
  for (const verb of ['check', 'status', 'gc', 'del', 'del'])
    expect((await call(verb, network, 'blue')).exitCode).toBe(0);
  expect(host().list('/var/lib/cni/results')).toEqual([]);
  expect(await call('add', 'nonesuch', 'blue')).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringContaining('no network "nonesuch"'),
  });
});

test('the classic script does what it always did', async () => {
  await host().must('sh', ['-c', `mkdir -p /run/bin && ln -sf ${executable} /run/bin/cni-hook`]);
  const env = {PATH: '/run/bin:/usr/sbin:/usr/bin:/sbin:/bin', CNI_IFNAME: 'eth2'};
  const call = (args: readonly string[], more = {}) => host().run(script, args, {env: {...env, ...more}});
  const container = await start(host(), 'runc', 'c3');
  expect(await call(['ADD', 'c3'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('"name": "eth2"'),
    stderr: '',
  });
  expect(await addressesOf(host(), container.pid, 'eth2')).toHaveLength(2);
  expect(await call(['DEL', 'c3'])).toEqual({exitCode: 0, stdout: '', stderr: ''});
  expect(await call(['ADD', 'c3'], {NETWORK: 'second', RUNTIME: 'runc'})).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('10.8.0.'),
  });
  expect(await call(['DEL', 'c3'], {NETWORK: 'second'})).toMatchObject({exitCode: 0});
  expect(JSON.parse((await call(['VERSION'])).stdout)).toMatchObject({
    supportedVersions: expect.arrayContaining(['1.1.0']),
  });
  expect(await call(['ADD'])).toMatchObject({exitCode: 2, stderr: 'runc_cni.sh ADD: which container?'});
  expect(await call(['BAD', 'c3'])).toMatchObject({exitCode: 2, stderr: 'usage: runc_cni.sh ADD|DEL|VERSION ID'});
  await container.remove();
});
