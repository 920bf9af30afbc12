// What a runtime hands to a plugin: versions, CNI_* variables, CNI_ARGS; and spans of time, as our own keys have them.
import {describe, expect, test} from '@jest/globals';
import {checkKnown, formatCniArgs, noCniArgs, parseCniArgs} from '../../../src/spec/cni-args.ts';
import {parseDuration} from '../../../src/spec/duration.ts';
import {commands, parseParameters} from '../../../src/spec/environment.ts';
import {checkVersion, compareVersions, findVersion, parseVersion, versions} from '../../../src/spec/version.ts';

describe('a version', () => {
  test.each([
    ['', [0, 1, 0]],
    ['1', [1, 0, 0]],
    ['0.4', [0, 4, 0]],
    ['1.10.3', [1, 10, 3]],
  ])('%j is %j', (text, numbers) => {
    expect(parseVersion(text)).toEqual(numbers);
  });

  test.each(['1.0.0.0', 'v1.0.0', '1.0.0-rc1', '1..0', ' 1', '1.0.x'])('%j is none', text => {
    expect(() => parseVersion(text)).toThrow(`"cniVersion": "${text}" is not a version such as 1.0.0`);
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({code: 6}));
  });

  test('is compared by its numbers, not as text', () => {
    expect(compareVersions('0.10.0', '0.4.0')).toBeGreaterThan(0);
    expect(compareVersions('1', '1.0.0')).toBe(0);
    expect([...versions].sort(compareVersions)).toEqual(versions);
  });

  test('that we do not speak is refused, with what we do', () => {
    expect([findVersion('1'), findVersion('1.1.1')]).toEqual(['1.0.0', undefined]);
    expect(() => checkVersion('1.1.1')).toThrow(
      expect.objectContaining({code: 1, details: expect.stringContaining('1.1.0')}),
    );
  });
});

describe('the variables', () => {
  const all = {CNI_CONTAINERID: 'c1', CNI_NETNS: '/n', CNI_IFNAME: 'eth0', CNI_ARGS: 'K=V', CNI_PATH: '/a::/b'};

  test.each(commands)('of %s', command => {
    const expected = {command, containerId: 'c1', netns: '/n', ifName: 'eth0', args: 'K=V', path: ['/a', '/b']};
    expect(parseParameters({...all, CNI_COMMAND: command})).toEqual(expected);
  });

  test.each([
    ['ADD', 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH'],
    ['CHECK', 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH'],
    ['DEL', 'CNI_CONTAINERID,CNI_IFNAME,CNI_PATH'],
    ['GC', 'CNI_PATH'],
    ['STATUS', 'CNI_PATH'],
  ])('that %s needs are all named when they are missing', (command, missing) => {
    expect(() => parseParameters({CNI_COMMAND: command})).toThrow(`required env variables [${missing}] missing`);
    expect(() => parseParameters({CNI_COMMAND: command})).toThrow(expect.objectContaining({code: 4}));
  });

  test('that a command does not need may be anything', () => {
    const odd = {CNI_CONTAINERID: '../x', CNI_IFNAME: 'a/b', CNI_PATH: '/a'};
    expect(parseParameters({...odd, CNI_COMMAND: 'GC'}).command).toBe('GC');
    expect(parseParameters({CNI_COMMAND: 'VERSION'}).command).toBe('VERSION');
    expect(parseParameters({...all, CNI_COMMAND: 'DEL', CNI_NETNS: ''}).netns).toBe('');
  });

  test.each([
    [{CNI_COMMAND: 'ADD', CNI_CONTAINERID: '../x'}, 'container id "../x" is not allowed'],
    [{CNI_COMMAND: 'ADD', CNI_IFNAME: 'a/b'}, 'interface name "a/b" is not allowed'],
    [{CNI_COMMAND: 'add'}, 'unknown CNI_COMMAND: add'],
    [{}, 'unknown CNI_COMMAND: '],
  ])('%j are refused', (changed, message) => {
    expect(() => parseParameters({...all, ...changed})).toThrow(message);
  });
});

describe('CNI_ARGS', () => {
  test.each([
    ['', {}],
    ['IP=10.1.0.2', {IP: '10.1.0.2'}],
    ['IP=10.1.0.2;MAC=', {IP: '10.1.0.2', MAC: ''}],
    [';A=1;;B=2;', {A: '1', B: '2'}],
  ])('%j holds %j', (text, values) => {
    expect(Object.fromEntries(parseCniArgs(text).values)).toEqual(values);
  });

  test('come back as they were', () => {
    expect(formatCniArgs(parseCniArgs('IP=10.1.0.2;IgnoreUnknown=1'))).toBe('IP=10.1.0.2;IgnoreUnknown=1');
    expect(formatCniArgs(noCniArgs)).toBe('');
  });

  test.each(['IP', 'IP=1=2', '=1', 'IP=1;x'])('%j is refused', text => {
    expect(() => parseCniArgs(text)).toThrow('CNI_ARGS: invalid pair');
  });

  test('that nobody knows are an error, unless they are to be ignored', () => {
    expect(() => checkKnown(parseCniArgs('IP=1;ip=2'), ['IP'])).toThrow('unknown args ["ip"]: this plugin knows IP');
    expect(() => checkKnown(parseCniArgs('x=2;IgnoreUnknown=TRUE'), [])).not.toThrow();
    expect(() => checkKnown(parseCniArgs('x=2;IgnoreUnknown=0'), [])).toThrow('knows none');
    expect(() => parseCniArgs('IgnoreUnknown=yes')).toThrow('IgnoreUnknown must be true or false, got "yes"');
  });
});

describe('a span of time', () => {
  test.each([
    ['90s', 90],
    ['30m', 1800],
    ['24h', 86400],
    ['7d', 604800],
    ['366d', 31622400],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text, 'x')).toBe(seconds);
  });

  test.each(['', '10', '0s', '-1s', '1.5h', '1w', '367d', ' 1h', '1h30m'])('%j is none', text => {
    expect(() => parseDuration(text, 'f: "keepIP"')).toThrow(
      `f: "keepIP": "${text}" is not a time such as 30m, 24h or 7d`,
    );
  });
});
