// What CHECK says, and what DEL bears, when somebody has changed what ADD made. CHECK must name what is missing and
// nothing else: what was added on top is somebody else's good right.
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import type {Host} from '../host.ts';
import {call, inNetns, type Json, makeNetns, removeNetns, sh, succeed} from './plugins.ts';
import type {Subject} from './subject.ts';

export function behindItsBack({type, configs, sabotage, additions}: Subject, hostOf: () => Host): void {
  describe(`${type}, when something is changed behind its back,`, () => {
    const conf = {cniVersion: '1.1.0', name: 'net1', type, ...configs[0]?.conf};
    let result: Json;
    const again = (verb: 'CHECK' | 'DEL') => call(hostOf(), {type, verb, conf: {...conf, prevResult: result}});
    const change = (commands: string) => {
      const hostEnds = (result.interfaces ?? []).filter(({sandbox}: Json) => !sandbox);
      const env = {PORT: hostEnds.at(-1)?.name ?? '', IN: inNetns('c1')};
      return hostOf().must('sh', ['-ec', commands], {env});
    };
    beforeEach(async () => {
      await sh(hostOf(), makeNetns('c1'));
      result = await succeed(hostOf(), {type, verb: 'ADD', conf});
    });
    afterEach(async () => {
      expect(await again('DEL')).toMatchObject({exitCode: 0});
      await sh(hostOf(), removeNetns('c1'));
    });

    test.each(sabotage)('CHECK names it: $what', async ({commands, says}) => {
      await change(commands);
      expect(await again('CHECK')).toMatchObject({exitCode: 1, json: {code: 108, msg: expect.stringMatching(says)}});
    });

    test.each(additions)('CHECK bears with it: $what', async ({commands}) => {
      await change(commands);
      expect(await again('CHECK')).toMatchObject({exitCode: 0});
    });

    test.each(sabotage)('DEL does without it: $what', async ({commands}) => {
      await change(commands);
      expect(await again('DEL')).toMatchObject({exitCode: 0});
    });
  });
}
