// GC, for every plugin: gone is what is not in the list and nothing else. No plugin of the reference has it (V2).
import {afterAll, afterEach, beforeAll, describe, expect, test} from '@jest/globals';
import {creating, stopped} from '../fixtures/state.ts';
import type {Host} from '../host.ts';
import {expectSame} from './look.ts';
import {call, type Json, makeNetns, netnsPath, removeNetns, sh, succeed} from './plugins.ts';
import type {Subject} from './subject.ts';

/** Both spellings: the specification's, and the one that its tag of 1.1.0 had. */
const keys = ['cni.dev/valid-attachments', 'cni.dev/attachments'] as const;

const c1 = {containerID: 'c1', ifname: 'eth0'};
const c2 = {containerID: 'c2', ifname: 'eth0'};

export function garbageCollection({type, configs, hooked}: Subject, hostOf: () => Host): void {
  describe.each(configs)(`GC of ${type}, $what,`, ({conf}) => {
    const full = {cniVersion: '1.1.0', name: 'net-gc', type, ...conf};
    const other = {...full, name: 'net-other'};
    const env = (id: string, ifName = 'eth0') => ({
      CNI_CONTAINERID: id,
      CNI_NETNS: netnsPath(id),
      CNI_IFNAME: ifName,
    });
    const add = (id: string, ifName?: string): Promise<Json> =>
      succeed(hostOf(), {type, verb: 'ADD', conf: full, env: env(id, ifName)});
    const del = (id: string, ifName?: string) =>
      succeed(hostOf(), {type, verb: 'DEL', conf: full, env: env(id, ifName)});
    const collect = (valid: readonly object[], key: string = keys[0]) =>
      call(hostOf(), {type, verb: 'GC', conf: {...full, [key]: valid}});
    const netns = ['c1', 'c2', 'other'];

    beforeAll(async () => {
      for (const name of netns) await sh(hostOf(), makeNetns(name));
      await succeed(hostOf(), {type, verb: 'ADD', conf: other, env: env('other')});
      // What all containers of the network share comes with the first and stays.
      await add('c1');
      await del('c1');
    });
    afterAll(async () => {
      await succeed(hostOf(), {type, verb: 'DEL', conf: other, env: env('other')});
      for (const name of netns) await sh(hostOf(), removeNetns(name));
    });
    afterEach(async () => {
      for (const id of ['c1', 'c2']) await del(id);
    });

    test.each(keys)('takes what "%s" does not name', async key => {
      await add('c1');
      const before = await hostOf().snapshot();
      await add('c2');
      expect(await collect([c1], key)).toMatchObject({exitCode: 0});
      await expectSame(() => hostOf().snapshot(), before);
    });

    test('takes everything of its network if nothing is named', async () => {
      const before = await hostOf().snapshot();
      await add('c1');
      await add('c2');
      expect(await collect([])).toMatchObject({exitCode: 0});
      await expectSame(() => hostOf().snapshot(), before);
    });

    test('leaves everything that is named, and may be asked twice', async () => {
      await add('c1');
      await add('c2');
      const before = await hostOf().snapshot();
      expect(await collect([c1, c2])).toMatchObject({exitCode: 0});
      expect(await collect([c2, c1])).toMatchObject({exitCode: 0});
      await expectSame(() => hostOf().snapshot(), before);
    });

    test('tells interfaces of one container apart', async () => {
      await add('c1');
      const before = await hostOf().snapshot();
      await add('c1', 'eth1');
      expect(await collect([c1])).toMatchObject({exitCode: 0});
      await expectSame(() => hostOf().snapshot(), before);
    });

    test('takes what is left of a container whose netns is gone', async () => {
      const renew = () => sh(hostOf(), removeNetns('c1'), makeNetns('c1'));
      await renew();
      const before = await hostOf().snapshot();
      await add('c1');
      await renew();
      expect(await collect([])).toMatchObject({exitCode: 0});
      await expectSame(() => hostOf().snapshot(), before);
    });
  });

  test(`GC of ${type} leaves what the hook has attached to a network of the same name`, async () => {
    const host = hostOf();
    const conf = {cniVersion: '1.1.0', name: 'net-hook', type, ...configs[0]?.conf};
    const network = {cniVersion: '1.0.0', name: 'net-hook', plugins: [hooked].flat()};
    host.write('/etc/cni/net.d/10-hook.conflist', network);
    const container = await host.netns();
    expect(await host.hook('createRuntime', creating('hooked', container.pid))).toMatchObject({exitCode: 0});
    const before = await host.snapshot();

    await sh(host, makeNetns('c1'));
    await succeed(host, {type, verb: 'ADD', conf});
    expect(await call(host, {type, verb: 'GC', conf: {...conf, [keys[0]]: []}})).toMatchObject({exitCode: 0});
    await sh(host, removeNetns('c1'));
    await expectSame(() => host.snapshot(), before);

    await container.end();
    expect(await host.hook('poststop', stopped('hooked'))).toMatchObject({exitCode: 0});
    await host.must('rm', ['/etc/cni/net.d/10-hook.conflist']);
  });
}
