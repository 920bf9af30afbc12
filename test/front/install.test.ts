// install.sh with what it may be told: in a private host, from a copy of the tree that has an executable and no sources, as a
// package has it. What it takes away is compared with what was there before, file by file.
import {readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {createHost, executable, type Host, type Outcome} from '../host.ts';
import {copyTree, ownUsrShare} from './tree.ts';

jest.setTimeout(60_000);

const project = fileURLToPath(new URL('../..', import.meta.url));
const installed = '/opt/cni-hook/bin/cni-hook';
const plugins = '/opt/cni/bin';
const hooksDir = '/usr/share/containers/oci/hooks.d';

let host: Host;
let names: readonly string[];
let before: string;

beforeAll(async () => {
  host = await createHost();
  await copyTree(host);
  await ownUsrShare(host);
  names = (await host.must(executable, ['plugins'])).split('\n').sort();
});
beforeEach(async () => {
  await host.must('sh', [
    '-c',
    `rm -rf /opt/* ${dirname(hooksDir)} /etc/cni/net.d/*; mkdir -p ${plugins} /usr/share/containers`,
  ]);
  host.write(`${plugins}/bridge`, 'somebody else');
  before = await everything();
});
afterAll(() => host.close());

/** Every file, link and directory of the places that are written to, with owner, rights and content. */
const everything = () =>
  host.must('sh', [
    '-c',
    'cd /; find etc/cni usr/share/containers opt -printf "%y %m %u %p %l\\n" | sort; find etc/cni usr/share/containers opt -type f -exec sha256sum {} + | sort',
  ]);
const install = (...args: readonly string[]): Promise<Outcome> =>
  host.run('/mnt/tree/install.sh', ['--prefix', '/opt/cni-hook', ...args]);
const must = async (...args: readonly string[]): Promise<string> => {
  const {exitCode, stdout, stderr} = await install(...args);
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
  return stdout;
};

describe('the names of the plugins', () => {
  test('are linked, a plugin of somebody else stays, and all goes again', async () => {
    const said = await must('--cni-bin-dir', plugins);
    expect(said).toContain(`left ${plugins}/bridge as it is: --replace would move it aside`);
    expect(host.list(plugins)).toEqual(names);
    expect(host.read(`${plugins}/bridge`)).toBe('somebody else');
    for (const name of names.filter(other => other !== 'bridge')) {
      expect(await host.must('readlink', [`${plugins}/${name}`])).toBe(installed);
    }
    const call = await host.run(`${plugins}/loopback`, [], {env: {CNI_COMMAND: 'VERSION'}});
    expect(JSON.parse(call.stdout)).toMatchObject({supportedVersions: expect.arrayContaining(['1.0.0'])});
    await must('--uninstall');
    expect(await everything()).toBe(before);
  });

  test('take the place of others with --replace, which come back', async () => {
    await must('--cni-bin-dir', plugins);
    const said = await must('--cni-bin-dir', plugins, '--replace');
    expect(said).toContain(`moved ${plugins}/bridge to ${plugins}/bridge.before-cni-hook`);
    expect(await host.must('readlink', [`${plugins}/bridge`])).toBe(installed);
    await must('--cni-bin-dir', plugins, '--replace');
    await must();
    const gone = await must('--uninstall');
    expect(gone).toContain(`put back ${plugins}/bridge`);
    expect(await everything()).toBe(before);
  });

  test('that somebody has taken since stay theirs, and nothing is lost', async () => {
    await must('--cni-bin-dir', plugins, '--replace');
    await host.must('rm', [`${plugins}/bridge`]);
    host.write(`${plugins}/bridge`, 'a newer one');
    const said = await must('--uninstall');
    expect(said).toContain(`left ${plugins}/bridge: it is another one by now`);
    expect(host.list(plugins)).toEqual(['bridge', 'bridge.before-cni-hook']);
    expect([host.read(`${plugins}/bridge`), host.read(`${plugins}/bridge.before-cni-hook`)]).toEqual([
      'a newer one',
      'somebody else',
    ]);
  });

  test('come back also if the run that moved them was killed before it could note it', async () => {
    await must('--cni-bin-dir', plugins, '--replace');
    await host.must('sed', ['-i', '/ link\\|^link\\|^aside/d', '/opt/cni-hook/share/cni-hook/manifest']);
    await must('--cni-bin-dir', plugins);
    await must('--uninstall');
    expect(await everything()).toBe(before);
  });
});

describe('the hooks.d files', () => {
  test('name the executable where it is, and go again', async () => {
    await must('--hooks-dir');
    const status = await host.run(installed, ['hooks', 'status']);
    expect(status).toMatchObject({exitCode: 0, stderr: ''});
    expect(JSON.parse(host.read(`${hooksDir}/cni-hook-poststop.json`))).toMatchObject({hook: {path: installed}});
    await must('--uninstall');
    expect(await everything()).toBe(before);
  });

  test('go where one says, beside those of others', async () => {
    host.write('/opt/hooks/other.json', readFileSync(`${project}hooks/hooks.d/cni-hook-poststop.json`, 'utf8'));
    await host.must('sed', ['-i', 's|/usr/local/bin/cni-hook|/bin/true|', '/opt/hooks/other.json']);
    before = await everything();
    await must('--hooks-dir', '/opt/hooks', '--cni-bin-dir', '/opt/new/bin');
    expect(host.list('/opt/hooks')).toEqual(['cni-hook-create-runtime.json', 'cni-hook-poststop.json', 'other.json']);
    await must('--uninstall');
    expect(await everything()).toBe(before);
  });
});

test('the default network is left if somebody has changed it', async () => {
  await must();
  const [network = ''] = host.list('/etc/cni/net.d');
  host.write(`/etc/cni/net.d/${network}`, readFileSync(`${project}config/${network}`, 'utf8').replace('10.', '10. '));
  expect(await must('--uninstall')).toContain(`left /etc/cni/net.d/${network}: it has been changed since`);
  expect(host.list('/etc/cni/net.d')).toEqual([network]);
});

test.each([
  [['--replace'], '--replace wants --cni-bin-dir'],
  [['--cni-bin-dir'], '--cni-bin-dir wants a directory'],
  [['--nonsense'], 'unknown flag "--nonsense"'],
  [['--demo', '--uninstall'], '--demo and --uninstall exclude each other'],
])('a mistake in the call is one line, and nothing is done: %j', async (args, reason) => {
  const line = `install.sh: ${reason}: ./install.sh --help says what there is`;
  expect(await install(...args)).toEqual({exitCode: 2, stdout: '', stderr: line});
  expect(await everything()).toBe(before);
});

test('without root it says so', async () => {
  const outcome = await host.run('setpriv', ['--reuid', '65534', '--clear-groups', '/mnt/tree/install.sh']);
  expect(outcome).toMatchObject({exitCode: 1, stderr: 'install.sh: this needs root: run it as root, or with sudo'});
});
