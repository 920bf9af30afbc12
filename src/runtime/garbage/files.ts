// Directories and files in our own state that a crash left: a container's lock without a record, a file half written.
import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {whileDetaching} from '../container-turn.ts';
import {promisesDir} from '../kept.ts';
import {lockNetwork} from '../network-lock.ts';
import {leasesIn} from '../ports.ts';
import {
  containerDir,
  dropNetworkRecord,
  knownContainers,
  knownNetworks,
  readNetworkRecord,
  recordsOf,
} from '../record.ts';
import type {Settings} from '../settings.ts';
import {host} from '../shared-undo.ts';
import type {Garbage, Search} from './garbage.ts';
import {leaseDirectories} from './leases.ts';

export function* findLeftovers(search: Search): Generator<Garbage> {
  const {stateDir} = search.settings;
  // These say nothing of a network, so a search for one leaves them.
  if (search.network !== undefined) return;
  for (const containerId of knownContainers(stateDir)) {
    if (recordsOf(stateDir, containerId).length > 0) continue;
    if (!statSync(containerDir(stateDir, containerId), {throwIfNoEntry: false})?.isDirectory()) continue;
    if (search.unrecorded().some(living => living.containerId === containerId)) continue;
    yield {
      kind: 'file',
      what: `${containerDir(stateDir, containerId)}, in which there is no record`,
      network: '',
      containerId,
      takeBack: () => whileDetaching(search.settings, containerId, () => undefined),
    };
  }
  yield* findBrokenRecords(search.settings);
  yield* findUnfinished(search.settings);
}

/** What a crash, or somebody's hand, left beside the records of networks and the host's. Their locks keep out who writes. */
function* findBrokenRecords({stateDir}: Settings): Generator<Garbage> {
  const halfWritten = namesIn(`${stateDir}/networks`).filter(name => name.endsWith(unfinished));
  const networks = halfWritten.map(name => name.slice(0, -unfinished.length));
  for (const network of [...networks, ...(existsSync(`${stateDir}/host${unfinished}`) ? [host] : [])]) {
    const path = network === host ? `${stateDir}/host${unfinished}` : `${stateDir}/networks/${network}${unfinished}`;
    const takeBack = () => alone(stateDir, network, () => rmSync(path, {force: true}));
    yield {kind: 'file', what: `${path}, half written`, network, takeBack};
  }
  for (const network of knownNetworks(stateDir).filter(known => !readNetworkRecord(stateDir, known))) {
    const drop = () => readNetworkRecord(stateDir, network) ?? dropNetworkRecord(stateDir, network);
    const what = `${stateDir}/networks/${network}.json, which is no record`;
    yield {kind: 'file', what, network, takeBack: () => alone(stateDir, network, drop)};
  }
}

// Nobody writes for so many milliseconds.
const longestWrite = 60_000;

function* findUnfinished(settings: Settings): Generator<Garbage> {
  for (const directory of leaseDirectories(settings)) {
    // Where host-local writes a lease before it gives it its name.
    const path = `${dirname(directory)}/.${basename(directory)}.new`;
    if (!existsSync(path)) continue;
    const takeBack = () => leasesIn(settings, directory).locked(() => rmSync(path, {force: true}));
    yield {kind: 'file', what: `${path}, half written`, network: basename(directory), takeBack};
  }
  for (const name of namesIn(promisesDir(settings)).filter(other => other.endsWith(unfinished))) {
    const path = `${promisesDir(settings)}/${name}`;
    const modified = statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (modified > Date.now() - longestWrite) continue;
    yield {kind: 'file', what: `${path}, half written`, network: '', takeBack: () => rmSync(path, {force: true})};
  }
}

const unfinished = '.json.new';

const namesIn = (directory: string): readonly string[] => (existsSync(directory) ? readdirSync(directory) : []);

function alone(stateDir: string, network: string, work: () => void): void {
  const lock = lockNetwork(stateDir, network, 'exclusive');
  try {
    work();
  } finally {
    lock.release();
  }
}
