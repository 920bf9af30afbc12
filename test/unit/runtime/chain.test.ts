// Chains: what each plugin is handed, and where the chain is cut between our plugins and those of others.
import {describe, expect, test} from '@jest/globals';
import {hasForeign, prepareChain} from '../../../src/runtime/chain.ts';
import {readForeignError, readForeignResult} from '../../../src/runtime/foreign-answer.ts';
import {requestConfig} from '../../../src/runtime/wishes/request-config.ts';
import type {JsonObject} from '../../../src/spec/fields.ts';
import {parseNetworkList} from '../../../src/spec/network.ts';
import {request} from '../../plugins/situation.ts';

const network = (...plugins: JsonObject[]) =>
  parseNetworkList({cniVersion: '1.0.0', name: 'mynet', plugins}, 'net.conflist').network;
const chain = (...plugins: JsonObject[]) => prepareChain(network(...plugins), request, '/data');

describe('a chain', () => {
  const ours = {type: 'bridge', ipam: {type: 'host-local', subnet: '10.1.0.0/24'}};
  const cuts = (...plugins: JsonObject[]) =>
    chain(...plugins).segments.map(segment => (segment.kind === 'own' ? 'ours' : segment.type));

  test.each<[string, readonly JsonObject[], readonly string[]]>([
    ['of ours alone is one segment', [{type: 'loopback'}, ours], ['ours']],
    [
      'is cut before each plugin of somebody else, and behind',
      [ours, {type: 'sbr'}, {type: 'vrf'}, {type: 'loopback'}],
      ['ours', 'sbr', 'vrf', 'ours'],
    ],
    [
      'has a plugin of ours run from its file where that is asked for',
      [{...ours, 'cni-hook': {external: true}}, {type: 'loopback'}],
      ['bridge', 'ours'],
    ],
  ])('%s', (_what, plugins, segments) => {
    expect(cuts(...plugins)).toEqual(segments);
  });

  test('knows whether anybody else may want to look into the netns at the end', () => {
    const foreignIpam = {type: 'bridge', ipam: {type: 'dhcp'}};
    expect([hasForeign(chain(ours)), hasForeign(chain(ours, {type: 'sbr'})), hasForeign(chain(foreignIpam))]).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('names file, network and plugin when a configuration is wrong', () => {
    expect(() => chain({...ours, mtu: -1})).toThrow('net.conflist: network "mynet", plugin "bridge": "mtu" must be');
    expect(() => chain({...ours, ipam: {type: 'host-local'}})).toThrow(
      'network "mynet", plugin "bridge", "ipam": there is no range',
    );
  });
});

describe('what a plugin gets on stdin', () => {
  const plugin = (json: JsonObject) => ({type: 'portmap', json: {type: 'portmap', ...json}});
  const config = (json: JsonObject, capabilities = {}, previous?: JsonObject) =>
    requestConfig({name: 'mynet', cniVersion: '1.0.0'}, plugin(json), capabilities, previous);

  test('is its own object, with the name and version of the network, whatever it says itself', () => {
    expect(config({unknown: [1], name: 'x', cniVersion: '0.1.0'})).toEqual({
      type: 'portmap',
      unknown: [1],
      name: 'mynet',
      cniVersion: '1.0.0',
    });
  });

  test('holds what there is for the capabilities that it has, and not the list of them', () => {
    const capabilities = {portMappings: true, mac: false, ips: true};
    const given = {portMappings: [{hostPort: 80}], mac: '02:00:00:00:00:01', bandwidth: {}};
    const {runtimeConfig, ...rest} = config({capabilities}, given);
    expect(runtimeConfig).toEqual({portMappings: [{hostPort: 80}]});
    expect(rest).not.toHaveProperty('capabilities');
    expect(config({capabilities: {ips: true}}, given)).not.toHaveProperty('runtimeConfig');
  });

  test('holds the result so far, if there is one', () => {
    expect(config({}, {}, {cniVersion: '1.0.0'}).prevResult).toEqual({cniVersion: '1.0.0'});
    expect(config({})).not.toHaveProperty('prevResult');
  });
});

describe('what a plugin of somebody else answers', () => {
  test.each<[string, string, readonly string[]]>([
    ['in the version that it names', '{"cniVersion": "0.2.0", "ip4": {"ip": "10.1.0.2/24"}}', ['10.1.0.2/24']],
    ['in that of the configuration otherwise', '{"ips": [{"address": "10.1.0.3/24"}]}', ['10.1.0.3/24']],
    ['as null', 'null', []],
  ])('is read %s', (_how, stdout, addresses) => {
    expect(readForeignResult(stdout, 'tuning', '1.0.0').ips.map(({address}) => address)).toEqual(addresses);
  });

  test('is named where it makes no sense', () => {
    expect(() => readForeignResult('', 'tuning', '1.0.0')).toThrow('the answer of plugin "tuning" is empty');
    expect(() => readForeignResult('{', 'tuning', '1.0.0')).toThrow(
      'the answer of plugin "tuning":1:2: not valid JSON',
    );
    expect(() => readForeignResult('[]', 'tuning', '1.0.0')).toThrow(
      'the answer of plugin "tuning": expected an object',
    );
  });

  test('is an error with its own code, and whose it is', () => {
    const error = readForeignError('{"code": 11, "msg": "busy", "details": "later"}', 'plugin "x"');
    expect(error).toMatchObject({code: 11, message: 'plugin "x": busy', details: 'later'});
  });

  test.each(['', 'panic: oh', '[]', '7', '{"code": "11"}'])('%j is no error that could be read', stdout => {
    expect(readForeignError(stdout, 'x')).toBeUndefined();
  });
});
