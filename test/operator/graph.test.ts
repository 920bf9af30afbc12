// The picture of a host with three networks and ten containers, in every form, and what is marked in it. The names of pairs
// differ from run to run: in the expected text they are numbered as they come.
import {readFileSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {describe, expect, test} from '@jest/globals';
import {stateDir, useCliHost} from '../e2e/cli-host.ts';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import type {Netns} from '../host.ts';

const {host, cli, json, attach, end} = useCliHost();

const golden = (name: string) => new URL(`golden/${name}`, import.meta.url);

/** With UPDATE_GOLDEN=1 the expected text is written anew: look at it before it is committed. */
function expectGolden(name: string, text: string): void {
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden(name), `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(golden(name), 'utf8'));
}

function steady(text: string): string {
  const names: string[] = [];
  return text.replaceAll(hostname(), 'HOST').replaceAll(/veth[0-9a-f]{11}/g, name => {
    if (!names.includes(name)) names.push(name);
    return `veth-${names.indexOf(name) + 1}`;
  });
}

const ipam = (...subnets: readonly string[]) => ({type: 'host-local', ranges: subnets.map(subnet => [{subnet}])});

/** Three networks, ten containers: c10 is in two, c8 has ended, of c9 the interface was deleted, of c7 the record. */
async function furnish(): Promise<readonly Netns[]> {
  const publishing: Netns[] = [];
  await sh(
    'ip link add up0 type veth peer name up1; ip address add 192.0.2.1/24 dev up0; ip link set up0 up; ip link set up1 up; ip route add default via 192.0.2.254',
  );
  const front = bridgeNetwork('front', 'front0', {isGateway: true, ipam: ipam('10.20.0.0/24')});
  const dual = bridgeNetwork('dual', 'dual0', {isGateway: true, ipam: ipam('10.30.0.0/24', 'fd00:30::/64')});
  const conf = '/run/conf';
  host().write(`${conf}/10-front.conflist`, front);
  host().write(`${conf}/20-back.conflist`, bridgeNetwork('back', 'back0', {ipam: ipam('10.40.0.0/24')}));
  host().write(`${conf}/30-dual.conflist`, dual);
  const flagsFor = (networks: readonly string[]) => [
    ...['--conf-dir', conf],
    ...networks.flatMap(network => ['--network', network]),
  ];
  const put = (id: string, ...networks: readonly string[]) => attach(id, ...flagsFor(networks));
  for (const [id, ports] of [
    ['c1', '8080:80'],
    ['c2', '127.0.0.1:8443:443,9000-9008:9000-9008/udp'],
  ] as const) {
    const container = await host().netns();
    publishing.push(container);
    const state = creating(id, container.pid, {'io.cni-hook.ports': ports});
    expect(await host().hook('createRuntime', state, flagsFor(['front']))).toMatchObject({exitCode: 0});
  }
  for (const id of ['c3', 'c4']) await put(id, 'front');
  for (const id of ['c5', 'c6']) await put(id, 'back');
  await put('c7', 'dual');
  const ended = await put('c8', 'dual');
  const cut = await put('c9', 'dual');
  await put('c10', 'front', 'back:net1');
  await end(ended);
  await cut.run('ip', ['link', 'delete', 'eth0']);
  await sh(`rm -r ${stateDir}/containers/c7`);
  return publishing;
}

const sh = (script: string) => host().must('sh', ['-ec', script]);

test('three networks and ten containers, in every form', async () => {
  const publishing = await furnish();
  for (const format of ['tree', 'mermaid', 'dot']) {
    const {exitCode, stdout, stderr} = await cli('graph', '--format', format);
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
    expectGolden(`host.${format}`, steady(stdout));
  }
  const svg = (await cli('graph', '--format', 'svg')).stdout;
  if (process.env.KEEP_SVG) writeFileSync(process.env.KEEP_SVG, svg);
  expectWellFormed(svg);
  for (const words of ['10.20.0.2/24', 'fd00:30::3/64', '! no record', '! no interface', '! dead, no interface']) {
    expect(svg).toContain(`>${words}</text>`);
  }
  expectApart(svg);
  await sh('ip link delete up0');
  for (const container of publishing) await container.end();
});

test('as JSON, with what does not fit', async () => {
  await attach('c1');
  const lost = await attach('c2');
  await lost.run('ip', ['link', 'delete', 'eth0']);
  expect(await json('graph')).toEqual({
    host: hostname(),
    uplinks: [],
    bridges: [
      {
        name: 'cnibr0',
        addresses: ['172.19.1.1/24'],
        networks: ['mynet'],
        up: true,
        ports: [
          {
            container: 'c1',
            network: 'mynet',
            ifName: 'eth0',
            hostInterface: expect.stringMatching(/^veth/),
            addresses: [expect.stringMatching(/^172\.19\.1\.\d+\/24$/)],
            published: [],
            marks: [],
          },
          expect.objectContaining({container: 'c2', marks: ['no interface']}),
        ],
      },
    ],
    elsewhere: [],
  });
});

test('what hangs on no bridge says on which interface it hangs', async () => {
  const lan = {type: 'macvlan', master: 'up0', ipam: ipam('10.50.0.0/24')};
  host().write('/etc/cni/net.d/50-lan.conflist', {cniVersion: '1.0.0', name: 'lan', plugins: [lan]});
  await sh('ip link add up0 type veth peer name up1; ip link set up0 up');
  await attach('c1', '--network', 'lan');
  expect((await cli('graph')).stdout).toBe(`${hostname()}\n└─ c1 eth0 in lan  on up0  10.50.0.2/24`);
  expect(await json('graph')).toMatchObject({bridges: [], elsewhere: [{container: 'c1', parent: 'up0', marks: []}]});
  await sh('ip link delete up0');
});

describe('a port', () => {
  test.each([
    ['not on its bridge', 'ip link set $VETH nomaster'],
    ['down', 'ip link set $VETH down'],
  ])('is marked as %s', async (mark, command) => {
    await attach('c1');
    await sh(command.replace('$VETH', '$(ip -o link show type veth | sed -n "s/.*: \\(veth[0-9a-f]*\\)@.*/\\1/p")'));
    expect((await cli('graph')).stdout).toContain(`! ${mark}: c1 eth0`);
  });

  test('of somebody else is shown, and not marked', async () => {
    await attach('c1');
    await sh(
      'ip link add other type veth peer name other1; ip link set other master cnibr0; ip link set other up; ip link set other1 up',
    );
    expect((await cli('graph')).stdout).toMatch(/└─ not ours {2}other$/);
    await sh('ip link delete other');
  });
});

function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name = '', self] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!self) open.push(name);
  }
  expect(open).toEqual([]);
}

/** What is on no bridge has a line of its own: it leaves the host below the lines to the bridges, and crosses none of their boxes. */
test('of what is on no bridge the line passes below the bridges', async () => {
  await attach('c1');
  host().write(
    '/etc/cni/net.d/50-pairs.conflist',
    bridgeNetwork('pairs', '', {type: 'ptp', ipam: ipam('10.60.0.0/24')}),
  );
  await attach('c2', '--network', 'pairs');
  const {stdout: svg} = await cli('graph', '--format', 'svg');
  const [bridge] = Array.from(svg.matchAll(/<rect x="([\d.]+)"[^>]* rx="12"/g)).map(found => Number(found[1]));
  const bends = Array.from(svg.matchAll(/<path d="M[\d.]+ [\d.]+H([\d.]+)C/g)).map(found => Number(found[1]));
  // From the host to the bridge, from the bridge to c1, from the host to c2.
  expect(bends).toHaveLength(3);
  expect(bends[1]).toBeGreaterThan(bridge ?? 0);
  expect(bends[2]).toBeLessThan(bridge ?? 0);
  expect(bends[2]).toBe(bends[0]);
});

/** No box lies upon another. */
function expectApart(svg: string): void {
  const boxes = Array.from(svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)).map(
    found => found.slice(1).map(Number),
  ) as [number, number, number, number][];
  // Uplink, host, three bridges, and eleven ends in containers.
  expect(boxes).toHaveLength(16);
  for (const [i, [x, y, width, height]] of boxes.entries()) {
    for (const [otherX, otherY, otherWidth, otherHeight] of boxes.slice(i + 1)) {
      const isApart =
        x + width <= otherX || otherX + otherWidth <= x || y + height <= otherY || otherY + otherHeight <= y;
      expect(isApart).toBe(true);
    }
  }
}
