// The conf dir: which file wins, and what a broken one does to the others.
import {mkdirSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from '@jest/globals';
import {loadAll, loadDefaultNetwork, loadNetwork} from '../../../src/runtime/load.ts';
import {scratchDirectory} from '../../scratch.ts';

const root = scratchDirectory();
let number = 0;

/** A conf dir with these files, written in that order. */
function confDir(files: Readonly<Record<string, object | string>>): string {
  const directory = `${root}/${number++}`;
  mkdirSync(directory);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(`${directory}/${name}`, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return directory;
}

const list = (name: string, bridge = name) => ({name, plugins: [{type: 'bridge', bridge}]});
const single = (name: string, bridge = name) => ({name, type: 'bridge', bridge});
const order = (directory: string) => Array.from(loadAll(directory), ({file}) => file.slice(directory.length + 1));

describe('the order', () => {
  test('is every conflist by name, then conf and json by name, and nothing else', () => {
    const names = ['20-b.conflist', '10-z.conf', '10-a.json', '10-c.conflist', '5.conf', 'README', 'x.conflist.bak'];
    const directory = confDir(Object.fromEntries(names.map(name => [name, {}])));
    mkdirSync(`${directory}/mynet`);
    expect(order(directory)).toEqual(['10-c.conflist', '20-b.conflist', '10-a.json', '10-z.conf', '5.conf']);
  });

  test('decides which network is the default', () => {
    expect(loadDefaultNetwork(confDir({'00.conf': single('x'), '99.conflist': list('y')})).name).toBe('y');
    expect(loadDefaultNetwork(confDir({'10.json': single('x'), '09.conf': single('y')})).name).toBe('y');
  });

  test('decides which file wins for a name', () => {
    const directory = confDir({
      '20.conflist': list('n', 'second'),
      '10.conflist': list('n', 'first'),
      '05.conf': single('n'),
    });
    expect(loadNetwork(directory, 'n')).toMatchObject({
      file: `${directory}/10.conflist`,
      plugins: [{type: 'bridge', json: {bridge: 'first'}}],
    });
  });
});

test('a name that is written with escapes counts as any other', () => {
  const escaped = JSON.stringify(list('n', 'first')).replaceAll('"n"', '"\\u006e"');
  expect(loadNetwork(confDir({'10.conflist': escaped, '20.conflist': list('n', 'second')}), 'n').file).toMatch(
    /10\.conflist$/,
  );
});

describe('a file that can not be read', () => {
  test.each([
    ['is no JSON', '{"name": "n",\n"plugins": }', '10.conflist:2:12: not valid JSON'],
    ['is empty', '', '10.conflist is empty, expected JSON'],
    ['is no object', '[]', '10.conflist: expected an object'],
    ['has no name', {plugins: [{type: 'bridge'}]}, 'the network has no "name"'],
    ['has no plugins', {name: 'n'}, '10.conflist: network "n" has no "plugins"'],
  ])('because it %s does not take down the others, and is named if it may have been meant', (_why, content, reason) => {
    const directory = confDir({'10.conflist': content, '20.conflist': list('other')});
    expect(loadNetwork(directory, 'other').name).toBe('other');
    expect(loadDefaultNetwork(directory).name).toBe('other');
    expect(() => loadNetwork(directory, 'n')).toThrow(`no network "n" in ${directory} (there: other); not readable: `);
    expect(() => loadNetwork(directory, 'n')).toThrow(reason);
  });

  test('because it is a directory is no reason to give up', () => {
    const directory = confDir({'20.conflist': list('n')});
    mkdirSync(`${directory}/10.conflist`);
    expect(loadNetwork(directory, 'n').name).toBe('n');
    expect(() => loadNetwork(directory, 'x')).toThrow(/10\.conflist: .*EISDIR/);
  });
});

describe('an unknown network', () => {
  test.each([
    ['an empty conf dir', () => confDir({})],
    ['no conf dir at all', () => `${root}/nowhere`],
  ])('in %s: the message says what to do', (_what, make) => {
    const directory = make();
    const advice = ': put a .conflist there, or name another directory with --conf-dir';
    expect(() => loadNetwork(directory, 'n')).toThrow(`no network "n" in ${directory}${advice}`);
    expect(() => loadDefaultNetwork(directory)).toThrow(`no network in ${directory}${advice}`);
    expect(() => loadNetwork(directory, 'n')).toThrow(expect.objectContaining({code: 103}));
  });

  test('is told which there are', () => {
    const directory = confDir({'10.conflist': list('a'), '20.conf': single('b')});
    expect(() => loadNetwork(directory, 'n')).toThrow(`no network "n" in ${directory} (there: a, b): put`);
  });
});

test('a conf dir that can not be read is named', () => {
  writeFileSync(`${root}/file`, '');
  expect(() => loadNetwork(`${root}/file`, 'n')).toThrow(/^cannot read the conf dir ".*\/file": .*ENOTDIR/);
});

describe('the directory that bears the name of a network', () => {
  const withBeside = (conflist: object, beside: Readonly<Record<string, string>>) => {
    const directory = confDir({'10.conflist': conflist});
    mkdirSync(`${directory}/n`);
    for (const [name, content] of Object.entries(beside)) writeFileSync(`${directory}/n/${name}`, content);
    return directory;
  };
  const typesIn = (directory: string) => loadNetwork(directory, 'n').plugins.map(({type}) => type);
  const plugins = {
    '20.conf': '{"type": "tuning"}',
    '10.conf': '{"type": "portmap"}',
    '30.json': '{"type": "no"}',
    README: '',
  };

  test('adds its plugins behind those of the list, by the names of their files', () => {
    expect(typesIn(withBeside(list('n'), plugins))).toEqual(['bridge', 'portmap', 'tuning']);
    expect(typesIn(withBeside({name: 'n'}, plugins))).toEqual(['portmap', 'tuning']);
  });

  test('is left alone by a list that wants its own plugins only', () => {
    expect(typesIn(withBeside({...list('n'), loadOnlyInlinedPlugins: true}, plugins))).toEqual(['bridge']);
  });

  test('makes the network unreadable where one of its files is, and says which', () => {
    const directory = withBeside(list('n'), {'10.conf': '{'});
    expect(() => loadNetwork(directory, 'n')).toThrow(`not readable: ${directory}/n/10.conf:1:2: not valid JSON`);
  });
});
