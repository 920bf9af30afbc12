// A host with a living container for the tests of doctor, and the shape of a fault that is planted in it: doctor must say
// what is wrong, and the commands that it prints must put it right. /usr is the machine's, so a layer is put over hooks.d.
import {beforeAll, beforeEach, expect, test} from '@jest/globals';
import {type CliHost, useCliHost} from '../e2e/cli-host.ts';
import {ownUsrShare} from '../front/tree.ts';
import {executable, type Netns} from '../host.ts';

interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  readonly area: string;
  readonly what: string;
  readonly mend: readonly string[];
}

interface Report {
  readonly level: string;
  readonly findings: readonly Finding[];
}

export interface DoctorHost extends CliHost {
  /** Runs what doctor printed, as a person would: in a shell, with the executable at hand. */
  readonly sh: (script: string) => Promise<string>;
  readonly ask: (...flags: readonly string[]) => Promise<{exitCode: number; report: Report; wrong: readonly Finding[]}>;
  /** c1, in the classic network. */
  readonly container: () => Netns;
}

export interface Planted {
  readonly area: string;
  readonly level: 'warning' | 'error';
  readonly plant: () => Promise<unknown> | unknown;
  readonly says: RegExp;
  /** Where no command can mend it: what the test does instead. */
  readonly byHand?: string;
  /** What the test had to add to the host, and must take away again. */
  readonly after?: string;
  /** More than one thing is wrong by it. */
  readonly withOthers?: true;
}

/** To be called once, on top of a test file. */
export function useDoctorHost(): DoctorHost {
  const cliHost = useCliHost();
  const {host, cli, attach} = cliHost;
  let living: Netns | undefined;
  beforeAll(() => ownUsrShare(host()));
  beforeEach(async () => {
    living = await attach('c1');
  });
  return {
    ...cliHost,
    sh: script => host().must('sh', ['-ec', `alias cni-hook=${executable}\n${script}`]),
    ask: async (...flags) => {
      const {exitCode, stdout} = await cli('doctor', '--json', ...flags);
      const report = JSON.parse(stdout) as Report;
      return {exitCode, report, wrong: report.findings.filter(({level}) => level !== 'ok')};
    },
    container: () => {
      if (!living) throw new Error('there is a container while a test runs');
      return living;
    },
  };
}

/** To be called once, on top of a test file: each fault is planted, found, mended, and gone. */
export function testPlanted({host, sh, ask, container}: DoctorHost, planted: Readonly<Record<string, Planted>>): void {
  test.each(Object.entries(planted))('%s', async (_name, {area, level, plant, says, byHand, after, withOthers}) => {
    await plant();
    const {exitCode, report, wrong} = await ask();
    const found = wrong.find(finding => finding.area === area && says.test(finding.what));
    expect(found ?? wrong).toMatchObject({area, level});
    if (!withOthers) expect(wrong.filter(finding => finding !== found && finding.area !== area)).toEqual([]);
    expect({exitCode, level: report.level}).toEqual({
      exitCode: 1,
      level: wrong.some(finding => finding.level === 'error') ? 'error' : 'warning',
    });

    if (byHand) await sh(byHand);
    else for (const {mend} of wrong) await sh(mend.join('\n'));
    expect((await ask()).wrong).toEqual([]);
    if (after) await sh(after);
    expect((await container().run('ping', ['-c1', '-W2', '172.19.1.1'])).exitCode).toBe(0);
    expect(host().list('/usr/share/containers/oci/hooks.d')).toEqual([]);
  });
}
