// Plugins that hang, lie, vanish or fail: what is said names the network, the plugin and the file, and whatever can be
// taken back is. An address stays reserved as long as something of its attachment could not be taken away.
import {expect, test} from '@jest/globals';
import {isLease} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {network, ourBridge, scriptDir, useChainHost} from './chain-host.ts';

const {host, snapshot, configure, cli, must, addNetns, deleteNetns, container, script} = useChainHost();

const bad = {type: 'bad'};
const result = `{"cniVersion": "1.0.0", "ips": [{"address": "10.9.9.9/24"}]}`;
const prefix = `cni-hook add: /etc/cni/net.d/10-${network}.conflist: network "${network}", plugin "bad": `;
const leases = () =>
  host()
    .list(`/var/lib/cni/networks/${network}`)
    .filter(name => isLease(name));
/** Runs at ADD only. */
const onAdd = (body: string) => `[ "$CNI_COMMAND" = ADD ] || exit 0\n${body}`;

test.each([
  ['that writes garbage', onAdd('echo hello'), 'the answer of plugin "bad":1:1: not valid JSON'],
  [
    'that writes two documents',
    onAdd(`echo '${result}'; echo '${result}'`),
    'the answer of plugin "bad":2:1: not valid JSON',
  ],
  ['that writes nothing', onAdd(''), 'the answer of plugin "bad" is empty, expected JSON'],
  ['that writes a list', onAdd('echo []'), 'the answer of plugin "bad": expected an object, got []'],
  [
    'that writes 10 MB',
    onAdd('head -c 10485760 /dev/zero | tr "\\0" a'),
    'the answer of plugin "bad":1:1: not valid JSON',
  ],
  ['that fails in words', onAdd('echo out of order >&2; exit 3'), 'plugin "bad" failed to ADD: out of order'],
  ['that fails in silence', onAdd('exit 3'), 'plugin "bad" failed to ADD: ended with exit status 3'],
  ['that is killed', onAdd('kill -9 $$'), 'plugin "bad" failed to ADD: was killed by SIGKILL'],
  ['that fails in JSON', onAdd(`echo '{"code": 11, "msg": "later"}'; exit 1`), 'plugin "bad" failed to ADD: later'],
  [
    'that only knows an older version',
    onAdd(`echo '{"cniVersion": "0.4.0", "code": 1, "msg": "incompatible CNI versions"}'; exit 1`),
    'plugin "bad" failed to ADD: incompatible CNI versions',
  ],
])('a plugin %s fails the ADD, and nothing is left', async (_what, body, reason) => {
  await script('bad', body);
  const before = await standing();
  const {exitCode, stdout, stderr} = await cli(['add', network, await addNetns('n1')]);
  expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
  expect(stderr).toContain(reason);
  expect(stderr).not.toContain('\n');
  await deleteNetns('n1');
  expect(await snapshot()).toEqual(before);
});

test('the message names the file, the network and the plugin; with --json the code is the plugin’s', async () => {
  await script('bad', onAdd(`echo '{"code": 11, "msg": "later", "details": "much"}'; exit 1`));
  configure([ourBridge, bad]);
  const path = await addNetns('n1');
  expect((await cli(['add', network, path])).stderr).toBe(`${prefix}plugin "bad" failed to ADD: later`);
  const {stdout} = await cli(['add', network, path, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({code: 11, details: 'much'});
});

test('a plugin that hangs is killed when the time is up, and what was done is taken back', async () => {
  await script('bad', onAdd('exec sleep 1000'));
  const before = await standing();
  const path = await addNetns('n1');
  const {exitCode, stderr} = await cli(['add', network, path, '--timeout', '1.5']);
  expect({exitCode, stderr}).toEqual({
    exitCode: 1,
    stderr: expect.stringMatching(/failed to ADD: took longer than \d\.\d s and was killed$/),
  });
  await deleteNetns('n1');
  expect(await snapshot()).toEqual(before);
});

test('a child that keeps stdout open makes nobody wait', async () => {
  await script('bad', onAdd(`sleep 1000 &\necho $! >/run/child\necho '${result}'`));
  configure([ourBridge, bad]);
  expect(JSON.parse(await must('add', network, await addNetns('n1')))).toMatchObject({ips: [{address: '10.9.9.9/24'}]});
  // It lives, so nobody waited for its end.
  await host().must('sh', ['-c', 'kill $(cat /run/child)']);
});

test('a file that is not executable is told as such', async () => {
  await script('bad', onAdd(''), '644');
  configure([ourBridge, bad]);
  const {exitCode, stderr} = await cli(['add', network, await addNetns('n1')]);
  expect({exitCode, stderr}).toEqual({
    exitCode: 1,
    stderr: expect.stringMatching(/plugin "bad" failed to (ADD|DEL): .*EACCES/),
  });
  await script('bad', 'exit 0');
});

test.each([
  ['a plugin', [ourBridge, {type: 'nowhere'}]],
  ['an IPAM plugin', [{...ourBridge, ipam: {type: 'nowhere'}}]],
])('%s that is not there is told before anything is done, with where it was looked for', async (_what, plugins) => {
  const before = await standing(plugins);
  const {exitCode, stderr} = await cli(['add', network, await addNetns('n1')]);
  expect({exitCode, stderr}).toEqual({
    exitCode: 1,
    stderr: expect.stringContaining(
      `there is no plugin "nowhere": it is none of ours, and not in ${scriptDir}:/usr/lib/cni`,
    ),
  });
  await deleteNetns('n1');
  expect(await snapshot()).toEqual(before);
});

test('a plugin that is deleted between ADD and DEL keeps the address reserved until it is back', async () => {
  await script('bad', onAdd(`echo '${result}'`));
  const before = await standing();
  const path = await addNetns('n1');
  await must('add', network, path);
  await host().must('mv', [`${scriptDir}/bad`, `${scriptDir}/good`]);
  const {exitCode, stderr} = await cli(['del', network, path]);
  expect({exitCode, stderr}).toEqual({exitCode: 1, stderr: expect.stringContaining('there is no plugin "bad"')});
  expect(leases()).toHaveLength(2);
  await host().must('mv', [`${scriptDir}/good`, `${scriptDir}/bad`]);
  await must('del', network, path);
  await deleteNetns('n1');
  expect(await snapshot()).toEqual(before);
});

test('a plugin that fails at ADD and again at DEL keeps the address reserved, and gc tries again', async () => {
  await script('bad', 'echo broken >&2; exit 1');
  const before = await standing();
  const one = await container();
  const {exitCode, stderr} = await host().hook('createRuntime', creating('c1', one.pid));
  expect({exitCode, stderr}).toEqual({
    exitCode: 1,
    stderr: expect.stringContaining('plugin "bad" failed to ADD: broken'),
  });
  expect(leases()).toHaveLength(2);
  await one.end();
  const poststop = await host().hook('poststop', {id: 'c1', status: 'stopped', bundle: '/'});
  expect(poststop).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('plugin "bad" failed to DEL: broken: what is left is recorded, run "cni-hook gc"'),
  });
  expect(await cli(['gc'])).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining('failed: attachment of container "c1"'),
  });
  expect(leases()).toHaveLength(2);
  await script('bad', 'exit 0');
  expect(await cli(['gc'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('taken back: attachment of container "c1"'),
  });
  expect(await snapshot()).toEqual(before);
});

test('DEL goes on past plugins that fail, and names them all', async () => {
  await script('bad', onAdd(`echo '${result}'`));
  await script('worse', onAdd(`echo '${result}'`));
  const before = await standing([ourBridge, bad, {type: 'tuning'}, {type: 'worse'}]);
  const path = await addNetns('n1');
  await must('add', network, path);
  await script('bad', 'echo broken >&2; exit 1');
  await script('worse', 'echo beyond repair >&2; exit 1');
  const {exitCode, stderr} = await cli(['del', network, path]);
  expect({exitCode, stderr}).toEqual({
    exitCode: 1,
    stderr: expect.stringMatching(/"worse" failed to DEL: beyond repair; .*"bad" failed to DEL: broken$/),
  });
  expect((await host().run('ip', ['netns', 'exec', 'n1', 'ip', 'link', 'show', 'eth0'])).exitCode).not.toBe(0);
  expect(leases()).toHaveLength(2);
  expect(await cli(['del', network, path, '--force'])).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('beyond repair'),
  });
  await deleteNetns('n1');
  expect(await snapshot()).toEqual(before);
});

test('after a failed ADD every plugin of the chain gets a DEL, in reverse, also one that was not reached', async () => {
  const told = '/run/told';
  for (const name of ['one', 'two', 'three']) {
    const fails = name === 'two' ? 'exit 1' : `echo '${result}'`;
    await script(name, `echo ${name} $CNI_COMMAND >>${told}\n[ $CNI_COMMAND = DEL ] && exit 0\n${fails}`);
  }
  configure([{type: 'one'}, {type: 'two'}, {type: 'three'}]);
  expect((await cli(['add', network, await addNetns('n1')])).exitCode).toBe(1);
  expect(host().read(told)).toBe('one ADD\ntwo ADD\nthree DEL\ntwo DEL\none DEL\n');
  await host().must('rm', [told]);
});

test('what a plugin says on stderr is in the log', async () => {
  await script('bad', `echo a word from $CNI_COMMAND >&2; echo '${result}'`);
  configure([ourBridge, bad]);
  const path = await addNetns('n1');
  const {stderr} = await cli(['add', network, path]);
  expect(stderr).toBe('');
  expect(await must('logs')).toMatch(/bad ADD .*a word from ADD/);
});

/** The host as it is once it has had a container of this network; the chain is then as told. */
async function standing(plugins: readonly object[] = [ourBridge, bad]): Promise<unknown> {
  configure([ourBridge]);
  await must('add', network, await addNetns('earlier'));
  await must('del', network, '/run/netns/earlier');
  await deleteNetns('earlier');
  configure(plugins);
  return snapshot();
}
