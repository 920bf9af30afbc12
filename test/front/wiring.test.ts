// Wiring as text: what goes in, and that it comes out again to the byte, whatever the file looks like.
import {describe, expect, jest, test} from '@jest/globals';
import fc from 'fast-check';
import {unwire, wire, wiredAnnotation} from '../../src/cli/wiring.ts';

jest.setTimeout(60_000);

const executable = '/usr/local/bin/cni-hook';
const noWishes = {executable, annotations: {}};
const mynet = {executable, annotations: {'io.cni-hook.networks': 'mynet'}};
const web = {executable, annotations: {'io.cni-hook.networks': 'mynet', 'io.cni-hook.hostname': 'web'}};
const file = 'config.json';

const entry = (stage: string) => ({
  path: executable,
  args: ['cni-hook', stage],
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  timeout: 30,
});

describe('what a bundle gets', () => {
  test('is the hooks, a network namespace, and its annotations, in the form of the file', () => {
    const text =
      '{\n\t"ociVersion": "1.0.2",\n\t"linux": {\n\t\t"namespaces": [\n\t\t\t{"type": "pid"}\n\t\t]\n\t}\n}\n';
    const wired = wire(text, {executable: '/h', annotations: {'io.cni-hook.networks': 'a,b:eth7'}}, file);
    expect(wired.split('\n').slice(2, 12)).toEqual([
      '\t"linux": {',
      '\t\t"namespaces": [',
      '\t\t\t{"type": "pid"},',
      '\t\t\t{',
      '\t\t\t\t"type": "network"',
      '\t\t\t}',
      '\t\t]',
      '\t},',
      '\t"hooks": {',
      '\t\t"createRuntime": [',
    ]);
    expect(JSON.parse(wired)).toMatchObject({annotations: {'io.cni-hook.networks': 'a,b:eth7'}});
    expect(wired.endsWith('\n}\n')).toBe(true);
  });

  test('stands on the one line of a file that has one', () => {
    const wired = wire('{"ociVersion":"1.0.2","linux":{"namespaces":[{"type":"network"}]}}', noWishes, file);
    expect(wired).not.toContain('\n');
    expect(wired).toMatch(
      /^\{"ociVersion":"1\.0\.2","linux":\{"namespaces":\[\{"type":"network"\}\]\},"hooks":\{"createR/,
    );
  });

  test('comes behind the hooks and annotations of others', () => {
    const text = JSON.stringify({
      ociVersion: '1.0.2',
      hooks: {createRuntime: [{path: '/bin/first'}], poststart: []},
      annotations: {mine: 'stays'},
      linux: {namespaces: [{type: 'network'}]},
    });
    expect(JSON.parse(wire(text, mynet, file))).toEqual({
      ociVersion: '1.0.2',
      hooks: {
        createRuntime: [{path: '/bin/first'}, entry('createRuntime')],
        poststart: [],
        poststop: [entry('poststop')],
      },
      annotations: {mine: 'stays', 'io.cni-hook.networks': 'mynet', [wiredAnnotation]: expect.any(String)},
      linux: {namespaces: [{type: 'network'}]},
    });
  });

  test('leaves numbers and escapes as they are written', () => {
    const text = '{"ociVersion": "1.0.2", "n": [1.0, 1e3, 12345678901234567890], "s": "\\u00e9\\/"}';
    expect(wire(text, noWishes, file).startsWith(text.slice(0, -1))).toBe(true);
  });

  test('is nothing where hooks were written by hand', () => {
    const hooks = {prestart: [{path: '/opt/cni-hook', args: ['cni-hook', 'prestart']}], poststop: [entry('poststop')]};
    const text = JSON.stringify({ociVersion: '1.0.2', hooks, linux: {namespaces: [{type: 'network'}]}});
    expect(wire(text, noWishes, file)).toBe(text);
    expect(unwire(text, file)).toBe(text);
  });
});

describe('what can not be wired is told in one line', () => {
  test.each([
    [{version: 1}, 'config.json: there is no "ociVersion" in it: this is not the config.json of a bundle'],
    [{ociVersion: '1', hooks: []}, 'config.json: "hooks" is not an object'],
    [{ociVersion: '1', hooks: {poststop: {}}}, 'config.json: "hooks.poststop" is not a list'],
    [{ociVersion: '1', annotations: 'x'}, 'config.json: "annotations" is not an object'],
    [
      {ociVersion: '1', linux: {namespaces: [{type: 'network', path: '/run/netns/x'}]}},
      'config.json: the container joins the network namespace "/run/netns/x": take that "path" away, to let it have one of its own',
    ],
    [
      {ociVersion: '1', annotations: {'io.cni-hook.networks': 'other'}},
      'config.json: the annotation "io.cni-hook.networks" is "other" already: take it away first',
    ],
  ])('%j', (config, message) => {
    expect(() => wire(JSON.stringify(config), mynet, file)).toThrow(new Error(message));
  });

  // crun reads the first of two equal keys and runc the last, of objects both.
  test.each([
    ['"hooks": {}, "hooks": {}', 'hooks'],
    ['"linux": {"namespaces": []}, "l\\u0069nux": {}', 'linux'],
    ['"linux": {"namespaces": [], "namespaces": []}', 'linux.namespaces'],
    ['"annotations": {"a": "1", "a": "1"}', 'annotations.a'],
    ['"hooks": {"poststop": [], "poststop": []}', 'hooks.poststop'],
  ])('a key that stands there twice: %s', (keys, name) => {
    const text = `{"ociVersion": "1.0.2", ${keys}}`;
    expect(() => wire(text, mynet, file)).toThrow(`config.json: "${name}" stands there twice: take one away`);
    expect(unwire(text, file)).toBe(text);
  });

  test('what is no JSON, with its place', () => {
    expect(() => wire('{\n  "ociVersion": ,\n}', noWishes, file)).toThrow('config.json:2:17: not valid JSON');
  });
});

describe('the way back', () => {
  test('keeps what others have added since', () => {
    const before = {ociVersion: '1.0.2', linux: {namespaces: []}};
    const config = JSON.parse(wire(JSON.stringify(before, undefined, 2), mynet, file));
    config.hooks.createRuntime.unshift({path: '/bin/other'});
    config.annotations.mine = 'new';
    expect(JSON.parse(unwire(JSON.stringify(config), file))).toEqual({
      ...before,
      hooks: {createRuntime: [{path: '/bin/other'}]},
      annotations: {mine: 'new'},
    });
  });

  test('puts nothing into the file but what was empty before, whatever the note says', () => {
    const note = 'hooks={"createRuntime": [{"path": "/bin/evil"}]};poststop;x=y';
    const text = JSON.stringify({ociVersion: '1', hooks: {}, annotations: {a: 'b', [wiredAnnotation]: note}});
    expect(JSON.parse(unwire(text, file))).toEqual({ociVersion: '1', hooks: {}, annotations: {a: 'b'}});
  });

  test('puts back the hostname that there was, unless somebody has chosen another since, and no other thing', () => {
    const before = '{"ociVersion": "1.0.2", "hostname": "r\\u0075n;c=", "linux": {"namespaces": [{"type": "uts"}]}}';
    const named = wire(before, web, file);
    expect(JSON.parse(named)).toMatchObject({hostname: 'web', annotations: {'io.cni-hook.hostname': 'web'}});
    expect(unwire(named, file)).toBe(before);
    const changed = named.replace('"hostname": "web"', '"hostname": "mine"');
    expect(JSON.parse(unwire(changed, file))).toMatchObject({hostname: 'mine'});
    const forged = named.replace(/hostname=[^";]*/, `hostname=${encodeURIComponent('{"a": 1}')}`);
    expect(JSON.parse(unwire(forged, file))).toMatchObject({hostname: 'web'});
    const torn = named.replace(/hostname=[^";]*/, 'hostname=%');
    expect(JSON.parse(unwire(torn, file))).toMatchObject({hostname: 'web'});
  });

  test('is exact for every form of file, and wiring twice is wiring once', () => {
    fc.assert(
      fc.property(aConfig, aForm, (config, form) => {
        const text = form(config);
        const wired = wire(text, mynet, file);
        expect(unwire(wired, file)).toBe(text);
        expect(wire(wired, mynet, file)).toBe(wired);
        expect(wire(wire(text, noWishes, file), mynet, file)).toBe(wired);
        expectWired(JSON.parse(wired), config);
        const named = wire(text, web, file);
        expect(unwire(named, file)).toBe(text);
        expect(wire(named, mynet, file)).toBe(wired);
        expect(JSON.parse(named).hostname).toBe(hasOwnName(config) ? 'web' : config.hostname);
      }),
      {numRuns: 500},
    );
  });
});

interface Config {
  readonly [key: string]: unknown;
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
  readonly linux?: {readonly namespaces?: readonly {readonly type: string}[] | null} | null | undefined;
}

/** A runtime refuses a hostname to a container in the host's UTS namespace. */
const hasOwnName = ({linux}: Config): boolean => linux?.namespaces?.some(({type}) => type === 'uts') ?? false;

/** All that was there is there, in its order, and what is needed besides. */
function expectWired(wired: Config, config: Config): void {
  expect(wired).toMatchObject({
    hooks: {
      createRuntime: expect.arrayContaining([entry('createRuntime')]),
      poststop: expect.arrayContaining([entry('poststop')]),
    },
    linux: {namespaces: expect.arrayContaining([{type: 'network'}])},
    annotations: {...config.annotations, 'io.cni-hook.networks': 'mynet'},
  });
  expect(Object.keys(wired).filter(key => key in config)).toEqual(Object.keys(config));
}

const hookList = fc.option(fc.array(fc.record({path: fc.constantFrom('/bin/a', '/bin/b')}), {maxLength: 2}));
const aConfig: fc.Arbitrary<Config> = fc.record(
  {
    process: fc.record({args: fc.array(fc.string())}),
    ociVersion: fc.constant('1.0.2'),
    hooks: fc.option(fc.record({createRuntime: hookList, poststop: hookList, poststart: hookList}, {requiredKeys: []})),
    annotations: fc.option(fc.dictionary(fc.string(), fc.string(), {maxKeys: 2, noNullPrototype: true})),
    linux: fc.option(
      fc.record(
        {
          namespaces: fc.option(
            fc.array(fc.constantFrom({type: 'pid'}, {type: 'network'}, {type: 'uts'}), {maxLength: 3}),
          ),
          resources: fc.jsonValue(),
        },
        {requiredKeys: []},
      ),
    ),
    hostname: fc.option(fc.string()),
    other: fc.jsonValue(),
  },
  {requiredKeys: ['ociVersion']},
);

/** Ways in which people and programs write JSON. */
const aForm = fc.constantFrom<(config: object) => string>(
  config => JSON.stringify(config),
  config => JSON.stringify(config, undefined, 2),
  config => `${JSON.stringify(config, undefined, '\t')}\n`,
  config => JSON.stringify(config, undefined, 4).replaceAll('\n', '\r\n'),
  config =>
    ` ${outsideStrings(JSON.stringify(config, undefined, 1), /\{\}|\[\]/g, ([open, close]) => `${open}\n ${close}`)} \n\n`,
  config => outsideStrings(JSON.stringify(config), /,/g, () => ' , '),
);

/** Replaces in what is punctuation. */
const outsideStrings = (text: string, pattern: RegExp, put: (found: string) => string): string =>
  text
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, i) => (i % 2 === 0 ? part.replaceAll(pattern, put) : part))
    .join('');
