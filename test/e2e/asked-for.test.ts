// What a container asks for by annotation: a fixed address and MAC, and which of its networks holds the default route.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {type Runtime, start} from '../fixtures/container.ts';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(60_000);

const range = (subnet: string) => [{subnet}];
const both = [{dst: '0.0.0.0/0'}, {dst: '::/0'}];
const ipamOf = (number: number, routes: readonly object[]) => ({
  type: 'host-local',
  ranges: [range(`172.19.${number}.0/24`), range(`fd00:19:${number}::/64`)],
  routes,
});

let host: Host;
beforeEach(async () => {
  host = await createHost();
  host.write(
    '/etc/cni/net.d/10-web.conflist',
    bridgeNetwork('web', 'cnibr1', {isGateway: true, ipam: ipamOf(1, both)}),
  );
  host.write('/etc/cni/net.d/20-db.conflist', bridgeNetwork('db', 'cnibr2', {isGateway: true, ipam: ipamOf(2, both)}));
  const v4 = ipamOf(3, [{dst: '0.0.0.0/0'}, {dst: '10.9.0.0/16'}]);
  host.write(
    '/etc/cni/net.d/30-old.conflist',
    bridgeNetwork('old', 'cnibr3', {isDefaultGateway: false, isGateway: true, ipam: v4}),
  );
  host.write('/etc/cni/net.d/40-layer2.conflist', bridgeNetwork('layer2', 'cnibr4', {}));
});
afterEach(() => host.close());

const asking = (annotations: Readonly<Record<string, string>>) => ({
  annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`io.cni-hook.${key}`, value])),
});

describe.each<Runtime>(['runc', 'crun'])('with %s', runtime => {
  test('a container has the address and the MAC that it asks for, also when it is started again', async () => {
    const options = asking({ip: '172.19.1.99,fd00:19:1::99', mac: '02:11:22:33:44:55'});
    for (let i = 0; i < 2; i++) {
      const container = await start(host, runtime, 'c1', options);
      expect(await container.addresses()).toEqual(['172.19.1.99/24', 'fd00:19:1::99/64']);
      expect(
        await container.exec('cat', ['/sys/class/net/eth0/address']).catch(() => macOf(container.pid, 'eth0')),
      ).toContain('02:11:22:33:44:55');
      await container.ping('172.19.1.1');
      await container.remove();
    }
  });

  test.each([
    {
      what: 'is taken',
      annotations: {ip: '172.19.1.2'},
      says: 'requested IP 172.19.1.2 is not available: container "c0" holds it',
    },
    {what: 'is outside', annotations: {ip: '172.19.7.7'}, says: 'failed to allocate all requested IPs: 172.19.7.7'},
    {what: 'is the gateway', annotations: {ip: '172.19.1.1'}, says: 'requested IP 172.19.1.1 is the gateway'},
    {
      what: 'nobody gives',
      annotations: {networks: 'layer2', ip: '172.19.1.9'},
      says: 'network "layer2" was asked for 172.19.1.9, and its plugins gave none',
    },
    {
      what: 'is for no network of it',
      annotations: {ip: 'db=172.19.2.9'},
      says: '172.19.2.9 is asked for "db", where the container is not: it is in web:eth0',
    },
    {what: 'is no address', annotations: {ip: 'x'}, says: 'annotation "io.cni-hook.ip": "x" is not an IP address'},
    {
      what: 'is in an annotation with a slip',
      annotations: {ips: '172.19.1.9'},
      says: 'there is no annotation "io.cni-hook.ips": did you mean "io.cni-hook.ip"?',
    },
  ])('an address that $what is a reason not to start', async ({annotations, says}) => {
    const first = await start(host, runtime, 'c0');
    const before = await host.snapshot();
    await expect(start(host, runtime, 'c1', asking(annotations))).rejects.toThrow();
    expect(lastLogged()).toMatchObject({level: 'error', id: 'c1', msg: expect.stringContaining(says)});
    expect(await host.snapshot()).toEqual(before);
    await first.remove();
  });

  test('of three networks the first holds the default route; the others have theirs left out', async () => {
    const container = await start(
      host,
      runtime,
      'c1',
      asking({networks: 'web,db,old:net0', ip: 'db=172.19.2.50,old:net0=172.19.3.50', mac: 'old=02:11:22:33:44:66'}),
    );
    expect(await defaultsOf(container.pid)).toEqual(['172.19.1.1 eth0', 'fd00:19:1::1 eth0']);
    expect(await container.addresses('eth1')).toContain('172.19.2.50/24');
    expect(await container.addresses('net0')).toContain('172.19.3.50/24');
    expect(await macOf(container.pid, 'net0')).toBe('02:11:22:33:44:66');
    expect(await host.must('ip', ['route', 'show', '10.9.0.0/16'], {netnsOf: container.pid})).toContain(
      'via 172.19.3.1 dev net0',
    );
    for (const gateway of ['172.19.1.1', '172.19.2.1', '172.19.3.1', 'fd00:19:2::1']) await container.ping(gateway);
    for (const network of ['web', 'db', 'old']) {
      const ifname = {web: 'eth0', db: 'eth1', old: 'net0'}[network] ?? '';
      expect(await host.run(executable, ['check', network, 'c1', '--ifname', ifname])).toMatchObject({exitCode: 0});
    }
    expect(await host.run(executable, ['repair', '--dry-run'])).toMatchObject({exitCode: 0, stdout: ''});
    await host.must('sh', ['-ec', 'ip route flush default; ip -6 route flush default; ip link delete eth1'], {
      netnsOf: container.pid,
    });
    await host.must(executable, ['repair']);
    expect(await defaultsOf(container.pid)).toEqual(['172.19.1.1 eth0', 'fd00:19:1::1 eth0']);
    await container.ping('172.19.2.1');
    await container.remove();
  });

  test('another network than the first holds it if that is asked for; traffic goes out by it', async () => {
    await host.must('ip', ['address', 'add', '198.51.100.1/32', 'dev', 'lo']);
    const container = await start(host, runtime, 'c1', asking({networks: 'web,db', 'default-route': 'db'}));
    expect(await defaultsOf(container.pid)).toEqual(['172.19.2.1 eth1', 'fd00:19:2::1 eth1']);
    await container.ping('198.51.100.1');
    const [before, after] = [await sent(container.pid, 'eth1'), await sent(container.pid, 'eth0')];
    await container.exec('ping', ['-c', '5', '-i', '0.1', '-W', '1', '198.51.100.1']);
    expect((await sent(container.pid, 'eth1')) - before).toBeGreaterThanOrEqual(5);
    expect((await sent(container.pid, 'eth0')) - after).toBeLessThan(5);
    await container.remove();
  });

  test('ports are published by the network of the default route, which needs no portmap in its chain', async () => {
    const command = ['sh', '-c', 'echo it works > /dev/index.html; exec httpd -f -p 80 -h /dev'];
    const options = asking({networks: 'web,db', 'default-route': 'db', ports: '8080:80', ip: 'db=172.19.2.80'});
    const container = await start(host, runtime, 'c1', {...options, command});
    await host.must('sh', [
      '-c',
      'for i in $(seq 50); do busybox wget -qO- http://172.19.2.80/ && exit; sleep 0.1; done; exit 1',
    ]);
    expect(await host.must('busybox', ['wget', '-qO-', 'http://172.19.1.1:8080/'])).toBe('it works');
    expect(portmapsOf('c1')).toEqual({'db:eth1': 1, 'web:eth0': 0});
    expect(await host.run(executable, ['check', 'db', 'c1', '--ifname', 'eth1'])).toMatchObject({exitCode: 0});
    await container.remove();
    expect(await host.run('busybox', ['wget', '-qO-', 'http://172.19.1.1:8080/'])).not.toMatchObject({
      exitCode: 0,
    });
    expect((await host.run(executable, ['gc', '--dry-run'])).stdout).toBe('');
  });

  test('a chain that has a portmap does not get another', async () => {
    const plugins = [
      {type: 'bridge', bridge: 'cnibr1', isGateway: true, ipam: ipamOf(1, both)},
      {type: 'portmap', capabilities: {portMappings: true}},
    ];
    host.write('/etc/cni/net.d/10-web.conflist', {cniVersion: '1.0.0', name: 'web', plugins});
    const container = await start(host, runtime, 'c1', asking({ports: '8080:80/udp'}));
    expect(portmapsOf('c1')).toEqual({'web:eth0': 1});
    await container.remove();
  });

  test('a family that the chosen one has no default route for goes by the next that has', async () => {
    const container = await start(host, runtime, 'c1', asking({networks: 'web,db,old', 'default-route': 'old:eth2'}));
    expect(await defaultsOf(container.pid)).toEqual(['172.19.3.1 eth2', 'fd00:19:1::1 eth0']);
    await container.remove();
  });
});

test('a container whose address is kept gets another one if it asks for that', async () => {
  const first = await start(host, 'runc', 'c1', asking({'keep-ip': '1h', ip: '172.19.1.50'}));
  await first.remove();
  await expect(start(host, 'runc', 'c2', asking({ip: '172.19.1.50'}))).rejects.toThrow(
    'requested IP 172.19.1.50 is not available',
  );
  const second = await start(host, 'runc', 'c1', asking({'keep-ip': '1h', ip: '172.19.1.60'}));
  expect(await second.addresses()).toEqual(['172.19.1.60/24', expect.stringMatching(/^fd00:19:1::/)]);
  const other = await start(host, 'runc', 'c2', asking({ip: '172.19.1.50'}));
  await Promise.all([second.remove(), other.remove()]);
});

test('an address that a container holds whose end nobody has told of is free for another', async () => {
  const dead = await start(host, 'runc', 'dead', asking({ip: '172.19.1.77'}));
  // Its netns goes with it, and no poststop is called.
  await host.must('kill', ['-9', String(dead.pid)]);
  await host.must('sh', ['-c', 'while [ -n "$(ip link show master cnibr1)" ]; do sleep 0.05; done']);
  const container = await start(host, 'runc', 'c1', asking({ip: '172.19.1.77'}));
  expect(await container.addresses()).toContain('172.19.1.77/24');
  await container.remove();
});

test('what the dry run prints has one default route of each family', async () => {
  const {pid, end} = await host.netns();
  const {stdout} = await host.hook('createRuntime', creating('c1', pid), [
    '--dry-run',
    '--network=web',
    '--network=db',
  ]);
  const routes = stdout.split('\n').filter(line => line.includes(' route append '));
  expect(routes.map(line => line.replace(/.* route append /, ''))).toEqual([
    expect.stringMatching(/^0\.0\.0\.0\/0 via 172\.19\.1\.1 dev eth0/),
    expect.stringMatching(/^::\/0 via fd00:19:1::1 dev eth0/),
  ]);
  await end();
});

test('a network that is added to a container that runs leaves it the default routes that it has', async () => {
  const container = await start(host, 'runc', 'c1');
  const add = ['add', 'db', 'c1', '--ifname', 'eth1', '--ip', '172.19.2.9', '--mac', '02:11:22:33:44:77'];
  const planned = await host.must(executable, [...add, '--dry-run']);
  expect(planned).toContain('172.19.2.9/24');
  expect(planned).not.toMatch(/0\.0\.0\.0\/0|::\/0|default/);
  const result = JSON.parse(await host.must(executable, add)) as {readonly routes?: readonly object[]};
  expect(result.routes ?? []).toEqual([]);
  expect(await defaultsOf(container.pid)).toEqual(['172.19.1.1 eth0', 'fd00:19:1::1 eth0']);
  expect(await container.addresses('eth1')).toContain('172.19.2.9/24');
  expect(await macOf(container.pid, 'eth1')).toBe('02:11:22:33:44:77');
  await container.remove();
});

async function defaultsOf(pid: number): Promise<readonly string[]> {
  const routes = await Promise.all(
    ['-4', '-6'].map(async family => {
      const json = await host.must('ip', [family, '-j', 'route', 'show', 'default'], {netnsOf: pid});
      return JSON.parse(json) as readonly {readonly gateway: string; readonly dev: string}[];
    }),
  );
  return routes.flat().map(({gateway, dev}) => `${gateway} ${dev}`);
}

async function macOf(pid: number, ifName: string): Promise<string | undefined> {
  const json = await host.must('ip', ['-j', 'link', 'show', 'dev', ifName], {netnsOf: pid});
  return (JSON.parse(json) as readonly {readonly address: string}[])[0]?.address;
}

/** How many portmaps the chain of each of its attachments has. */
function portmapsOf(id: string): Readonly<Record<string, number>> {
  const directory = `/run/cni-hook/containers/${id}`;
  const names = host.list(directory).filter(name => /^[^:]+:[^:]+\.json$/.test(name));
  return Object.fromEntries(
    names.map(name => {
      const {config} = JSON.parse(host.read(`${directory}/${name}`)) as {
        readonly config: {readonly plugins: readonly {readonly type: string}[]};
      };
      return [name.replace('.json', ''), config.plugins.filter(({type}) => type === 'portmap').length];
    }),
  );
}

/** Packets. */
async function sent(pid: number, ifName: string): Promise<number> {
  const json = await host.must('ip', ['-j', '-s', 'link', 'show', 'dev', ifName], {netnsOf: pid});
  const [link] = JSON.parse(json) as readonly {readonly stats64: {readonly tx: {readonly packets: number}}}[];
  return link?.stats64.tx.packets ?? 0;
}

function lastLogged(): object {
  return JSON.parse(host.read('/run/cni-hook/log.jsonl').trim().split('\n').at(-1) ?? '{}') as object;
}
