// A private host for the tests of commands: one for the whole file, and empty again after each test.
import {dirname} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect} from '@jest/globals';
import {classic, classicLeases} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {createHost, executable, type Host, type Netns, type Outcome} from '../host.ts';

export const stateDir = '/run/cni-hook';

export interface CliHost {
  readonly host: () => Host;
  readonly cli: (...args: readonly string[]) => Promise<Outcome>;
  /** What a command answers with --json. */
  readonly json: (...args: readonly string[]) => Promise<unknown>;
  /** A process with a netns of its own, attached as a container of that id; it must be attached. */
  readonly attach: (id: string, ...flags: readonly string[]) => Promise<Netns>;
  /** Ends it without a poststop, and waits until the kernel has taken its interfaces along. */
  readonly end: (container: Netns) => Promise<void>;
}

/** To be called once, on top of a test file. The network of the conf dir is `classic`. */
export function useCliHost(): CliHost {
  let current: Host | undefined;
  const host = () => {
    if (!current) throw new Error('there is a host while a test runs');
    return current;
  };
  const living = new Set<Netns>();
  const cli: CliHost['cli'] = (...args) => host().run(executable, args);
  const json: CliHost['json'] = async (...args) => JSON.parse(await host().must(executable, [...args, '--json']));
  const attach: CliHost['attach'] = async (id, ...flags) => {
    const container = await host().netns();
    living.add(container);
    expect(await host().hook('createRuntime', creating(id, container.pid), flags)).toMatchObject({exitCode: 0});
    return container;
  };
  const end: CliHost['end'] = async container => {
    const {stdout} = await container.run('ip', ['-j', 'link', 'show', 'type', 'veth']);
    const peers = (JSON.parse(stdout) as {link_index: number}[]).map(({link_index}) => link_index);
    living.delete(container);
    await container.end();
    while ((await linkIndexes(host())).some(index => peers.includes(index))) await pause(10);
  };

  beforeAll(async () => {
    current = await createHost();
  });
  beforeEach(() => host().write('/etc/cni/net.d/10-mynet.conflist', classic));
  afterEach(async () => {
    for (const container of living) await end(container);
    await cli('gc', '--networks');
    const made = [stateDir, '/etc/cni/net.d/*', '/run/conf', '/var/lib/cni', dirname(classicLeases)];
    await host().must('sh', ['-c', `rm -rf ${made.join(' ')}`]);
  });
  afterAll(() => current?.close());
  return {host, cli, json, attach, end};
}

export const pause = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

/** The cells of a table that a command printed. */
export const tableOf = (stdout: string): readonly (readonly string[])[] =>
  stdout.split('\n').map(line => line.split(/ {2,}/));

async function linkIndexes(host: Host): Promise<readonly number[]> {
  return (JSON.parse(await host.must('ip', ['-j', 'link'])) as {ifindex: number}[]).map(({ifindex}) => ifindex);
}
