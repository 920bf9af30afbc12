// The suite that every plugin goes through: what the specification asks of all of them, and what we promise beyond it. The
// measure of everything is the whole host, before and after. A neighbour is attached all the time and nothing may touch it.
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {createHost, type Host} from '../host.ts';
import {behindItsBack} from './behind-its-back.ts';
import {garbageCollection} from './garbage-collection.ts';
import {expectSame, look} from './look.ts';
import {
  type Answer,
  call,
  holdNetns,
  inNetns,
  type Json,
  linkPlugins,
  makeNetns,
  netnsPath,
  removeNetns,
  sh,
  succeed,
} from './plugins.ts';
import {problemOf, versions} from './result-form.ts';
import type {Subject} from './subject.ts';

/** What somebody else does in a netns of the same name. */
const somebodyElse = [`${inNetns('c1')} ip link add eth0 type veth peer name x0`, `${inNetns('c1')} ip link set lo up`];

export function conformance(subject: Subject): void {
  let host: Host;
  beforeAll(async () => {
    host = await createHost();
    await linkPlugins(host, [subject.type, 'host-local', 'static']);
    await sh(host, subject.given ?? ':');
  });
  afterAll(() => host.close());

  describe.each(subject.configs)(`${subject.type}, $what,`, ({conf, addresses}) => {
    const full = {cniVersion: '1.1.0', name: 'net1', type: subject.type, ...conf};
    const {type} = subject;
    const add = (): Promise<Json> => succeed(host, {type, verb: 'ADD', conf: full});
    const del = (previous?: Json, env = {}): Promise<Answer> =>
      call(host, {type, verb: 'DEL', conf: {...full, ...(previous && {prevResult: previous})}, env});
    const check = (previous: Json): Promise<Answer> =>
      call(host, {type, verb: 'CHECK', conf: {...full, prevResult: previous}});
    const neighbour = {CNI_CONTAINERID: 'neighbour', CNI_NETNS: netnsPath('neighbour')};

    beforeAll(async () => {
      await sh(host, makeNetns('neighbour'));
      await succeed(host, {type, verb: 'ADD', conf: full, env: neighbour});
    });
    afterAll(async () => {
      await succeed(host, {type, verb: 'DEL', conf: full, env: neighbour});
      await sh(host, removeNetns('neighbour'));
    });
    beforeEach(async () => void (await sh(host, makeNetns('c1'))));
    afterEach(async () => void (await sh(host, removeNetns('c1'))));

    test('ADD and DEL leave host and container as they were', async () => {
      const before = await look(host);
      const result = await add();
      // There is a plugin that keeps nothing: then nothing of it can be broken either.
      if (subject.sabotage.length > 0) expect(await look(host)).not.toEqual(before);
      expect(await del(result)).toMatchObject({exitCode: 0});
      await expectSame(() => look(host), before);
    });

    test('ADD asked twice for the same attachment answers the same and changes nothing', async () => {
      const first = await add();
      const before = await look(host);
      expect(await add()).toEqual(first);
      await expectSame(() => look(host), before);
      await del(first);
    });

    test('DEL may come twice, and for what never was', async () => {
      const before = await look(host);
      expect(await del()).toMatchObject({exitCode: 0});
      const result = await add();
      expect(await del(result)).toMatchObject({exitCode: 0});
      expect(await del(result)).toMatchObject({exitCode: 0});
      await expectSame(() => look(host), before);
    });

    test('DEL needs no prevResult', async () => {
      const before = await look(host);
      await add();
      expect(await del()).toMatchObject({exitCode: 0});
      await expectSame(() => look(host), before);
    });

    test.each([{CNI_NETNS: ''}, {CNI_NETNS: undefined}])('DEL needs no netns: %j', async env => {
      const see = subject.reachable ? () => look(host) : () => host.snapshot();
      const before = await see();
      const result = await add();
      expect(await del(result, env)).toMatchObject({exitCode: 0});
      await expectSame<unknown>(see, before);
    });

    test('DEL takes everything back when the netns is gone', async () => {
      await sh(host, removeNetns('c1'));
      const before = await host.snapshot();
      await sh(host, makeNetns('c1'));
      const result = await add();
      await sh(host, removeNetns('c1'));
      expect(await del(result)).toMatchObject({exitCode: 0});
      await expectSame(() => host.snapshot(), before);
    });

    test('DEL leaves another netns alone that is now under the path', async () => {
      const before = await look(host);
      const result = await add();
      // Held, because the kernel gives the inode of one that has ended to the next, and that may be this one.
      await sh(host, holdNetns('c1'), removeNetns('c1'), makeNetns('c1'), ...somebodyElse);
      const theirs = (await look(host)).container;
      expect(await del(result)).toMatchObject({exitCode: 0});
      expect((await look(host)).container).toEqual(theirs);
      await sh(host, removeNetns('c1-held'));
      await expectSame(async () => ({...(await look(host)), container: before.container}), before);
    });

    test.each(['with', 'without'])(
      'DEL bears with a regular file under the path, %s a record of the ADD',
      async record => {
        const place = `printf 'this is no netns' >${netnsPath('c1')}`;
        await sh(host, removeNetns('c1'), place);
        const before = await host.snapshot();
        if (record === 'with') {
          await sh(host, removeNetns('c1'), makeNetns('c1'));
          await add();
          await sh(host, removeNetns('c1'), place);
        }
        expect(await del()).toMatchObject({exitCode: 0});
        await expectSame(() => host.snapshot(), before);
        expect(host.read(netnsPath('c1'))).toBe('this is no netns');
      },
    );

    test('CHECK finds nothing wrong right after ADD', async () => {
      const result = await add();
      expect(await check(result)).toMatchObject({exitCode: 0});
      await del(result);
    });

    test.each(versions)('the result is one of version %s, and is taken as prevResult', async cniVersion => {
      const versioned = {...full, cniVersion};
      const answer = await call(host, {type, verb: 'ADD', conf: versioned});
      if (answer.exitCode === 0) {
        expect(problemOf(answer.json, cniVersion)).toBeUndefined();
        const checked = await call(host, {type, verb: 'CHECK', conf: {...versioned, prevResult: answer.json}});
        const hasCheck = cniVersion >= '0.4.0';
        expect(checked).toMatchObject(hasCheck ? {exitCode: 0} : {exitCode: 1, json: {cniVersion, code: 1}});
        await succeed(host, {type, verb: 'DEL', conf: {...versioned, prevResult: answer.json}});
      }
      const isTold = addresses || cniVersion >= '0.3.0';
      expect(answer).toMatchObject(isTold ? {exitCode: 0} : {exitCode: 1, json: {cniVersion, code: 7}});
    });

    test('STATUS says that an ADD would succeed', async () => {
      expect(await call(host, {type, verb: 'STATUS', conf: full})).toMatchObject({exitCode: 0});
    });
  });

  if (subject.sabotage.length > 0) behindItsBack(subject, () => host);
  const {exhausted} = subject;
  if (exhausted) {
    test(`${subject.type} has STATUS and ADD say so when every address is taken`, async () => {
      const {type} = subject;
      const conf = {cniVersion: '1.1.0', name: 'net-full', type, ...exhausted};
      for (const id of ['c1', 'c2']) await sh(host, makeNetns(id));
      const second = {CNI_CONTAINERID: 'c2', CNI_NETNS: netnsPath('c2')};
      await succeed(host, {type, verb: 'ADD', conf});
      expect(await call(host, {type, verb: 'STATUS', conf})).toMatchObject({exitCode: 1, json: {code: 50}});
      const before = await host.snapshot();
      expect(await call(host, {type, verb: 'ADD', conf, env: second})).toMatchObject({exitCode: 1, json: {code: 101}});
      await expectSame(() => host.snapshot(), before);
      await succeed(host, {type, verb: 'DEL', conf});
      expect(await call(host, {type, verb: 'STATUS', conf})).toMatchObject({exitCode: 0});
      for (const id of ['c1', 'c2']) await sh(host, removeNetns(id));
    });
  }

  garbageCollection(subject, () => host);
}
