// The effects that IPAM plugins are handed: leases on this host's disk, and the same to look only.
import {existsSync, readFileSync} from 'node:fs';
import {takeLock} from '../kernel/flock.ts';
import {openLeases} from '../plugins/host-local/store.ts';
import type {IpamPorts, LeaseStore, Leases} from '../plugins/plugin.ts';
import type {Settings} from './settings.ts';

export function ipamPorts(settings: Settings): IpamPorts {
  return {openLeases: directory => leasesIn(settings, directory), readFile};
}

/** For --dry-run: answers what would be leased, and leases nothing. */
export function dryIpamPorts(settings: Settings): IpamPorts {
  return {openLeases: directory => dryLeases(directory, leasesIn(settings, directory)), readFile};
}

export function leasesIn(settings: Settings, directory: string): LeaseStore {
  return openLeases(directory, `${settings.stateDir}/leases`, path => takeLock(path, 'exclusive'));
}

function dryLeases(directory: string, store: LeaseStore): LeaseStore {
  const dry = (leases: Leases | undefined): Leases => ({
    heldBy: owner => leases?.heldBy(owner) ?? [],
    reserve: address => !leases?.taken().has(address),
    release: () => [],
    taken: () => leases?.taken() ?? new Set(),
    last: set => leases?.last(set),
    setLast: () => undefined,
  });
  return {locked: work => (existsSync(directory) ? store.locked(leases => work(dry(leases))) : work(dry(undefined)))};
}

const readFile = (path: string): string => readFileSync(path, 'utf8');
