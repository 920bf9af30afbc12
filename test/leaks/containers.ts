// Containers without a runtime: a process with a netns of its own, and the hooks called as a runtime would call them.
import {expect} from '@jest/globals';
import {addressesOf} from '../fixtures/container.ts';
import {bridgeNetwork} from '../fixtures/networks.ts';
import type {Snapshot} from '../fixtures/snapshot.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {executable, type Host, type Netns, type Outcome} from '../host.ts';
import {expectReach, settledSnapshot} from './settled.ts';

export const done: Outcome = {exitCode: 0, stdout: '', stderr: ''};
export const gateway = '172.19.1.1';
export const leases = '/var/lib/cni/networks/mynet';

/** The network of most tests: `subnet` decides how many addresses there are; `more` goes over the network. */
export function useNetwork(host: Host, subnet = '172.19.1.0/26', more: object = {}): void {
  const ipam = {type: 'host-local', subnet, routes: [{dst: '0.0.0.0/0'}]};
  const network = bridgeNetwork('mynet', 'cnibr0', {isGateway: true, ipMasq: true, ipam});
  host.write('/etc/cni/net.d/10.conflist', {...network, ...more});
}

/** Starts a container, which must succeed. */
export async function start(
  host: Host,
  id: string,
  annotations: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<Netns> {
  const container = await host.netns();
  expect(await host.hook('createRuntime', creating(id, container.pid, annotations), flags)).toEqual(done);
  return container;
}

/** Ends it, with its poststop. */
export async function end(host: Host, id: string, container: Netns): Promise<void> {
  await container.end();
  expect(await host.hook('poststop', stopped(id))).toEqual(done);
}

/** The host with a network that had one container and has none: the bridge and the rules are there. */
export async function standing(host: Host): Promise<Snapshot> {
  const container = await start(host, 'c0');
  await expectReach(container, gateway);
  await end(host, 'c0', container);
  return settledSnapshot(host);
}

export interface Collected {
  readonly kind: string;
  readonly what: string;
  readonly outcome: string;
  readonly containerId?: string;
}

/** gc, which must succeed, and what it says. */
export async function gc(host: Host, ...flags: readonly string[]): Promise<readonly Collected[]> {
  const {exitCode, stdout, stderr} = await host.run(executable, ['gc', '--json', ...flags]);
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
  return JSON.parse(stdout) as readonly Collected[];
}

/** gc, after which a second one finds nothing. */
export async function collect(host: Host, ...flags: readonly string[]): Promise<readonly Collected[]> {
  const first = await gc(host, ...flags);
  expect(await gc(host, ...flags)).toEqual([]);
  return first;
}

/** Its addresses without the length. */
export async function addresses(host: Host, {pid}: Netns): Promise<readonly string[]> {
  return (await addressesOf(host, pid, 'eth0')).map(address => address.split('/')[0] ?? '');
}
