// The commands where there is nothing, where the state is broken, and for somebody who may not look.
import {expect, test} from '@jest/globals';
import {executable} from '../host.ts';
import {stateDir, tableOf, useCliHost} from './cli-host.ts';

const {host, cli, json, attach} = useCliHost();

test('on an empty host every command says so', async () => {
  await host().must('rm', ['-r', '/etc/cni/net.d']);
  expect(await cli('ls')).toEqual({exitCode: 0, stdout: '', stderr: 'no container is attached'});
  expect(await cli('networks')).toEqual({exitCode: 0, stdout: '', stderr: 'there is no network in /etc/cni/net.d'});
  expect(await cli('gc')).toEqual({exitCode: 0, stdout: '', stderr: 'there is nothing to take back'});
  expect(await cli('logs')).toEqual({exitCode: 0, stdout: '', stderr: 'the log holds nothing'});
  expect(await cli('inspect', 'c1')).toMatchObject({exitCode: 1, stderr: expect.stringContaining('container "c1"')});
  for (const command of ['ls', 'networks', 'gc', 'logs']) expect(await json(command)).toEqual([]);
  expect(host().list('/run')).not.toContain('cni-hook');
});

test('state that is broken is shown, and hides nothing else', async () => {
  await attach('c1');
  host().write(`${stateDir}/containers/c2/mynet:eth0.json`, '{"version": 1, "netw');
  const whole = JSON.parse(host().read(`${stateDir}/containers/c1/mynet:eth0.json`)) as object;
  host().write(`${stateDir}/containers/c3/mynet:eth0.json`, {...whole, containerId: 'c3', result: {interfaces: 7}});
  host().write(`${stateDir}/containers/stray`, 'what is this');
  host().write(`${stateDir}/networks/other.json`, '');
  await host().must('sh', ['-c', `echo '{"time": "20' >>${stateDir}/log.jsonl`]);
  expect(tableOf((await cli('ls')).stdout).map(cells => [cells[0], cells[6]])).toEqual([
    ['CONTAINER', 'STATE'],
    ['c1', 'alive'],
    ['c2', 'unreadable'],
    ['c3', 'unreadable'],
  ]);
  expect((await cli('inspect', 'c2')).stdout).toContain(`${stateDir}/containers/c2/mynet:eth0.json`);
  expect(await json('logs')).toMatchObject([{id: 'c1'}]);
  expect(await cli('networks')).toMatchObject({exitCode: 0, stderr: ''});
});

test('without root a command says that it may not look, and networks works all the same', async () => {
  await attach('c1');
  // The executable may lie where only root gets to.
  await host().must('sh', [
    '-ec',
    `touch /run/cni-hook-executable; mount --bind ${executable} /run/cni-hook-executable`,
  ]);
  // An id without a name, and so without a home.
  const nobody = ['--reuid=54321', '--regid=54321', '--clear-groups', '/run/cni-hook-executable'];
  const commands = [
    'ls',
    'inspect c1',
    'gc',
    'gc --dry-run',
    'logs',
    'logs -f',
    'repair',
    'check mynet c1',
    'del mynet c1',
  ];
  for (const args of commands.map(words => words.split(' '))) {
    const {exitCode, stdout, stderr} = await host().run('setpriv', [...nobody, ...args]);
    expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
    expect(stderr).toMatch(
      new RegExp(`^cni-hook ${args[0]}: cannot look into "${stateDir}[^\n]*: permission denied: run this as root$`),
    );
  }
  const add = await host().run('setpriv', [...nobody, 'add', 'mynet', '/proc/1/ns/net', '--dry-run']);
  expect({...add, stderr: ''}).toEqual({exitCode: 1, stdout: '', stderr: ''});
  expect(add.stderr).toMatch(/^cni-hook add: cannot open [^\n]*: permission denied: run this as root$/);
  const byId = await host().run('setpriv', [...nobody, 'add', 'mynet', 'c1']);
  expect({...byId, stderr: ''}).toEqual({exitCode: 1, stdout: '', stderr: ''});
  expect(byId.stderr).toMatch(/^cni-hook add: there is no running container "c1" [^\n]*: run this as root$/);
  await host().must(executable, ['hooks', 'install', '--dir', '/run/hooks.d']);
  const hooks = await host().run('setpriv', [...nobody, 'hooks', 'status', '--dir', '/run/hooks.d']);
  expect(hooks).toMatchObject({exitCode: 0, stdout: expect.stringContaining('cni-hook-poststop.json')});
  const install = await host().run('setpriv', [...nobody, 'hooks', 'install', '--dir', '/run/hooks.d']);
  expect({...install, stderr: ''}).toEqual({exitCode: 1, stdout: '', stderr: ''});
  expect(install.stderr).toMatch(/^cni-hook hooks: cannot lock [^\n]*: permission denied: run this as root$/);
  const networks = await host().run('setpriv', [...nobody, 'networks']);
  expect(networks).toMatchObject({exitCode: 0, stdout: expect.stringContaining('172.19.1.1-172.19.1.254')});
});
