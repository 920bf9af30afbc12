// A container without a network namespace of its own gets nothing and starts all the same, unless --strict says otherwise.
import {afterAll, beforeAll, expect, jest, test} from '@jest/globals';
import {classic} from '../fixtures/networks.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';

jest.setTimeout(60_000);

let host: Host;
beforeAll(async () => {
  host = await createHost();
  host.write('/etc/cni/net.d/10.conflist', classic);
});
afterAll(() => host.close());

test.each([
  {flags: [], exitCode: 0},
  {flags: ['--strict'], exitCode: 1},
])(
  "the host's own network namespace is left alone, with one line and exit code $exitCode for $flags",
  async ({flags, exitCode}) => {
    const before = await host.snapshot();
    // The first process of the private host stands for a container that has the host's network.
    const outcome = await host.hook('createRuntime', creating('c1', 1), flags);
    expect(outcome).toMatchObject({exitCode, stdout: ''});
    expect(outcome.stderr).toMatch(
      /^cni-hook createRuntime: container "c1" has no network namespace of its own[^\n]*$/,
    );
    expect(await host.snapshot()).toEqual(before);
    expect(await host.hook('poststop', stopped('c1'))).toEqual({exitCode: 0, stdout: '', stderr: ''});
  },
);
