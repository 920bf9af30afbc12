// The examples in the help of every command, as they are printed: each is run, and does what it says without a complaint.
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import {examples} from '../../src/cli/examples.ts';
import {type Container, start} from '../fixtures/container.ts';
import {classic} from '../fixtures/networks.ts';
import {ownUsrShare} from '../front/tree.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(120_000);

let host: Host;
let container: Container;
const place = '/mnt/work';
const env = {PATH: '/mnt/bin:/usr/sbin:/usr/bin:/sbin:/bin'};
const sh = (script: string) => host.run('bash', ['-o', 'pipefail', '-c', script], {cwd: place, env});

beforeAll(async () => {
  host = await createHost();
  await ownUsrShare(host);
  host.write('/etc/cni/net.d/10-mynet.conflist', {...classic, cniVersion: '1.1.0'});
  host.write(`${place}/networks/10-mynet.conflist`, classic);
  await host.must('sh', ['-ec', `mkdir -p /mnt/bin /etc/bash_completion.d; ln -s ${executable} /mnt/bin/cni-hook`]);
  await host.must('sh', ['-ec', `mkdir ${place}/bundle ${place}/another; cd ${place}/bundle; runc spec`]);
  await host.must('ip', ['netns', 'add', 'test']);
  container = await start(host, 'runc', 'c1');
});
afterAll(async () => {
  await container.remove();
  await host.close();
});

test.each(Object.keys(examples))('%s', async id => {
  const {stdout: help} = await sh(`cni-hook ${id} --help`);
  const [, section = ''] = help.split('\nEXAMPLES\n');
  const shown = Array.from(section.matchAll(/^ {2}\$ (.*)$/gm), match => match[1] ?? '');
  expect(shown).toEqual(examples[id]);
  for (const example of shown) {
    const {exitCode, stdout, stderr} = await sh(example);
    expect({example, exitCode, said: exitCode === 0 ? '' : stdout + stderr}).toEqual({example, exitCode: 0, said: ''});
  }
});

test('every command has some', async () => {
  const {stdout} = await sh('cni-hook --help');
  const [, section = ''] = /^COMMANDS\n([\s\S]*?)\n\n/m.exec(stdout) ?? [];
  const commands = Array.from(section.matchAll(/^ {2}(\S+) /gm), match => match[1]);
  expect(commands.sort()).toEqual(Object.keys(examples).sort());
});
