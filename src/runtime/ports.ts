// The effects that IPAM plugins are handed: leases on this host's disk, and the same to look only.
import {existsSync, readFileSync} from 'node:fs';
import {takeLock} from '../kernel/flock.ts';
import {openLeases} from '../plugins/host-local/store.ts';
import type {ForeignCall, IpamPorts, LeaseStore, Leases} from '../plugins/plugin.ts';
import {CniError} from '../spec/error.ts';
import {callForeign} from './foreign.ts';
import {log} from './log.ts';
import type {Settings} from './settings.ts';

/** `met` is told of leases of others that an allocation came by. */
export function ipamPorts(settings: Settings, met: IpamPorts['met']): IpamPorts {
  return {
    openLeases: directory => leasesIn(settings, directory),
    met,
    readFile,
    call: foreign => callLogged(settings, foreign),
  };
}

/** For --dry-run: answers what would be leased, and leases nothing. */
export function dryIpamPorts(settings: Settings): IpamPorts {
  return {
    openLeases: directory => dryLeases(directory, leasesIn(settings, directory)),
    met: () => undefined,
    readFile,
    call: refuse,
  };
}

export function leasesIn(settings: Settings, directory: string): LeaseStore {
  return openLeases(directory, `${settings.stateDir}/leases`, path => takeLock(path, 'exclusive'));
}

function dryLeases(directory: string, store: LeaseStore): LeaseStore {
  const lookOnly = (leases: Leases): Leases => ({
    ...nothing,
    heldBy: owner => leases.heldBy(owner),
    reserve: address => leases.find(address) === undefined,
    taken: () => leases.taken(),
    last: set => leases.last(set),
  });
  return {
    mayHold: owner => store.mayHold(owner),
    locked: work => (existsSync(directory) ? store.locked(leases => work(lookOnly(leases))) : work(nothing)),
  };
}

const nothing: Leases = {
  heldBy: () => [],
  reserve: () => true,
  release: () => [],
  taken: () => new Set(),
  find: () => undefined,
  all: () => [],
  drop: () => undefined,
  last: () => undefined,
  setLast: () => undefined,
};

/** What a plugin says on stderr goes to the container's log. */
export function callLogged({stateDir, pluginDirs}: Settings, foreign: ForeignCall): string {
  const {type, command, request} = foreign;
  const entry = {
    level: 'info',
    event: `${type} ${command}`,
    id: request.containerId,
    network: request.network,
  } as const;
  return callForeign(pluginDirs, foreign, text => log(stateDir, {...entry, msg: text.trim().slice(0, mostWords)}));
}

// Characters.
const mostWords = 4000;

function refuse({type, where}: ForeignCall): never {
  throw new CniError(
    'unsupportedField',
    `${where}: what plugin "${type}" would do can't be told beforehand: it is not ours`,
  );
}

const readFile = (path: string): string => readFileSync(path, 'utf8');
