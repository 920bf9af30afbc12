// A port that is taken is refused, and who has it is named; what the dead hold is free; and when the last container has gone
// nothing is left, whatever happened on the way.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {creating, stopped} from '../fixtures/state.ts';
import {askAll, serve, until} from '../fixtures/talk.ts';
import {createHost, executable, type Host, type Netns, type Outcome} from '../host.ts';

jest.setTimeout(120_000);

const ipam = {type: 'host-local', ranges: [[{subnet: '10.1.0.0/24'}], [{subnet: 'fd00:1::/64'}]]};
const bridge = {type: 'bridge', bridge: 'cnibr1', isGateway: true, ipMasq: true, ipam};
const plugins = [bridge, {type: 'portmap', capabilities: {portMappings: true}}];
const network = {cniVersion: '1.0.0', name: 'mynet', plugins};

let host: Host;
beforeEach(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10.conflist', network);
});
afterEach(() => host.close());

async function attach(id: string, ports: string, flags: readonly string[] = []): Promise<Outcome & {container: Netns}> {
  const container = await host.netns();
  const state = creating(id, container.pid, {'io.cni-hook.ports': ports});
  return {...(await host.hook('createRuntime', state, flags)), container};
}

async function started(id: string, ports: string): Promise<Netns> {
  const {container, ...outcome} = await attach(id, ports);
  expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
  return container;
}

const end = async (id: string, container: Netns): Promise<void> => {
  await container.end();
  expect(await host.hook('poststop', stopped(id))).toMatchObject({exitCode: 0});
};
const ruleset = (): Promise<string> => host.must('nft', ['list', 'ruleset']);
const elements = async (): Promise<number> => ((await ruleset()).match(/comment "cni-hook /g) ?? []).length;

describe('a port that is taken', () => {
  test.each([
    ['8080:80', '8080:81'],
    ['8080:80', '127.0.0.1:8080:81'],
    ['127.0.0.1:8080:80', '8080:81'],
    ['[fd00:9::1]:8080:80', '[::]:8080:81'],
    ['127.0.0.1:8080:80', '127.0.0.1:8080:81'],
    ['8080:80/udp', '8080:81/udp'],
    ['8080:80/sctp', '8080:81/sctp'],
  ])('by another container is refused with its name: %s, then %s', async (first, second) => {
    await started('web', first);
    const before = await host.snapshot();
    const {exitCode, stderr, container} = await attach('other', second);
    expect({exitCode, stderr}).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/8080\/(tcp|udp|sctp).*"web" of network "mynet" as "eth0"/),
    });
    await container.end();
    expect(await host.snapshot()).toEqual(before);
  });

  test.each([
    ['8080:80/tcp', '8080:80/udp'],
    ['127.0.0.1:8080:80', '127.0.0.2:8080:80'],
    ['0.0.0.0:8080:80', '[::]:8080:80'],
    ['8080:80', '8081:80'],
  ])('is another one than this: %s, then %s', async (first, second) => {
    await started('web', first);
    await started('other', second);
  });

  test.each([
    {protocol: 'tcp', address: '::'},
    {protocol: 'udp', address: '::'},
    {protocol: 'tcp', address: '127.0.0.1'},
    {protocol: 'udp', address: '0.0.0.0'},
    {protocol: 'tcp', address: '::ffff:127.0.0.1'},
    {protocol: 'udp', address: '::ffff:127.0.0.1'},
  ])('by a process of the host is refused with its name: $protocol on $address', async ({protocol, address}) => {
    const server = await serve(host, 'host', 8080, undefined, address);
    const {exitCode, stderr} = await attach('web', `8080:80/${protocol}`);
    expect({exitCode, stderr}).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/8080\/(tcp|udp).*process \d+ \("node"\) listens on it/),
    });
    await server.end();
    await started('web', `8080:80/${protocol}`);
  });

  test('by a container whose name is too long for a comment is refused with its name', async () => {
    const long = 'w'.repeat(120);
    await started(long, '8080:80');
    const {exitCode, stderr} = await attach('other', '127.0.0.1:8080:81');
    expect({exitCode, stderr}).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining(`published for container "${long}" of network "mynet" as "eth0"`),
    });
  });

  test('by a process whose command line has a word like the container’s id is refused too', async () => {
    const server = await serve(host, 'web', 8080);
    expect(await attach('web', '8080:80')).toMatchObject({exitCode: 1, stderr: expect.stringMatching(/"node"/)});
    await server.end();
  });

  test('by a connection that the host itself has made is free', async () => {
    const server = await serve(host, 'host', 9000);
    const hold =
      "require('node:net').connect({port: 9000, localPort: 8080, allowHalfOpen: true}).resume(); setInterval(() => 0, 1000)";
    await host.must('sh', ['-c', '"$@" >/dev/null 2>&1 &', 'sh', process.execPath, '-e', hold]);
    const sockets = () => host.must('cat', ['/proc/net/tcp', '/proc/net/tcp6']);
    await until(async () => /:1F90 \S+:2328/.test(await sockets()));
    await server.end();
    await started('web', '8080:80');
  });

  test('by a container that has ended is free', async () => {
    const web = await started('web', '8080:80,127.0.0.1:9090:90');
    await web.end();
    const next = await started('next', '8080:80,9090:90');
    await serve(host, 'next', 80, next.pid);
    expect(await askAll(host, [{address: '127.0.0.1', port: 8080}])).toEqual(['next 10.1.0.1']);
    expect(await host.run('ls', ['/run/cni-hook/containers'])).toMatchObject({stdout: 'next'});
  });

  test('by a container that has ended and is being taken back is free as soon as that is done', async () => {
    await (await started('web', '8080:80')).end();
    const lock = '/run/cni-hook/containers/web/lock';
    await host.must('sh', ['-c', `flock ${lock} sleep 0.5 >/dev/null 2>&1 & while flock -n ${lock} true; do :; done`]);
    await started('other', '8080:80');
  });

  test('by what a lost record left of the same container is free', async () => {
    const web = await started('web', '8080:80');
    await web.end();
    await host.must('rm', ['-r', '/run/cni-hook/containers/web']);
    await started('web', '8080:80');
    expect(await elements()).toBe(4);
  });
});

test('an address of which a lost record has left something is published for whoever has it now', async () => {
  const lost = await started('lost', '8080:80');
  await lost.end();
  await host.must('rm', ['-r', '/run/cni-hook/containers', '/var/lib/cni/networks/mynet']);
  const container = await host.netns();
  const annotations = {'io.cni-hook.ports': '8081:80', 'io.cni-hook.ip': '10.1.0.2'};
  const outcome = await host.hook('createRuntime', creating('next', container.pid, annotations));
  expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
  await serve(host, 'next', 80, container.pid);
  expect(await askAll(host, [{address: '127.0.0.1', port: 8081}])).toEqual(['next 10.1.0.1']);
  expect(await host.must('nft', ['list', 'set', 'inet', 'cni-hook', 'ports-near4'])).toContain('mynet/next/eth0');
});

describe('many at once, on a host that has no rules yet,', () => {
  const ids = Array.from({length: 16}, (_, i) => `c${i}`);

  test('all get their ports, and the rules are there once', async () => {
    const outcomes = await Promise.all(ids.map((id, i) => attach(id, `${8000 + i}:80,127.0.0.1:${9000 + i}:90`)));
    expect(outcomes.map(({exitCode, stderr}) => ({exitCode, stderr}))).toEqual(
      ids.map(() => ({exitCode: 0, stderr: ''})),
    );
    const rules = await ruleset();
    expect(rules.match(/chain ports-/g)).toHaveLength(5);
    expect(rules.match(/fib daddr type local jump ports-lookup/g)).toHaveLength(2);
    expect(await elements()).toBe(ids.length * 5);
    await Promise.all(ids.map((id, i) => end(id, outcomes[i]?.container as Netns)));
    expect(await elements()).toBe(0);
  });

  test.each([
    {ports: ['8080:80', '8080:80'], left: [4]},
    // These two have no key of a map in common.
    {ports: ['8080:80', '127.0.0.1:8080:80'], left: [4, 2]},
  ])('one of them gets the port that all want: $ports', async ({ports, left}) => {
    await started('first', '7:7');
    const outcomes = await Promise.all(ids.map((id, i) => attach(id, ports[i % 2] ?? '')));
    const refused = outcomes.filter(({exitCode}) => exitCode !== 0);
    expect(refused).toHaveLength(ids.length - 1);
    for (const {stderr} of refused) expect(stderr).toMatch(/8080\/tcp.*published for/);
    expect(left).toContain((await elements()) - 4);
  });
});

describe('what is taken back', () => {
  test('is all of it, when the last has gone', async () => {
    const before = await host.snapshot();
    const web = await started('web', '8080:80,127.0.0.1:53:53/udp,[fd00:9::1]:7:7/sctp');
    const other = await started('other', '8081:80');
    await end('web', web);
    expect(await elements()).toBe(4);
    await end('other', other);
    expect(await elements()).toBe(0);
    await host.must(executable, ['gc', '--networks']);
    const after = await host.snapshot();
    expect({...after, files: []}).toEqual({...before, files: []});
    expect(await ruleset()).toBe('');
  });

  test('V3: is one network’s, not the other’s of the same container', async () => {
    const second = {...network, name: 'second', plugins: [{...bridge, bridge: 'cnibr2'}, plugins[1]]};
    host.write(
      '/etc/cni/net.d/20.conflist',
      JSON.parse(JSON.stringify(second).replace('10.1.0', '10.2.0').replace('fd00:1', 'fd00:2')),
    );
    const container = await host.netns();
    const netns = `/proc/${container.pid}/ns/net`;
    const add = (name: string, ifName: string, hostPort: number) =>
      host.must(executable, ['add', name, netns, '--ifname', ifName], {
        env: {CAP_ARGS: JSON.stringify({portMappings: [{hostPort, containerPort: 80}]})},
      });
    await add('mynet', 'eth0', 8080);
    await add('second', 'eth1', 8081);
    expect(await elements()).toBe(8);
    await host.must(executable, ['del', 'second', netns, '--ifname', 'eth1']);
    const left = await ruleset();
    expect(left).toContain('tcp . 8080');
    expect(left).not.toContain('tcp . 8081');
  });

  test('is never a port that somebody else has by now', async () => {
    const web = await started('web', '8080:80');
    await host.must('nft', ['flush', 'ruleset']);
    await started('next', '8080:80');
    const before = await elements();
    await end('web', web);
    expect(await elements()).toBe(before);
  });

  test('is put back by repair, after a flush', async () => {
    const web = await started('web', '8080:80');
    await serve(host, 'web', 80, web.pid);
    const before = await ruleset();
    await host.must('nft', ['flush', 'ruleset']);
    await host.must(executable, ['repair']);
    expect(sorted(await ruleset())).toEqual(sorted(before));
    expect(await askAll(host, [{address: '127.0.0.1', port: 8080}])).toEqual(['web 10.1.0.1']);
    expect(await host.must(executable, ['repair'])).not.toContain('mended');
  });

  test('are rules of its own too, where ports are published on conditions', async () => {
    const guarded = [bridge, {...plugins[1], conditionsV4: ['ip', 'saddr', '192.0.2.0/24']}];
    host.write('/etc/cni/net.d/10.conflist', {...network, plugins: guarded});
    const chains = async () => (await ruleset()).match(/chain ports-(of|in|out)-/g)?.length ?? 0;
    const web = await started('web', '8080:80');
    const before = await ruleset();
    expect(await chains()).toBe(3);

    await host.must('nft', ['flush', 'ruleset']);
    await host.must(executable, ['repair']);
    expect(sorted(await ruleset())).toEqual(sorted(before));
    await end('web', web);
    expect(await chains()).toBe(0);

    const lost = await started('lost', '8080:80');
    await host.must('rm', ['-r', '/run/cni-hook/containers']);
    await lost.end();
    await host.must(executable, ['gc', '--networks']);
    expect(await ruleset()).toBe('');
  });

  test('is found by gc where no record tells of it', async () => {
    const web = await started('web', '8080:80');
    await host.must('rm', ['-r', '/run/cni-hook/containers', '/run/cni-hook/networks', '/run/cni-hook/host.json']);
    await web.end();
    const found = await host.must(executable, ['gc', '--dry-run']);
    expect(found).toMatch(/published ports of container "web" in network "mynet"/);
    await host.must(executable, ['gc']);
    expect(await ruleset()).toBe('');
  });
});

const sorted = (text: string): readonly string[] => text.split('\n').sort();
