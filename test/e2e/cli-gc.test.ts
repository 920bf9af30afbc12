// gc as an operator runs it: what it says, what it leaves alone, and who waits for whom.
import {expect, test} from '@jest/globals';
import {pause, stateDir, useCliHost} from './cli-host.ts';

const {host, cli, json, attach, end} = useCliHost();

test('gc with --dry-run says what it would take back, and touches nothing', async () => {
  await end(await attach('c1'));
  const before = await host().snapshot();
  const {exitCode, stdout} = await cli('gc', '--dry-run', '--networks');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^found: attachment of container "c1"/);
  expect(await host().snapshot()).toEqual(before);
});

test('gc takes back what the dead left, and leaves the living alone', async () => {
  const container = await attach('c1');
  const before = await host().snapshot();
  await end(await attach('c2'));
  expect(await json('gc', '--networks')).toMatchObject([{containerId: 'c2', outcome: 'taken back'}]);
  expect(await host().snapshot()).toEqual(before);
  expect((await container.run('ping', ['-c1', '-W2', '172.19.1.1'])).exitCode).toBe(0);
  expect((await cli('gc')).stderr).toBe('there is nothing to take back');
});

test('gc with --networks takes down what nobody is attached to any more', async () => {
  const before = await host().snapshot();
  await end(await attach('c1'));
  await cli('gc', '--networks');
  expect(await host().snapshot()).toEqual(before);
});

test('gc takes turns with another gc, and tells whoever waits', async () => {
  await host().must('mkdir', ['-p', `${stateDir}/gc.lock`]);
  const waiting = cli('gc');
  await pause(1500);
  await host().must('rmdir', [`${stateDir}/gc.lock`]);
  expect(await waiting).toMatchObject({
    exitCode: 0,
    stderr: 'waiting for another gc to end\nthere is nothing to take back',
  });
  expect(host().list(stateDir)).not.toContain('gc.lock');
});

test('gc takes over from a gc that was killed', async () => {
  await host().must('sh', ['-c', `mkdir -p ${stateDir}/gc.lock && touch -d '1 minute ago' ${stateDir}/gc.lock`]);
  expect(await cli('gc')).toMatchObject({exitCode: 0, stderr: 'there is nothing to take back'});
});

test('gc of many at once all end well', async () => {
  for (let i = 0; i < 5; i++) await end(await attach(`c${i}`));
  const all = await Promise.all(Array.from({length: 6}, () => cli('gc', '--networks')));
  expect(all.map(({exitCode}) => exitCode)).toEqual(all.map(() => 0));
  expect(await json('ls')).toEqual([]);
});
