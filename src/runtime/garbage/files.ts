// Directories and files in our own state that a crash left: a container's lock without a record, a file half written.
import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {dropContainerDir} from '../container-dir.ts';
import {withContainerLock} from '../container-lock.ts';
import {containerDir, knownContainers, knownNetworks, readNetworkRecord, recordsOf} from '../record.ts';
import type {Garbage, Search} from './garbage.ts';

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
  for (const {path, why} of broken(stateDir)) {
    yield {kind: 'file', what: `${path}, ${why}`, network: '', takeBack: () => rmSync(path, {force: true})};
  }
}

/** What a crash, or somebody's hand, left in the networks' directory. */
function broken(stateDir: string): readonly {readonly path: string; readonly why: string}[] {
  const directory = `${stateDir}/networks`;
  const halfWritten = existsSync(directory) ? readdirSync(directory).filter(name => name.endsWith('.new')) : [];
  const unreadable = knownNetworks(stateDir).filter(network => !readNetworkRecord(stateDir, network));
  return [
    ...halfWritten.map(name => ({path: `${directory}/${name}`, why: 'half written'})),
    ...unreadable.map(network => ({path: `${directory}/${network}.json`, why: 'which is no record'})),
  ];
}
