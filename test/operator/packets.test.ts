// What becomes of a packet in firewalls as iptables and nft print them: what is not understood proves nothing.
import {describe, expect, test} from '@jest/globals';
import {forwardChainOf} from '../../src/runtime/doctor/packets/iptables-save.ts';
import {forwardChainsOf} from '../../src/runtime/doctor/packets/nft-json.ts';
import {fateOf, type Packet} from '../../src/runtime/doctor/packets/ruleset.ts';
import {parseAddress} from '../../src/spec/address.ts';

const out: Packet = {
  from: 'cnibr0',
  to: 'up0',
  source: parseAddress('10.1.0.2'),
  destination: parseAddress('203.0.113.1'),
  state: 'new',
};

type Word = 'passes' | 'dropped' | 'may be dropped' | 'may pass';
const inOneWord = ({passes, isCertain}: {passes: boolean; isCertain: boolean}): Word => {
  if (passes) return isCertain ? 'passes' : 'may pass';
  return isCertain ? 'dropped' : 'may be dropped';
};

describe('iptables', () => {
  const cases: readonly (readonly [Word, string, ...string[]])[] = [
    ['passes', 'ACCEPT'],
    ['dropped', 'DROP'],
    ['passes', 'DROP', '-A FORWARD -i cni+ -j ACCEPT'],
    ['dropped', 'DROP', '-A FORWARD ! -i cni+ -j ACCEPT'],
    ['dropped', 'ACCEPT', '-A FORWARD -s 10.0.0.0/8 ! -o docker0 -j REJECT --reject-with icmp-port-unreachable'],
    ['passes', 'ACCEPT', '-A FORWARD -s 10.0.0.0/8 -p udp -j DROP'],
    ['passes', 'ACCEPT', '-A FORWARD -p tcp -m tcp --dport 25 -j DROP'],
    ['passes', 'ACCEPT', '-A FORWARD -m conntrack --ctstate INVALID -j DROP'],
    ['dropped', 'DROP', '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'],
    ['may be dropped', 'DROP', '-A FORWARD -m set --match-set friends src -j ACCEPT'],
    ['dropped', 'ACCEPT', '-A FORWARD -j LOG --log-prefix x', '-A FORWARD -m comment --comment x -j DROP'],
    ['dropped', 'DROP', ':USER - [0:0]', '-A FORWARD -j USER', '-A USER -j RETURN'],
    ['passes', 'DROP', ':USER - [0:0]', '-A FORWARD -j USER', '-A USER -i cnibr0 -j ACCEPT'],
    ['dropped', 'DROP', ':USER - [0:0]', '-A FORWARD -g USER', '-A FORWARD -j ACCEPT'],
    ['passes', 'DROP', ':USER - [0:0]', '-A FORWARD -j USER', '-A FORWARD -j ACCEPT'],
    ['dropped', 'DROP', ':A - [0:0]', '-A FORWARD -j A', '-A A -j A'],
  ];
  test.each(cases)('%s: policy %s %s %s %s', (expected, policy, ...lines) => {
    const text = [`:FORWARD ${policy} [0:0]`, ...lines].join('\n');
    expect(inOneWord(fateOf(forwardChainOf(text, 'iptables-legacy'), out))).toBe(expected);
  });
});

describe('nft', () => {
  const match = (left: object, right: unknown, op = '==') => ({match: {op, left, right}});
  const meta = (key: string) => ({meta: {key}});
  const source = {payload: {protocol: 'ip', field: 'saddr'}};
  const drop = {drop: null};
  const accept = {accept: null};
  const state = {ct: {key: 'state'}};
  const cases: readonly (readonly [Word, string, ...object[][]])[] = [
    ['dropped', 'accept', [match(meta('iifname'), 'cni*'), {counter: null}, drop]],
    ['dropped', 'accept', [match(meta('iifname'), {set: ['docker0', 'cnibr0']}), drop]],
    ['passes', 'accept', [match(meta('iifname'), {set: ['docker0', 'cnibr0']}, '!='), drop]],
    ['passes', 'accept', [match(meta('iifname'), '@blocked'), drop]],
    ['may be dropped', 'drop', [match(meta('iifname'), '@allowed'), accept]],
    ['dropped', 'accept', [match(source, {prefix: {addr: '10.0.0.0', len: 8}}), drop]],
    [
      'passes',
      'accept',
      [match({payload: {protocol: 'ip6', field: 'saddr'}}, '::1', '!='), accept],
      [match(meta('nfproto'), 'ipv6'), drop],
    ],
    ['passes', 'accept', [match(state, ['established', 'related'], 'in'), drop]],
    ['dropped', 'accept', [match(state, ['new', 'invalid'], 'in'), {reject: null}]],
    [
      'passes',
      'drop',
      [
        {
          vmap: {
            key: state,
            data: {
              set: [
                ['invalid', drop],
                ['new', accept],
              ],
            },
          },
        },
      ],
    ],
    [
      'dropped',
      'accept',
      [
        {
          vmap: {
            key: state,
            data: {
              set: [
                ['invalid', accept],
                ['new', drop],
              ],
            },
          },
        },
      ],
    ],
    ['may be dropped', 'drop', [{vmap: {key: meta('mark'), data: {set: [[1, accept]]}}}]],
    ['may be dropped', 'drop', [{xt: {type: 'match', name: 'addrtype'}}, accept]],
    ['passes', 'accept', [{limit: {rate: 1}}, drop]],
  ];
  test.each(cases)('%s: policy %s %j %j', (expected, policy, ...rules) => {
    const at = {family: 'inet', table: 't', chain: 'c'};
    const chain = {...at, name: 'c', hook: 'forward', policy};
    const nftables = [{chain}, ...rules.map((expr, i) => ({rule: {...at, handle: i + 2, expr}}))];
    const [forward] = forwardChainsOf(JSON.stringify({nftables}), '', 'cni-hook');
    if (!forward) throw new Error('there is a chain');
    expect(inOneWord(fateOf(forward, out))).toBe(expected);
  });

  test('our own table is not looked at', () => {
    const chain = {family: 'inet', table: 'cni-hook', name: 'c', hook: 'forward', policy: 'drop'};
    expect(forwardChainsOf(JSON.stringify({nftables: [{chain}]}), '', 'cni-hook')).toEqual([]);
  });
});
