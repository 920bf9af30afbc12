// Directories and files in our own state that a crash left: a container's lock without a record, a file half written.
import {existsSync, readdirSync, rmSync} from 'node:fs';
import {dropContainerDir} from '../container-dir.ts';
import {withContainerLock} from '../container-lock.ts';
import {containerDir, knownContainers, recordsOf} from '../record.ts';
import type {Garbage, Search} from './garbage.ts';

export function* findLeftovers(search: Search): Generator<Garbage> {
  const {stateDir} = search.settings;
  // These say nothing of a network, so a search for one leaves them.
  if (search.network !== undefined) return;
  for (const containerId of knownContainers(stateDir)) {
    if (recordsOf(stateDir, containerId).length > 0) continue;
    yield {
      kind: 'file',
      what: `${containerDir(stateDir, containerId)}, in which there is no record`,
      network: '',
      containerId,
      takeBack: () => withContainerLock(stateDir, containerId, () => dropContainerDir(stateDir, containerId)),
    };
  }
  for (const path of halfWritten(`${stateDir}/networks`)) {
    yield {kind: 'file', what: `${path}, half written`, network: '', takeBack: () => rmSync(path, {force: true})};
  }
}

function halfWritten(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter(name => name.endsWith('.new'))
    .map(name => `${directory}/${name}`);
}
