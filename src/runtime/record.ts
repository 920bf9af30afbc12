// What we remember of an attachment, on disk before anything is touched: enough to take it all back with no netns, no
// pid and no configuration. STATE/containers/ID/NETWORK:IFNAME.json, one file per attachment, replaced as a whole.
// A torn file can't be: it is written beside and renamed; one that can't be read all the same counts as none.
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
import type {Attachment} from '../kernel/names.ts';
import type {NetnsIdentity} from '../kernel/netns.ts';
import type {Op} from '../kernel/op.ts';
import type {ProcessIdentity} from '../kernel/process.ts';
import {isObject} from '../spec/fields.ts';
import type {Network} from '../spec/network.ts';
import type {Result} from '../spec/result.ts';
import type {ForeignSegment} from './chain.ts';
import {isAttachmentRecord} from './record-form.ts';
import type {DnsWishes} from './wishes/wishes.ts';

export interface AttachmentRecord extends Attachment {
  readonly version: 1;
  /** "planned" until everything stands in the kernel: what the undo names may or may not be there. */
  readonly state: 'planned' | 'done';
  readonly bootId: string;
  /** The plugin that a runtime called on its own; "" if we ran the network's whole chain. */
  readonly plugin: string;
  /** The container's first process; undefined if the caller named a netns and no process. */
  readonly process: ProcessIdentity | undefined;
  readonly netns: NetnsIdentity & {readonly path: string};
  readonly bundle: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** The directories in which this attachment's owner may hold leases. */
  readonly leases: readonly string[];
  /** What takes it back: one step for each segment of the chain, to be gone through backwards. */
  readonly steps: readonly Step[];
  readonly result: Result | undefined;
  /** The network as it was configured then, and the salt of the names: from these the plan can be made again. */
  readonly config: Network;
  readonly salt: string;
  /** CNI_ARGS. */
  readonly args: string;
  /** Whether an IPAM plugin that is not ours holds the addresses: it must be called to give them back. */
  readonly foreignIpam: boolean;
  /** How long the addresses are kept for this container when it has ended: seconds, 0 for not at all. */
  readonly keepSeconds: number;
  /** Absent if nobody calls it by a name, and in a record of before there were names. */
  readonly names?: ContainerNames | undefined;
}

/** What a container is to others, and they to it; the same in all of its records that have it. */
export interface ContainerNames {
  /** What others on its networks call it. */
  readonly called: readonly string[];
  /** What it calls itself. */
  readonly hostname: string | undefined;
  /** What was wished for its resolv.conf. */
  readonly dns: DnsWishes | undefined;
}

/** Either our own operations, in the order in which to apply them, or a plugin that wants a DEL. */
export type Step = {readonly kind: 'own'; readonly undo: readonly Op[]} | ForeignSegment;

/** All operations of ours that take the attachment back, in the order in which to apply them. */
export const undoOfRecord = ({steps}: AttachmentRecord): readonly Op[] =>
  [...steps].reverse().flatMap(step => (step.kind === 'own' ? step.undo : []));

/**
 * What all containers of a network share and we have changed: taken back when nobody is attached any more.
 * There is one more for the host, with "" for its name: forwarding, which goes with the last of all networks.
 */
export interface NetworkRecord {
  readonly version: 1;
  readonly network: string;
  readonly bootId: string;
  readonly undo: readonly Op[];
}

export const containersDir = (stateDir: string): string => `${stateDir}/containers`;
export const containerDir = (stateDir: string, containerId: string): string =>
  `${containersDir(stateDir)}/${containerId}`;
const networksDir = (stateDir: string): string => `${stateDir}/networks`;

/** Which record it is: an attachment has one for each plugin that was called on its own, or one for the whole chain. */
export interface RecordKey extends Attachment {
  readonly plugin: string;
}

/** Neither a network nor an interface name can hold a ":". */
const recordPath = (stateDir: string, {network, containerId, ifName, plugin}: RecordKey): string =>
  `${containerDir(stateDir, containerId)}/${network}:${ifName}${plugin === '' ? '' : `:${plugin}`}.json`;
const networkPath = (stateDir: string, network: string): string =>
  network === '' ? `${stateDir}/host.json` : `${networksDir(stateDir)}/${network}.json`;

export const networkLockPath = (stateDir: string, network: string): string =>
  network === '' ? `${stateDir}/host.lock` : `${networksDir(stateDir)}/${network}.lock`;

export const portsLockPath = (stateDir: string): string => `${stateDir}/ports.lock`;

export function writeRecord(stateDir: string, record: AttachmentRecord): void {
  replaceFile(recordPath(stateDir, record), record);
}

export function dropRecord(stateDir: string, key: RecordKey): void {
  rmSync(recordPath(stateDir, key), {force: true});
}

/** The records of one container, oldest first. */
export function recordsOf(stateDir: string, containerId: string): readonly AttachmentRecord[] {
  const directory = containerDir(stateDir, containerId);
  const names = namesIn(directory).filter(name => name.endsWith('.json'));
  return names.flatMap(name => readRecord(`${directory}/${name}`, isAttachmentRecord) ?? []).sort(byAge);
}

export function findRecord(stateDir: string, key: RecordKey): AttachmentRecord | undefined {
  return readRecord(recordPath(stateDir, key), isAttachmentRecord);
}

/** The records of one attachment. */
export function recordsFor(stateDir: string, {network, containerId, ifName}: Attachment): readonly AttachmentRecord[] {
  return recordsOf(stateDir, containerId).filter(record => record.network === network && record.ifName === ifName);
}

/** The ids of all containers that we know of: for what looks at the whole host, never for a hook. */
export const knownContainers = (stateDir: string): readonly string[] => namesIn(containersDir(stateDir));

/** True if there may be a container. */
export const hasContainers = (stateDir: string): boolean => existsSync(containersDir(stateDir));

/** Takes away the directory of all containers, if there is none: true for who ended the last. */
export function dropContainersDir(stateDir: string): boolean {
  try {
    rmdirSync(containersDir(stateDir));
    return true;
  } catch {
    return false;
  }
}

/** Every record of the host. */
export function allRecords(stateDir: string): readonly AttachmentRecord[] {
  return knownContainers(stateDir).flatMap(id => recordsOf(stateDir, id));
}

export function readNetworkRecord(stateDir: string, network: string): NetworkRecord | undefined {
  return readRecord(networkPath(stateDir, network), isNetworkRecord);
}

export const knownNetworks = (stateDir: string): readonly string[] =>
  namesIn(networksDir(stateDir))
    .filter(name => name.endsWith('.json'))
    .map(name => name.slice(0, -'.json'.length));

export function writeNetworkRecord(stateDir: string, record: NetworkRecord): void {
  replaceFile(networkPath(stateDir, record.network), record);
}

export function dropNetworkRecord(stateDir: string, network: string): void {
  rmSync(networkPath(stateDir, network), {force: true});
}

export const hasContainerDir = (stateDir: string, containerId: string): boolean =>
  existsSync(containerDir(stateDir, containerId));

/** Whoever has ended the last container may take the directory of all away at this moment: then it is made again. */
export function makeContainerDir(stateDir: string, containerId: string): void {
  for (let left = 9; ; left--) {
    try {
      mkdirSync(containerDir(stateDir, containerId), {recursive: true, mode: 0o700});
      return;
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      if (left === 0 || (code !== 'ENOENT' && code !== 'EEXIST')) throw error;
    }
  }
}

export function makeNetworksDir(stateDir: string): void {
  mkdirSync(networksDir(stateDir), {recursive: true, mode: 0o700});
}

const byAge = (a: AttachmentRecord, b: AttachmentRecord): number =>
  a.created < b.created ? -1 : Number(a.created > b.created);

/** The record, if the file holds a whole one of this version. */
function readRecord<T>(path: string, isWhole: (json: unknown) => json is T): T | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isWhole(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isNetworkRecord(json: unknown): json is NetworkRecord {
  if (!isObject(json) || json.version !== 1) return false;
  return typeof json.network === 'string' && typeof json.bootId === 'string' && Array.isArray(json.undo);
}

/** Atomic for every reader; not synced to disk, as no attachment survives a reboot. */
function replaceFile(path: string, value: object): void {
  const beside = `${path}.new`;
  writeFileSync(beside, JSON.stringify(value), {mode: 0o600});
  renameSync(beside, path);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
