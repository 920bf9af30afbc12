// bandwidth: which limits are none, and what a limit becomes. What it does to packets is in test/kernel/shape.test.ts.
import {expect, test} from '@jest/globals';
import {parseBandwidthConfig} from '../../src/plugins/bandwidth/config.ts';
import {Fields, type JsonObject} from '../../src/spec/fields.ts';

const parse = (conf: JsonObject) => parseBandwidthConfig(new Fields(conf, 'net.conf'));

test.each([
  ['less than a byte a second', {ingressRate: 7, ingressBurst: 800}, '"ingressRate" must be 8 bits a second at least'],
  ['a burst of less than a byte', {egressRate: 800, egressBurst: 7}, '"egressBurst" must be 8 bits at least, got 7'],
  [
    'a burst that the kernel has no room for',
    {egressRate: 800, egressBurst: 8 * (2 ** 32 - 1)},
    '"egressBurst" must be less than 34359738360 bits',
  ],
  ['a rate without a burst', {ingressRate: 800}, '"ingressRate" needs "ingressBurst"'],
])('%s is refused', (_what, conf, message) => {
  expect(() => parse(conf)).toThrow(message);
  expect(() => parse(conf)).toThrow(expect.objectContaining({code: 7}));
});

test('the greatest burst leaves room for what waits', () => {
  const {egress} = parse({egressRate: 8 * 2 ** 32, egressBurst: 8 * (2 ** 32 - 2)});
  expect(egress).toEqual({rate: 2 ** 32, burst: 2 ** 32 - 2, limit: 2 ** 32 - 1});
});
