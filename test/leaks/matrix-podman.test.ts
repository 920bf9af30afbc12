// The rows of the matrix that are podman's own: it calls poststop itself, and only for containers that were made.
// After each the next container starts, and after one gc the host is as it was.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {forever} from '../fixtures/bundle.ts';
import type {Runtime} from '../fixtures/container.ts';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {describeWithPodman, hooksDir, openPodman, type Podman} from '../front/podman.ts';
import {createHost, executable, type Host} from '../host.ts';
import {collect, useNetwork} from './containers.ts';
import {reach, settledSnapshot, until} from './settled.ts';

jest.setTimeout(120_000);

interface Row {
  readonly what: string;
  /** A further hook of that stage, as a shell script. */
  readonly hook?: {readonly stage: string; readonly script: string; readonly timeout?: number};
  /** Has a container with the name "c1" live and end this way. */
  readonly end: (host: Host, podman: Podman) => Promise<unknown>;
}

const named = ['--name', 'c1'];
const refused = async (_: Host, podman: Podman) => {
  expect((await podman.run('mynet', named, ...forever)).exitCode).not.toBe(0);
};

const rows: readonly Row[] = [
  {what: 'the process exits by itself', end: (_, podman) => podman.run('mynet', named, 'true')},
  {what: 'another createRuntime hook fails', hook: {stage: 'createRuntime', script: 'exit 1'}, end: refused},
  {
    what: 'another createRuntime hook takes too long',
    hook: {stage: 'createRuntime', script: 'exec sleep 9', timeout: 1},
    end: refused,
  },
  {what: 'a createContainer hook fails', hook: {stage: 'createContainer', script: 'exit 1'}, end: refused},
  {
    what: 'the command is not there',
    end: async (_, podman) => expect((await podman.run('mynet', named, '/nope')).exitCode).toBe(127),
  },
  {
    what: 'another poststop hook fails',
    hook: {stage: 'poststop', script: 'exit 3'},
    end: (_, podman) => podman.run('mynet', named, 'true'),
  },
  {
    what: 'conmon is killed, and the container a while later',
    end: async (host, podman) => {
      const [conmon = '', pid = ''] = await startDetached(podman);
      await host.must('kill', ['-9', conmon]);
      await kill(host, pid);
    },
  },
  {
    what: "podman's and the runtime's state is lost",
    end: async (host, podman) => {
      const [conmon = '', pid = ''] = await startDetached(podman);
      await host.must('kill', ['-9', conmon]);
      await host.must('sh', ['-c', 'rm -rf /run/runc /run/crun /run/podman-*/run /run/podman-*/tmp']);
      await kill(host, pid);
    },
  },
  {
    what: 'it is stopped, started and removed by force',
    end: async (_, podman) => {
      await startDetached(podman);
      await podman.call('stop', '--time', '0', 'c1');
      await podman.call('start', 'c1');
      await podman.call('rm', '--force', '--time', '0', 'c1');
    },
  },
];

describeWithPodman('podman', () => {
  let host: Host;
  let podman: Podman;
  let before: Snapshot;
  beforeEach(async () => {
    host = await createHost();
    useNetwork(host);
    await host.must(executable, ['hooks', 'install', '--dir', hooksDir]);
  });
  afterEach(async () => {
    await podman.close();
    await host.close();
  });

  describe.each<Runtime>(['runc', 'crun'])('with %s', runtime => {
    beforeEach(async () => {
      podman = await openPodman(host, runtime);
      expect(await podman.run('mynet', ['--rm'], ...reach('172.19.1.1'))).toMatchObject({exitCode: 0});
      before = withoutPodman(await settledSnapshot(host));
    });

    test.each(rows)('$what', async ({hook, end}) => {
      const more = `${hooksDir}/zz-another.json`;
      if (hook) host.write(more, hooksFile(hook));
      await end(host, podman);
      if (hook) await host.must('rm', [more]);
      await podman.call('rm', '--force', '--time', '0', 'c1');
      expect(await podman.run('mynet', ['--rm'], ...reach('172.19.1.1'))).toMatchObject({exitCode: 0});
      await collect(host);
      await until('the host is as it was', async () => same(withoutPodman(await host.snapshot()), before));
    });
  });
});

/** The pids of its conmon and of itself. */
async function startDetached(podman: Podman): Promise<readonly string[]> {
  expect(await podman.run('mynet', [...named, '--detach'], ...forever)).toMatchObject({exitCode: 0});
  const {stdout} = await podman.call('inspect', '--format', '{{.State.ConmonPid}} {{.State.Pid}}', 'c1');
  return stdout.split(' ');
}

async function kill(host: Host, pid: string): Promise<void> {
  await host.must('kill', ['-9', pid]);
  await until('it has gone', async () => (await host.run('kill', ['-0', pid])).exitCode !== 0);
}

function hooksFile({stage, script, timeout}: NonNullable<Row['hook']>): object {
  const hook = {path: '/bin/sh', args: ['sh', '-c', script], ...(timeout && {timeout})};
  return {version: '1.0.0', hook, when: {always: true}, stages: [stage]};
}

/** podman's own files and mounts are its own affair. */
function withoutPodman(snapshot: Snapshot): Snapshot {
  const isOurs = (line: string) => !/^\/run\/(podman|libpod|containers|lock|hooks\.d)/.test(line);
  return {...snapshot, files: snapshot.files.filter(isOurs), mounts: []};
}

function same(a: Snapshot, b: Snapshot): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
