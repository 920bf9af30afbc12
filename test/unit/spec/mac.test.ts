// Hardware addresses: what a link can carry, in the form that the kernel prints.
import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import {formatMac, localMac, parseMac} from '../../../src/spec/mac.ts';

test.each([
  ['02:11:22:33:44:55', '02:11:22:33:44:55'],
  ['02-11-22-33-44-55', '02:11:22:33:44:55'],
  ['FE:AB:CD:EF:00:01', 'fe:ab:cd:ef:00:01'],
  ['0211.2233.44aB', '02:11:22:33:44:ab'],
])('%s is %s', (text, printed) => {
  expect(formatMac(parseMac(text))).toBe(printed);
});

test.each([
  ['', 'is not a MAC address such as'],
  ['02:11:22:33:44', 'is not a MAC address such as'],
  ['02:11:22:33:44:55:66', 'is not a MAC address such as'],
  ['2:11:22:33:44:55', 'is not a MAC address such as'],
  ['02:11:22:33:44:5g', 'is not a MAC address such as'],
  ['0211.2233.4g55', 'is not a MAC address such as'],
  ['0211.2233:4455', 'is not a MAC address such as'],
  ['021122334455', 'is not a MAC address such as'],
  ['01:00:5e:00:00:01', 'is a multicast MAC address'],
  ['ff:ff:ff:ff:ff:ff', 'is a multicast MAC address'],
  ['00:00:00:00:00:00', 'is not a MAC address for a link'],
])('"%s" %s', (text, message) => {
  expect(() => parseMac(text)).toThrow(`"${text}" ${message}`);
  expect(() => parseMac(text)).toThrow(expect.objectContaining({code: 7}));
});

test('a made-up address is unicast, locally administered, and one that a link can carry', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), digits => {
      const made = parseMac(localMac(digits));
      expect((made[0] ?? 0) & 3).toBe(2);
      expect(Buffer.from(made.subarray(1)).toString('hex')).toBe(digits.slice(2, 12));
    }),
  );
});
