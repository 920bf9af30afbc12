// Directories and files in our own state that a crash left: a container's lock without a record, a file half written.
import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {dropContainerDir} from '../container-dir.ts';
import {withContainerLock} from '../container-lock.ts';
import {promisesDir} from '../kept.ts';
import {leasesIn} from '../ports.ts';
import {containerDir, knownContainers, knownNetworks, readNetworkRecord, recordsOf} from '../record.ts';
import type {Settings} from '../settings.ts';
import type {Garbage, Search} from './garbage.ts';
import {leaseDirectories} from './leases.ts';

export function* findLeftovers(search: Search): Generator<Garbage> {
  const {stateDir} = search.settings;
  // These say nothing of a network, so a search for one leaves them.
  if (search.network !== undefined) return;
  for (const containerId of knownContainers(stateDir)) {
    if (recordsOf(stateDir, containerId).length > 0) continue;
    if (!statSync(containerDir(stateDir, containerId), {throwIfNoEntry: false})?.isDirectory()) continue;
    yield {
      kind: 'file',
      what: `${containerDir(stateDir, containerId)}, in which there is no record`,
      network: '',
      containerId,
      takeBack: () => withContainerLock(stateDir, containerId, () => dropContainerDir(stateDir, containerId)),
    };
  }
  for (const {path, why} of broken(search.settings)) {
    yield {kind: 'file', what: `${path}, ${why}`, network: '', takeBack: () => rmSync(path, {force: true})};
  }
  for (const directory of leaseDirectories(search.settings)) {
    const path = unfinishedLease(directory);
    if (!existsSync(path)) continue;
    const drop = () => leasesIn(search.settings, directory).locked(() => rmSync(path, {force: true}));
    yield {kind: 'file', what: `${path}, half written`, network: '', takeBack: drop};
  }
}

/** What a crash, or somebody's hand, left beside the records of networks and the promises. */
function broken(settings: Settings): readonly {readonly path: string; readonly why: string}[] {
  const {stateDir} = settings;
  const networks = `${stateDir}/networks`;
  const unreadable = knownNetworks(stateDir).filter(network => !readNetworkRecord(stateDir, network));
  return [
    ...[networks, promisesDir(settings)].flatMap(halfWritten).map(path => ({path, why: 'half written'})),
    ...unreadable.map(network => ({path: `${networks}/${network}.json`, why: 'which is no record'})),
  ];
}

/** Where host-local writes a lease before it gives it its name. */
const unfinishedLease = (directory: string): string => `${dirname(directory)}/.${basename(directory)}.new`;

function halfWritten(directory: string): readonly string[] {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter(name => name.endsWith('.new')).map(name => `${directory}/${name}`);
}
