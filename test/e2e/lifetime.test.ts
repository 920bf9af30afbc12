// The main job, with real runtimes: two hook lines in a bundle's config.json give a container its network, and take it
// back without a trace.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {type Runtime, runToEnd, start} from '../fixtures/container.ts';
import {classic, classicLeases, dualStack, isLease} from '../fixtures/networks.ts';
import {hostAsSeen, outside} from '../fixtures/outside.ts';
import {createHost, executable, type Host} from '../host.ts';

jest.setTimeout(60_000);

let host: Host;
beforeEach(async () => {
  host = await createHost();
});
afterEach(() => host.close());

describe.each<Runtime>(['runc', 'crun'])('with %s', runtime => {
  test('containers have an address and a route, reach each other, the gateway and the outside, and leave nothing', async () => {
    host.write('/etc/cni/net.d/10-mynet.conflist', classic);
    const farHost = await host.addOutside();
    const pristine = await host.snapshot();
    await runToEnd(host, runtime, 'c0', ['true']);
    const standing = await host.snapshot();
    expect(standing).not.toEqual(pristine);

    const c1 = await start(host, runtime, 'c1');
    const c2 = await start(host, runtime, 'c2');
    expect(await c1.addresses()).toEqual(['172.19.1.3/24']);
    expect(await c2.addresses()).toEqual(['172.19.1.4/24']);
    expect(await c1.exec('ip', ['route'])).toContain('default via 172.19.1.1 dev eth0');
    expect(leases()).toEqual(['172.19.1.3', '172.19.1.4']);

    await c1.ping('172.19.1.4');
    await c2.ping('172.19.1.3');
    await c1.ping('172.19.1.1');
    await c1.ping(outside.v4);
    expect(await farHost.whoCalls(c1.exec)).toBe(hostAsSeen.v4);

    await c1.remove();
    expect(leases()).toEqual(['172.19.1.4']);
    await c2.ping('172.19.1.1');
    await c2.remove();
    expect(await host.snapshot()).toEqual(standing);
    expect(leases()).toEqual([]);

    const shown = await runToEnd(host, runtime, 'c3', ['ip', '-o', '-4', 'address', 'show', 'dev', 'eth0']);
    expect(shown).toContain('172.19.1.5/24');
    expect(await host.snapshot()).toEqual(standing);
    expect(await host.run(executable, ['gc', '--networks'])).toMatchObject({exitCode: 0});
    expect(await host.snapshot()).toEqual(pristine);
  });

  test('with both families containers reach each other and the outside over IPv6 as well, with the first packet', async () => {
    host.write('/etc/cni/net.d/10-dual-stack.conflist', dualStack);
    const farHost = await host.addOutside();
    await runToEnd(host, runtime, 'c0', ['true']);
    const standing = await host.snapshot();

    const c1 = await start(host, runtime, 'c1');
    const c2 = await start(host, runtime, 'c2');
    expect(await c1.addresses()).toEqual(['172.19.2.3/24', 'fd6a:19d2:7c05:2::3/64']);
    await c1.ping('fd6a:19d2:7c05:2::4');
    await c2.ping('fd6a:19d2:7c05:2::1');
    await c1.ping('172.19.2.4');
    expect(await farHost.whoCalls(c1.exec, 6)).toBe(hostAsSeen.v6);
    expect(await farHost.whoCalls(c1.exec, 4)).toBe(hostAsSeen.v4);
    await Promise.all([c1.remove(), c2.remove()]);
    expect(await host.snapshot()).toEqual(standing);
  });
});

const leases = (): readonly string[] => host.list(classicLeases).filter(isLease);
