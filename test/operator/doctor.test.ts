// doctor where nothing is wrong, and how it says what is. What it finds is in doctor-network.test.ts and doctor-files.test.ts.
import {expect, test} from '@jest/globals';
import {bridgeNetwork} from '../fixtures/networks.ts';
import {useDoctorHost} from './planted.ts';

const {host, cli, attach, end, ask} = useDoctorHost();

test('a healthy host has a line for each part, and exit code 0', async () => {
  const {exitCode, report, wrong} = await ask();
  expect(wrong).toEqual([]);
  expect(exitCode).toBe(0);
  expect(report.level).toBe('ok');
  expect(report.findings.map(({area}) => area)).toEqual([
    ...['directories', 'networks', 'hooks.d', 'kernel', 'bridges', 'macvlan', 'forwarding', 'firewall', 'records'],
    ...['leases', 'living', 'orphans'],
  ]);
  for (const finding of report.findings) expect(Object.keys(finding).sort()).toEqual(['area', 'level', 'mend', 'what']);
});

test('it looks where it is told, and its commands do so too', async () => {
  host().write('/run/conf/10-other.conflist', bridgeNetwork('other', 'cnibr9', {}));
  host().write('/run/other state/networks/x.json.new', '');
  const flags = ['--conf-dir', '/run/conf', '--state-dir', '/run/other state'];
  const {wrong} = await ask(...flags);
  const gc = "cni-hook gc --conf-dir /run/conf --state-dir '/run/other state'";
  // The container that other records know is left alone: its process lives.
  expect(wrong.map(({mend}) => mend)).toContainEqual([gc]);
});

test('findings that one command mends are told together', async () => {
  await end(await attach('c2'));
  await end(await attach('c3'));
  const {stdout} = await cli('doctor');
  expect(stdout).toMatch(
    /\nwarning {2}orphans {6}attachment of container "c2".*\nwarning .*"c3".*\n {9}\$ cni-hook gc$/,
  );
});
