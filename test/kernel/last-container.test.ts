// What is left of published ports and of a network's place in the firewall when the last container has ended: nothing, whoever
// ends it, whatever dies on the way, and however many come at that moment.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns, type Outcome} from '../host.ts';

jest.setTimeout(180_000);

const ipam = {type: 'host-local', ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]]};
const bridge = {type: 'bridge', bridge: 'cnibr1', isGateway: true, ipMasq: true, ipam};
const plugins = [
  bridge,
  {type: 'portmap', capabilities: {portMappings: true}},
  {type: 'firewall', ingressPolicy: 'same-bridge'},
];
const done: Outcome = {exitCode: 0, stdout: '', stderr: ''};

let host: Host;
beforeEach(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10.conflist', {cniVersion: '1.0.0', name: 'plain', plugins: [bridge]});
  host.write('/etc/cni/net.d/20.conflist', {cniVersion: '1.0.0', name: 'published', plugins});
});
afterEach(() => host.close());

const portsOf = (ports: string) => ({'io.cni-hook.networks': 'published', 'io.cni-hook.ports': ports});
const start = (id: string, {pid}: Netns, ports: string) =>
  host.hook('createRuntime', creating(id, pid, portsOf(ports)));
const rules = () => host.must('nft', ['list', 'ruleset']);
const ourRules = /ports-(in|out|lookup|all4)|firewall-|ingress-/;

/** The host with the network's bridge and its masquerading, and nobody attached. */
async function standing() {
  const container = await host.netns();
  expect(
    await host.hook('createRuntime', creating('c0', container.pid, {'io.cni-hook.networks': 'published'})),
  ).toEqual(done);
  await container.end();
  expect(await host.hook('poststop', stopped('c0'))).toEqual(done);
  return host.snapshot();
}

test('only with the last container the rules go, and with the next they are there again', async () => {
  const before = await standing();
  expect(await rules()).not.toMatch(ourRules);
  for (const _round of [1, 2]) {
    const [one, two] = [await host.netns(), await host.netns()];
    expect([await start('c1', one, '8080:80'), await start('c2', two, '8081:80')]).toEqual([done, done]);
    await two.end();
    expect(await host.hook('poststop', stopped('c2'))).toEqual(done);
    expect(await rules()).toMatch(/tcp \. 8080[\s\S]*chain ports-in/);
    await one.end();
    expect(await host.hook('poststop', stopped('c1'))).toEqual(done);
    expect(await host.snapshot()).toEqual(before);
  }
});

test('the last may be one that has nothing to do with them', async () => {
  const [published, plain] = [await host.netns(), await host.netns()];
  expect(await host.hook('createRuntime', creating('plain', plain.pid, {'io.cni-hook.networks': 'plain'}))).toEqual(
    done,
  );
  expect(await start('c1', published, '8080:80')).toEqual(done);
  await published.end();
  expect(await host.hook('poststop', stopped('c1'))).toEqual(done);
  expect(await rules()).toMatch(ourRules);
  await plain.end();
  expect(await host.hook('poststop', stopped('plain'))).toEqual(done);
  expect((await host.snapshot()).nft.filter(rule => ourRules.test(rule))).toEqual([]);
});

test("somebody else's container on the bridge keeps 127.0.0.1 leading there", async () => {
  const container = await host.netns();
  expect(await start('c1', container, '8080:80')).toEqual(done);
  await host.must('sh', ['-ec', 'ip link add theirs type veth peer other; ip link set theirs master cnibr1']);
  await container.end();
  expect(await host.hook('poststop', stopped('c1'))).toEqual(done);
  const localnet = () => host.must('sysctl', ['-n', 'net.ipv4.conf.cnibr1.route_localnet']);
  expect([await localnet(), await rules()]).toEqual(['1', expect.stringMatching(ourRules)]);
  expect(await host.must(executable, ['gc', '--dry-run'])).toBe('');
  await host.must('ip', ['link', 'delete', 'theirs']);
  await host.must(executable, ['gc']);
  expect([await localnet(), await rules()]).toEqual(['0', expect.not.stringMatching(ourRules)]);
});

describe('they go as well', () => {
  test('with "cni-hook del"', async () => {
    const before = await standing();
    const container = await host.netns();
    const target = `/proc/${container.pid}/ns/net`;
    const mappings = JSON.stringify({portMappings: [{hostPort: 8080, containerPort: 80, protocol: 'tcp'}]});
    await host.must(executable, ['add', 'published', target], {env: {CAP_ARGS: mappings}});
    expect(await rules()).toMatch(/tcp \. 8080/);
    await host.must(executable, ['del', 'published', target], {env: {CAP_ARGS: mappings}});
    expect((await host.snapshot()).nft).toEqual(before.nft);
  });

  test('with an ADD that fails', async () => {
    const before = await standing();
    const container = await host.netns();
    const wrong = {...portsOf('8080:80'), 'io.cni-hook.ip': '10.77.0.1'};
    expect(await host.hook('createRuntime', creating('c1', container.pid, wrong))).toMatchObject({exitCode: 1});
    expect(await host.snapshot()).toEqual(before);
  });

  test('with an ADD that fails when they were made, and the network stays', async () => {
    const before = await standing();
    host.write(
      '/opt/cni/bin/fails',
      `#!/bin/sh\n[ "$CNI_COMMAND" = DEL ] || { echo '{"code": 100, "msg": "no"}'; exit 1; }\n`,
    );
    await host.must('chmod', ['755', '/opt/cni/bin/fails']);
    const network = {cniVersion: '1.0.0', name: 'published', plugins: [...plugins, {type: 'fails'}]};
    const configured = host.read('/etc/cni/net.d/20.conflist');
    host.write('/etc/cni/net.d/20.conflist', network);
    const outcome = await start('c1', await host.netns(), '8080:80');
    expect(outcome).toMatchObject({exitCode: 1, stderr: expect.stringContaining('no')});
    host.write('/etc/cni/net.d/20.conflist', JSON.parse(configured) as object);
    expect(await host.snapshot()).toEqual(before);
  });

  test('with gc, where nobody came for the container', async () => {
    const before = await standing();
    const container = await host.netns();
    expect(await start('c1', container, '8080:80')).toEqual(done);
    await container.end();
    await host.must(executable, ['gc']);
    expect(await host.snapshot()).toEqual(before);
  });
});

test('a poststop that can not take them back has done its own all the same, and gc does the rest', async () => {
  const before = await standing();
  const container = await host.netns();
  expect(await start('c1', container, '8080:80')).toEqual(done);
  await container.end();
  const under = ['strace', '-f', '-qq', '-e', 'trace=clone3', '-e', 'inject=clone3:error=EAGAIN', '-o', '/dev/null'];
  expect(await host.hook('poststop', stopped('c1'), [], {under})).toEqual(done);
  expect(host.read('/run/cni-hook/log.jsonl')).toMatch(
    /"level":"warning"[^\n]*cannot take back what the last container leaves/,
  );
  expect(await rules()).toMatch(ourRules);
  expect(await host.must(executable, ['gc', '--dry-run'])).toContain(
    'rules for published ports or in the firewall, and no container',
  );
  await host.must(executable, ['gc']);
  expect(await host.snapshot()).toEqual(before);
  expect(await host.must(executable, ['gc', '--dry-run'])).toBe('');
});

test('a poststop that is killed on the way leaves what gc takes back', async () => {
  const before = await standing();
  for (let when = 1, isKilled = true; isKilled; when++) {
    const container = await host.netns();
    expect(await start('c1', container, '8080:80')).toEqual(done);
    await container.end();
    const inject = `inject=rmdir,unlinkat,renameat2,clone3:signal=KILL:when=${when}`;
    const under = [
      'strace',
      '-f',
      '-qq',
      '-e',
      'trace=rmdir,unlinkat,renameat2,clone3',
      '-e',
      inject,
      '-o',
      '/dev/null',
    ];
    isKilled = (await host.hook('poststop', stopped('c1'), [], {under})).exitCode !== 0;
    await host.must(executable, ['gc']);
    expect(await host.snapshot()).toEqual(before);
    if (!isKilled) expect(when).toBeGreaterThan(5);
  }
});

test('many that come and go at the same time are never refused, and leave nothing', async () => {
  const before = await standing();
  const come = async (i: number): Promise<void> => {
    for (let round = 0; round < 12; round++) {
      const [id, container] = [`c${i}-${round}`, await host.netns()];
      expect(await start(id, container, `${8000 + i}:80,${9000 + i}:53/udp`)).toEqual(done);
      await container.end();
      expect(await host.hook('poststop', stopped(id))).toEqual(done);
    }
  };
  await Promise.all([1, 2, 3, 4].map(come));
  await host.must(executable, ['gc']);
  expect(await host.snapshot()).toEqual(before);
});

test('who starts while the directory of all containers is taken away makes it again', async () => {
  for (let when = 1, calls = when; when <= calls; when++) {
    const container = await host.netns();
    await host.must('rm', ['-rf', '/run/cni-hook/containers']);
    const inject = `inject=mkdirat:error=ENOENT:when=${when}`;
    const under = ['strace', '-f', '-qq', '-e', 'trace=mkdirat', '-e', inject, '-o', '/mnt/trace'];
    const state = creating(`c${when}`, container.pid, {'io.cni-hook.networks': 'plain'});
    expect(await host.hook('createRuntime', state, [], {under})).toEqual(done);
    calls = host.read('/mnt/trace').match(/mkdirat/g)?.length ?? 0;
    expect(calls).toBeGreaterThan(2);
  }
});
