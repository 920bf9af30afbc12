// Whatever a runtime does, or does not do, about poststop: the next container starts, and nothing is left.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {type Runtime, runToEnd} from '../fixtures/container.ts';
import {bridgeNetwork} from '../fixtures/networks.ts';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {createHost, executable, type Host} from '../host.ts';
import {expectHost, reach, settledSnapshot} from './settled.ts';
import {waysToEnd} from './ways-to-end.ts';

jest.setTimeout(60_000);

let host: Host;
let before: Snapshot;
beforeEach(async () => {
  host = await createHost();
  const ipam = {type: 'host-local', subnet: '172.19.1.0/26', routes: [{dst: '0.0.0.0/0'}]};
  host.write('/etc/cni/net.d/10.conflist', bridgeNetwork('mynet', 'cnibr0', {isGateway: true, ipMasq: true, ipam}));
});
afterEach(() => host.close());

describe.each<Runtime>(['runc', 'crun'])('%s', runtime => {
  beforeEach(async () => {
    await runToEnd(host, runtime, 'c0', reach('172.19.1.1'));
    before = await settledSnapshot(host);
  });

  test.each(waysToEnd.filter(({only}) => only?.includes(runtime) ?? true))('$what', async ({poststop, end}) => {
    await end(host, runtime);
    if (poststop.includes(runtime)) await expectHost(host, before);
    for (const id of ['c2', 'c1']) {
      expect(await runToEnd(host, runtime, id, reach('172.19.1.1'))).toContain(' 0% packet loss');
    }
    expect(await host.run(executable, ['gc'])).toMatchObject({exitCode: 0});
    await expectHost(host, before);
  });
});
