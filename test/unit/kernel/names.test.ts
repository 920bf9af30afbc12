// The names that we give to things in the kernel: whose they are, and that no two attachments share one.
import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import * as names from '../../../src/kernel/names.ts';
import {attachment, name} from '../arbitrary.ts';

const salt = fc.stringMatching(/^[0-9a-f]{16}$/);
const c1 = {network: 'mynet', containerId: 'c1', ifName: 'eth0'};

describe('the host end of a pair', () => {
  test('has a name that the kernel takes', () => {
    fc.assert(
      fc.property(attachment, salt, (made, grain) => expect(names.vethName(made, grain)).toMatch(/^veth[0-9a-f]{11}$/)),
    );
  });

  test.each([
    ['network', {...c1, network: 'other'}],
    ['container', {...c1, containerId: 'c2'}],
    ['interface', {...c1, ifName: 'eth1'}],
    ['network, where the parts run into each other', {network: 'mynet-c1', containerId: 'eth0', ifName: 'x'}],
  ])('has another name in another %s', (_part, other) => {
    expect(names.vethName(other, 'salt')).not.toBe(names.vethName(c1, 'salt'));
  });

  test('has another name at the next start, and the same at the same', () => {
    expect(names.vethName(c1, 'first')).not.toBe(names.vethName(c1, 'second'));
    expect(names.vethName(c1, 'first')).toBe(names.vethName({...c1}, 'first'));
  });

  test('says in its alias whose it is', () => {
    expect(names.vethAlias(c1)).toBe('cni-hook mynet/c1/eth0');
    fc.assert(
      fc.property(attachment, made => {
        const alias = names.vethAlias(made);
        expect(names.isOurs(alias)).toBe(true);
        expect(names.parseVethAlias(alias) ?? 'shortened').toEqual(alias.includes('#') ? 'shortened' : made);
      }),
    );
  });

  test('has an alias that fits, and of its own, however long the names are', () => {
    const long = (ifName: string) => names.vethAlias({network: 'n'.repeat(200), containerId: 'c'.repeat(200), ifName});
    expect(long('eth0').length).toBeLessThanOrEqual(255);
    expect(long('eth0')).not.toBe(long('eth1'));
    expect(names.parseVethAlias(long('eth0'))).toBeUndefined();
  });

  test('has a comment that nft can load again after it has listed it', () => {
    const of = (ifName: string) => names.ownerComment({network: 'mynet', containerId: 'c1', ifName});
    expect(of('eth0')).toBe('cni-hook mynet/c1/eth0');
    expect(of('"}};include"/a"')).toMatch(/^cni-hook #[0-9a-f]+$/);
  });

  test('has an alias that fits, counted in bytes', () => {
    const made = {network: 'n'.repeat(120), containerId: 'c'.repeat(117), ifName: 'é'.repeat(7)};
    expect(new TextEncoder().encode(names.vethAlias(made)).length).toBeLessThanOrEqual(255);
  });
});

test.each([
  undefined,
  '',
  'mynet/c1/eth0',
  'cni-hook',
  'cni-hook mynet',
  'cni-hook a/b',
  'cni-hook a/b/c/d',
  'cni-hook a//c',
])('alias %j names no attachment', alias => {
  expect(names.parseVethAlias(alias)).toBeUndefined();
});

test('the alias of a bridge is ours and names no attachment', () => {
  fc.assert(
    fc.property(name, network => {
      expect(names.isOurs(names.bridgeAlias(network))).toBe(true);
      expect(names.parseVethAlias(names.bridgeAlias(network))).toBeUndefined();
    }),
  );
  expect([names.isOurs(undefined), names.isOurs('eth uplink')]).toEqual([false, false]);
});

test('a chain has a name that nft takes, and each network its own', () => {
  fc.assert(
    fc.property(name, network => {
      const chain = names.masqueradeChain(network);
      expect(chain).toMatch(/^[a-z][a-zA-Z0-9_.-]*$/);
      expect(chain.length).toBeLessThan(128);
    }),
  );
  const long = 'n'.repeat(199);
  expect(names.masqueradeChain(`${long}a`)).not.toBe(names.masqueradeChain(`${long}b`));
});
