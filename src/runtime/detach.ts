// DEL, from the record alone: no netns, no pid, no configuration. It goes on past what fails, and keeps the addresses
// and the record as long as something could not be taken away: an address in use must not be given out again.
import {Kernel} from '../kernel/kernel.ts';
import {closeNetns, isStillAt, type OpenNetns, openNetns} from '../kernel/netns.ts';
import {bootId} from '../kernel/process.ts';
import type {AttachmentRequest, Owner} from '../plugins/plugin.ts';
import {parseCniArgs} from '../spec/cni-args.ts';
import {resultToJson} from '../spec/convert.ts';
import {isKind} from '../spec/error.ts';
import {checkVersion, compareVersions} from '../spec/version.ts';
import {type ForeignSegment, prepareChain} from './chain.ts';
import {pinPath} from './container-dir.ts';
import {whileDetaching} from './container-turn.ts';
import {findKept, keep} from './kept.ts';
import {dropCached} from './libcni/result-cache.ts';
import {forgetNames} from './names/introduce.ts';
import {callLogged, ipamPorts, leasesIn} from './ports.ts';
import {type AttachmentRecord, dropRecord, hasContainerDir, recordsOf, undoOfRecord} from './record.ts';
import type {Settings} from './settings.ts';
import {isRunning} from './signs.ts';

export interface Detached {
  readonly record: AttachmentRecord;
  /** "kept" if its process is alive: this is the late end of an earlier container with the same id. */
  readonly outcome: 'detached' | 'kept' | 'failed';
  readonly failures: readonly Error[];
}

/** Takes back every attachment of the container whose process has ended. A container that we never knew has none. */
export function detachAll(settings: Settings, containerId: string): readonly Detached[] {
  if (!hasContainerDir(settings.stateDir, containerId)) return [];
  return whileDetaching(settings, containerId, () =>
    [...recordsOf(settings.stateDir, containerId)].reverse().map(record => detachUnlessAlive(settings, record)),
  );
}

/** Takes one attachment back and returns what could not be done. The container's lock must be held. */
export function detach(settings: Settings, record: AttachmentRecord, kernel?: Kernel): readonly Error[] {
  const failures = record.bootId === bootId() ? takeBack(settings, record, kernel) : [];
  if (failures.length > 0) return failures;
  try {
    if (!keepsAddresses(settings, record)) giveBack(settings, record);
  } catch (error) {
    return [asError(error)];
  }
  forgetAttachment(settings, record);
  return [];
}

/** Drops the record, and what others could find the attachment by. */
export function forgetAttachment({cacheDir, stateDir}: Settings, record: AttachmentRecord): void {
  if (record.plugin === '') dropCached(cacheDir, record);
  dropRecord(stateDir, record);
}

/** True if the addresses are kept for the container. A start that failed keeps what was kept before it, and nothing more. */
function keepsAddresses(settings: Settings, record: AttachmentRecord): boolean {
  if (record.state === 'planned') return findKept(settings, record) !== undefined;
  if (record.keepSeconds > 0) keep(settings, {...record, seconds: record.keepSeconds, ended: Date.now()}, []);
  return record.keepSeconds > 0;
}

/** Goes through the chain backwards. */
function takeBack(settings: Settings, record: AttachmentRecord, open?: Kernel): readonly Error[] {
  const netns = open ? undefined : netnsToMend(record);
  const kernel = open ?? new Kernel(netns);
  try {
    const steps = [...record.steps].reverse();
    const failures = steps.flatMap(step =>
      step.kind === 'own' ? kernel.takeBack(step.undo) : callDel(settings, record, step),
    );
    // A name that is still known leads to an address that may be somebody else's soon.
    return [...tryForgetNames(settings, record), ...failures];
  } finally {
    if (!open) kernel.close();
    if (netns) closeNetns(netns);
  }
}

/** The container's netns, if it lives and something in it has to be put back: all else goes with it, or from the host's side. */
function netnsToMend(record: AttachmentRecord): OpenNetns | undefined {
  const isInside = undoOfRecord(record).some(op => 'netns' in op && op.netns === 'container');
  const {path} = record.netns;
  return isInside && isRunning(record) && isStillAt(path, {...record.netns}) ? openNetns(path) : undefined;
}

function tryForgetNames(settings: Settings, record: AttachmentRecord): readonly Error[] {
  try {
    forgetNames(settings, record);
    return [];
  } catch (error) {
    return [asError(error)];
  }
}

/** A plugin gets the whole chain's result, if the ADD came that far, and the netns, if it is still the same one. */
function callDel(settings: Settings, record: AttachmentRecord, step: ForeignSegment): readonly Error[] {
  const {type, conf, where} = step;
  const {cniVersion} = record.config;
  const knowsResult = record.state === 'done' && record.result && compareVersions(cniVersion, '0.4.0') >= 0;
  try {
    const prevResult = knowsResult && record.result && resultToJson(record.result, checkVersion(cniVersion));
    const stdin = {...conf, ...(prevResult && {prevResult})};
    callLogged(settings, {type, command: 'DEL', conf: stdin, request: requestOf(settings, record), where});
    return [];
  } catch (error) {
    // In a version that it does not speak it can't have done anything either.
    return isKind(error, 'incompatibleVersion') ? [] : [asError(error)];
  }
}

/** With the netns as its caller named it, or else where we pinned it. */
function requestOf({stateDir}: Settings, record: AttachmentRecord): AttachmentRequest {
  const {network, containerId, ifName, salt, netns} = record;
  const path = [netns.path, pinPath(stateDir, containerId)].find(place => isStillAt(place, {...netns}));
  return {network, containerId, ifName, salt, netns: path ?? '', args: parseCniArgs(record.args)};
}

/** Gives the addresses back. */
export function giveBack(settings: Settings, record: AttachmentRecord): void {
  for (const directory of record.leases) release(settings, directory, record);
  if (!record.foreignIpam) return;
  const {ipam} = prepareChain(record.config, requestOf(settings, record), settings.dataDir);
  for (const plugin of ipam) plugin.del(ipamPorts(settings, () => undefined));
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function release(settings: Settings, directory: string, owner: Owner): void {
  const store = leasesIn(settings, directory);
  if (store.mayHold(owner)) store.locked(leases => leases.release(owner));
}

function detachUnlessAlive(settings: Settings, record: AttachmentRecord): Detached {
  if (isRunning(record)) return {record, outcome: 'kept', failures: []};
  const failures = detach(settings, record);
  return {record, outcome: failures.length > 0 ? 'failed' : 'detached', failures};
}
