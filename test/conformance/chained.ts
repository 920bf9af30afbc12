// The suite for plugins that change what an earlier plugin of the chain has made: the promises of conformance.ts, behind a
// bridge. The measure is the whole host and the container, queueing disciplines included, before and after.
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';
import {expectSame, look} from './look.ts';
import {call, inNetns, type Json, linkPlugins, makeNetns, netnsPath, removeNetns, sh, succeed} from './plugins.ts';
import {problemOf, versions} from './result-form.ts';
import type {Change, Config, Sabotage} from './subject.ts';

export interface ChainedSubject {
  readonly type: string;
  /** The first is the one that is broken. */
  readonly configs: readonly Omit<Config, 'addresses'>[];
  readonly sabotage: readonly Sabotage[];
  readonly additions: readonly Change[];
}

const version = {cniVersion: '1.1.0'};
const bridge = {
  ...version,
  name: 'net1',
  type: 'bridge',
  bridge: 'br1',
  ipam: {type: 'host-local', subnet: '10.1.0.0/24'},
};
const envOf = (id: string) => ({CNI_CONTAINERID: id, CNI_NETNS: netnsPath(id)});

export function chained({type, configs, sabotage, additions}: ChainedSubject): void {
  let host: Host;
  const under = new Map<string, Json>();
  /** A container with what the bridge plugin has given it. */
  const begin = async (id: string) => {
    await sh(host, makeNetns(id));
    under.set(id, await succeed(host, {type: 'bridge', verb: 'ADD', conf: bridge, env: envOf(id)}));
  };
  const end = async (id: string) => {
    await succeed(host, {type: 'bridge', verb: 'DEL', conf: bridge, env: envOf(id)});
    await sh(host, removeNetns(id));
  };
  const qdiscs = async () =>
    sh(
      host,
      'tc -j qdisc show',
      `${inNetns('c1')} sysctl net.core.somaxconn net.ipv4.ip_local_reserved_ports 2>/dev/null || :`,
    );
  const see = async () => ({...(await look(host)), more: await qdiscs()});
  const seeOutside = async () => ({...(await host.snapshot()), more: await sh(host, 'tc -j qdisc show')});

  beforeAll(async () => {
    host = await createHost();
    await linkPlugins(host, [type, 'bridge', 'host-local']);
    await begin('neighbour');
  });
  afterAll(() => host.close());
  beforeEach(() => begin('c1'));
  afterEach(() => end('c1'));

  describe.each(configs)(`${type} behind a bridge, $what,`, ({conf}) => {
    const full = {...version, name: 'net1', type, ...conf};
    const add = (id = 'c1'): Promise<Json> =>
      succeed(host, {type, verb: 'ADD', conf: {...full, prevResult: under.get(id)}, env: envOf(id)});
    const del = (previous?: Json, env = {}) =>
      call(host, {type, verb: 'DEL', conf: {...full, ...(previous && {prevResult: previous})}, env});
    const check = (previous: Json) => call(host, {type, verb: 'CHECK', conf: {...full, prevResult: previous}});

    test('ADD and DEL leave host and container as they were', async () => {
      const before = await see();
      const result = await add();
      expect(await see()).not.toEqual(before);
      expect(await del(result)).toMatchObject({exitCode: 0});
      await expectSame(see, before);
    });

    test('ADD asked twice answers the same and changes nothing', async () => {
      const first = await add();
      const before = await see();
      expect(await add()).toEqual(first);
      await expectSame(see, before);
      await del(first);
    });

    test('ADD does not touch the neighbour, and keeps what came before in the result', async () => {
      await add('neighbour');
      const before = await seeOutside();
      const result = await add();
      expect(result.ips).toEqual(under.get('c1').ips);
      expect(result.interfaces.map(({name}: Json) => name)).toEqual(
        expect.arrayContaining(under.get('c1').interfaces.map(({name}: Json) => name)),
      );
      await del(result);
      await expectSame(seeOutside, before);
      await succeed(host, {type, verb: 'DEL', conf: full, env: envOf('neighbour')});
    });

    test('DEL may come twice, for what never was, and without a prevResult', async () => {
      const before = await see();
      expect(await del()).toMatchObject({exitCode: 0});
      const result = await add();
      expect(await del()).toMatchObject({exitCode: 0});
      expect(await del(result)).toMatchObject({exitCode: 0});
      await expectSame(see, before);
    });

    test.each([{CNI_NETNS: ''}, {CNI_NETNS: undefined}])('DEL needs no netns: %j', async env => {
      const before = await see();
      const result = await add();
      expect(await del(result, env)).toMatchObject({exitCode: 0});
      await expectSame(see, before);
    });

    test.each(['with', 'without'])('DEL takes everything back when the netns is gone, %s our state', async state => {
      const links = () => sh(host, "ip -o link | grep -c -e ': bwp' -e ': veth' || :");
      const before = await links();
      const result = await add();
      await sh(host, removeNetns('c1'));
      if (state === 'without') await sh(host, 'rm -r /run/cni-hook/containers/c1');
      expect(await del(result)).toMatchObject({exitCode: 0});
      await expectSame(links, `${Number(before) - 1}\n`.trim());
      expect(host.list('/run/cni-hook/containers/c1').filter(name => name.includes(`:${type}`))).toEqual([]);
    });

    test('ADD without a prevResult is refused, and touches nothing', async () => {
      const before = await see();
      const answer = await call(host, {type, verb: 'ADD', conf: full});
      expect(answer).toMatchObject({exitCode: 1, json: {code: 7, msg: expect.stringContaining('prevResult')}});
      await expectSame(see, before);
    });

    test('CHECK finds nothing wrong right after ADD, and STATUS neither', async () => {
      const result = await add();
      expect(await check(result)).toMatchObject({exitCode: 0});
      expect(await call(host, {type, verb: 'STATUS', conf: full})).toMatchObject({exitCode: 0});
      await del(result);
    });

    test.each(versions.filter(version => version >= '0.3.0'))('the result is one of version %s', async cniVersion => {
      const old = {...full, cniVersion};
      const prevResult = {
        ...under.get('c1'),
        cniVersion,
        ips: under.get('c1').ips.map((ip: Json) => ({...ip, version: '4'})),
      };
      const result = await succeed(host, {type, verb: 'ADD', conf: {...old, prevResult}});
      expect(problemOf(result, cniVersion)).toBeUndefined();
      await succeed(host, {type, verb: 'DEL', conf: {...old, prevResult: result}});
    });

    test('GC takes what is not named, and nothing else', async () => {
      const valid = (ids: readonly string[]) => ids.map(containerID => ({containerID, ifname: 'eth0'}));
      const collect = (ids: readonly string[]) =>
        call(host, {type, verb: 'GC', conf: {...full, 'cni.dev/valid-attachments': valid(ids)}});
      const before = await see();
      await add();
      const attached = await see();
      expect(await collect(['c1'])).toMatchObject({exitCode: 0});
      await expectSame(see, attached);
      expect(await collect([])).toMatchObject({exitCode: 0});
      await expectSame(see, before);
    });

    test('in a chain of the hook it comes and goes with the container', async () => {
      host.write('/etc/cni/net.d/10-hook.conflist', {
        cniVersion: '1.0.0',
        name: 'net-hook',
        plugins: [
          {...bridge, bridge: 'br1'},
          {type, ...conf},
        ],
      });
      const before = await seeOutside();
      const container = await host.netns();
      expect(await host.hook('createRuntime', creating('hooked', container.pid))).toMatchObject({exitCode: 0});
      expect(await seeOutside()).not.toEqual(before);
      await container.end();
      expect(await host.hook('poststop', stopped('hooked'))).toMatchObject({exitCode: 0});
      await expectSame(seeOutside, before);
      await host.must('rm', ['/etc/cni/net.d/10-hook.conflist']);
    });
  });

  describe(`${type}, when something is changed behind its back,`, () => {
    const full = {...version, name: 'net1', type, ...configs[0]?.conf};
    let result: Json;
    const again = (verb: 'CHECK' | 'DEL') => call(host, {type, verb, conf: {...full, prevResult: result}});
    const change = (commands: string) => {
      const names: readonly string[] = result.interfaces.map(({name}: Json) => name);
      const env = {
        PORT: names.find(name => name.startsWith('veth')) ?? '',
        IFB: names.find(name => name.startsWith('bwp')) ?? '',
        IN: inNetns('c1'),
      };
      return host.must('sh', ['-ec', commands], {env});
    };
    beforeEach(async () => {
      result = await succeed(host, {type, verb: 'ADD', conf: {...full, prevResult: under.get('c1')}});
    });
    afterEach(async () => expect(await again('DEL')).toMatchObject({exitCode: 0}));

    test.each(sabotage)('CHECK names it, and DEL does without it: $what', async ({commands, says}) => {
      await change(commands);
      expect(await again('CHECK')).toMatchObject({exitCode: 1, json: {code: 108, msg: expect.stringMatching(says)}});
    });

    test.each(additions)('CHECK bears with it: $what', async ({commands}) => {
      await change(commands);
      expect(await again('CHECK')).toMatchObject({exitCode: 0});
    });
  });
}
