// The library, as a program uses it: built, loaded by Node, in a private host, with the real executable behind it.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test} from '@jest/globals';
import {executable} from '../host.ts';
import {referenceDir, scriptDir, useChainHost} from './chain-host.ts';

const {host, addNetns, script, snapshot} = useChainHost();
const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

const bridge = (more: object = {}) => ({
  type: 'bridge',
  bridge: 'lib0',
  isGateway: true,
  ipam: {type: 'host-local', subnet: '10.7.0.0/29'},
  ...more,
});

/** Runs the body of an async function in a program of its own; `print` is how it answers. */
async function program(plugins: readonly object[], body: string, list: object = {}): Promise<unknown> {
  const text = JSON.stringify({cniVersion: '1.1.0', name: 'lib', ...list, plugins});
  const script = `
    import * as library from ${JSON.stringify(library)};
    const {Cni, parseNetworkListText, parseNetworkText, isKind} = library;
    const cni = new Cni({executable: ${JSON.stringify(executable)}, pluginDirs: ${JSON.stringify([scriptDir, referenceDir])}});
    const list = parseNetworkListText(${JSON.stringify(text)});
    const one = (containerId, netns = '/run/netns/lib', ifName = 'eth0') => ({containerId, netns, ifName});
    const failure = promise => promise.then(() => 'none', ({code, msg, message}) => ({code, message}));
    const print = value => console.log(JSON.stringify(value));
    ${body}`;
  return JSON.parse(await host().must('node', ['--no-warnings', '--input-type=module', '-e', script]));
}

test('what is added can be checked, is cached, and goes, twice', async () => {
  await addNetns('lib');
  const before = await snapshot();
  const answer = await program(
    [bridge(), {type: 'tuning', mtu: 1400}],
    `
    const result = await cni.addNetworkList(list, one('c1'));
    await cni.checkNetworkList(list, one('c1'));
    const cached = cni.getNetworkListCachedResult(list, one('c1'));
    const config = cni.getNetworkListCachedConfig(list, one('c1'));
    const known = cni.getCachedAttachments('c1').map(({network, ifName, netns}) => [network, ifName, netns]);
    await cni.delNetworkList(list, one('c1'));
    await cni.delNetworkList(list, one('c1'));
    print({result, same: JSON.stringify(cached) === JSON.stringify(result), text: config.config === list.text, known,
      left: cni.getCachedAttachments()});`,
    {cniVersion: '1.0.0'},
  );
  expect(answer).toMatchObject({
    result: {ips: [{address: '10.7.0.2/29', gateway: '10.7.0.1', interface: 2}]},
    same: true,
    text: true,
    known: [['lib', 'eth0', '/run/netns/lib']],
    left: [],
  });
  await host().must(executable, ['gc', '--networks']);
  expect(await snapshot()).toEqual(before);
});

test('what fails throws the code of the plugin that failed, and leaves nothing', async () => {
  await addNetns('lib');
  await script(
    'moody',
    'cat >/dev/null; [ "$CNI_COMMAND" != ADD ] || { echo \'{"code": 117, "msg": "not today"}\'; exit 1; }',
  );
  const before = await snapshot();
  const answers = await program(
    [bridge(), {type: 'moody'}],
    `
    print([
      await failure(cni.addNetworkList(list, one('c1'))),
      await failure(cni.addNetworkList(list, one('c1', '/run/netns/nowhere'))),
      await failure(cni.addNetworkList(list, one('-'))),
      await failure(cni.checkNetworkList(list, one('never'))),
    ]);`,
    {cniVersion: '1.0.0'},
  );
  expect(answers).toEqual([
    {code: 117, message: expect.stringContaining('plugin "moody" failed to ADD: not today')},
    {code: 107, message: expect.stringContaining('/run/netns/nowhere')},
    {code: 4, message: expect.stringContaining('container id "-"')},
    {code: 3, message: expect.stringContaining('never')},
  ]);
  await host().must(executable, ['gc', '--networks']);
  expect(await snapshot()).toEqual(before);
});

test('gc takes away what is not valid and nothing else, unless the list does not want it', async () => {
  await addNetns('lib');
  await addNetns('lib2');
  const body = `
    await cni.addNetworkList(list, one('c1'));
    await cni.addNetworkList(list, one('c2', '/run/netns/lib2'));
    await cni.gcNetworkList({...list, disableGC: true}, []);
    const kept = cni.getCachedAttachments().map(({containerId}) => containerId);
    await cni.gcNetworkList(list, [{containerId: 'c2', ifName: 'eth0'}]);
    await cni.checkNetworkList(list, one('c2', '/run/netns/lib2'));
    const left = cni.getCachedAttachments().map(({containerId}) => containerId);
    await cni.gcNetworkList(list, []);
    print({kept, left, end: cni.getCachedAttachments()});`;
  expect(await program([bridge()], body)).toEqual({kept: ['c1', 'c2'], left: ['c2'], end: []});
  expect(JSON.parse(await host().must(executable, ['ls', '--json']))).toEqual([]);
});

test('status tells a full range, and validation what is wrong', async () => {
  await addNetns('lib');
  const small = bridge({ipam: {type: 'host-local', subnet: '10.7.0.0/30'}});
  const body = `
    const before = await failure(cni.getStatusNetworkList(list));
    await cni.addNetworkList(list, one('c1'));
    const full = await failure(cni.getStatusNetworkList(list));
    await cni.delNetworkList(list, one('c1'));
    const capabilities = await cni.validateNetworkList(parseNetworkListText(JSON.stringify({cniVersion: '1.0.0', name: 'v',
      plugins: [{type: 'bridge', ipam: {type: 'host-local', subnet: '10.7.9.0/24'}}, {type: 'portmap', capabilities: {portMappings: true, x: false}}]})));
    const wrong = await failure(cni.validateNetwork(JSON.stringify({cniVersion: '1.0.0', name: 'v', type: 'nowhere'})));
    print({before, full, capabilities, wrong});`;
  expect(await program([small], body)).toMatchObject({
    before: 'none',
    full: {code: 50, message: expect.stringContaining('no address is free')},
    capabilities: ['portMappings'],
    wrong: {message: expect.stringContaining('nowhere')},
  });
});

test('a single network goes as a list of one does', async () => {
  await addNetns('lib');
  const body = `
    const text = ${JSON.stringify(JSON.stringify({cniVersion: '0.4.0', name: 'single', ...bridge()}))};
    const result = await cni.addNetwork(text, one('c1'));
    await cni.checkNetwork(text, one('c1'));
    const cached = cni.getNetworkCachedResult(text, one('c1'));
    await cni.delNetwork(text, one('c1'));
    print({address: result.ips[0].address, cached: cached.ips[0].address,
      early: library.resultToJson(result, '0.2.0').ip4.ip});`;
  expect(await program([bridge()], body)).toEqual({
    address: '10.7.0.2/29',
    cached: '10.7.0.2/29',
    early: '10.7.0.2/29',
  });
});

test('the example prints what the documentation shows', async () => {
  await host().must('mkdir', ['-p', '/run/example/node_modules']);
  await host().must('ln', [
    '-sfn',
    fileURLToPath(new URL('../..', import.meta.url)),
    '/run/example/node_modules/cni-hook',
  ]);
  await host().must('cp', [fileURLToPath(new URL('../../examples/library.mjs', import.meta.url)), '/run/example/']);
  const {stdout} = await host().run('node', ['/run/example/library.mjs'], {env: {CNI_HOOK: executable}});
  const shown = readFileSync(new URL('../../docs/library.md', import.meta.url), 'utf8');
  const stable = (text: string) => text.replaceAll(/veth[0-9a-f]{11}/g, 'VETH');
  expect(stable(shown)).toContain(stable(stdout.trim()));
});
