// ADD, for one container and one network. The order is the promise: record, lease, record, kernel, record; whatever fails
// is taken back before the error goes up, and whoever dies on the way leaves a record that says what to take back.
import {randomBytes} from 'node:crypto';
import type {Facts} from '../kernel/facts.ts';
import type {HeldLock} from '../kernel/flock.ts';
import {Kernel} from '../kernel/kernel.ts';
import type {Attachment} from '../kernel/names.ts';
import type {OpenNetns} from '../kernel/netns.ts';
import type {Plan} from '../kernel/op.ts';
import {bootId, isAlive, type ProcessIdentity} from '../kernel/process.ts';
import {render} from '../kernel/render.ts';
import {undoOf} from '../kernel/undo.ts';
import type {Planned} from '../plugins/plugin.ts';
import {CniError} from '../spec/error.ts';
import type {IpamResult, Result} from '../spec/result.ts';
import {type Chain, prepareChain} from './chain.ts';
import {detach} from './detach.ts';
import {lockNetwork} from './network-lock.ts';
import {refuseTaken} from './occupant.ts';
import {dryIpamPorts, ipamPorts} from './ports.ts';
import {type AttachmentRecord, readNetworkRecord, recordsOf, writeNetworkRecord, writeRecord} from './record.ts';
import type {Selected} from './select.ts';
import type {Settings} from './settings.ts';
import {takeDownIfIdle} from './take-down.ts';

/** A container that is being started: its first process waits, its netns is open. */
export interface Container {
  readonly id: string;
  readonly process: ProcessIdentity;
  readonly netns: OpenNetns;
  readonly bundle: string;
}

export interface Attached {
  readonly result: Result;
  /** What was done, as commands; empty if it had been done before. */
  readonly commands: readonly string[];
}

/**
 * Attaches the container to all of the networks or to none. The container's lock must be held.
 * Asked again for an attachment that stands, it answers the recorded result.
 */
export function attachAll(
  settings: Settings,
  container: Container,
  selected: readonly Selected[],
): readonly Attached[] {
  clearDead(settings, container);
  const chains = selected.map(item => prepare(settings, container, item));
  const done: AttachmentRecord[] = [];
  try {
    return chains.map(item => {
      const {attached, record} = attachOrRecall(settings, container, item);
      done.push(record);
      return attached;
    });
  } catch (error) {
    for (const record of done.reverse()) detach(settings, record);
    throw error;
  }
}

/** The commands that attachAll would run now, without leasing or touching anything. */
export function planAll(settings: Settings, container: Container, selected: readonly Selected[]): readonly string[] {
  return selected.flatMap(item => {
    const {chain, attachment} = prepare(settings, container, item);
    const kernel = new Kernel(container.netns);
    try {
      const facts = kernel.observe(chain.question, attachment.network);
      const {plan} = chain.plan(facts, chain.lease(dryIpamPorts(settings)));
      return commandsOf(plan, container);
    } finally {
      kernel.close();
    }
  });
}

interface Prepared {
  readonly attachment: Attachment;
  readonly chain: Chain;
}

function prepare(settings: Settings, container: Container, {network, ifName}: Selected): Prepared {
  const attachment = {network: network.name, containerId: container.id, ifName};
  const request = {...attachment, netns: container.netns.path, salt: randomBytes(8).toString('hex')};
  return {attachment, chain: prepareChain(network, request, settings.dataDir)};
}

/** Takes back what an earlier container with this id has left: its poststop may come later, or never. */
function clearDead(settings: Settings, container: Container): void {
  for (const record of recordsOf(settings.stateDir, container.id)) {
    if (isLive(record)) continue;
    const [failure] = detach(settings, record);
    if (failure) throw failure;
  }
}

function attachOrRecall(
  settings: Settings,
  container: Container,
  prepared: Prepared,
): {attached: Attached; record: AttachmentRecord} {
  const {network, ifName} = prepared.attachment;
  const record = recordsOf(settings.stateDir, container.id).find(
    old => old.network === network && old.ifName === ifName,
  );
  if (!record) return attach(settings, container, prepared);
  const {pid, startTime} = record.process;
  if (pid !== container.process.pid || startTime !== container.process.startTime) {
    throw new CniError(
      'attachmentExists',
      `container "${container.id}" is attached to "${network}" as "${ifName}" already, with pid ${pid}, which is alive: use another id`,
    );
  }
  if (record.state === 'done' && record.result) return {attached: {result: record.result, commands: []}, record};
  const [failure] = detach(settings, record);
  if (failure) throw failure;
  return attach(settings, container, prepared);
}

function attach(
  settings: Settings,
  container: Container,
  {attachment, chain}: Prepared,
): {attached: Attached; record: AttachmentRecord} {
  const {stateDir} = settings;
  const kernel = new Kernel(container.netns);
  let lock: HeldLock | undefined;
  let record: AttachmentRecord | undefined;
  let setUp = false;
  try {
    lock = lockNetwork(stateDir, attachment.network, 'shared');
    let facts = kernel.observe(chain.question, attachment.network);
    refuseTaken(kernel, attachment, facts);
    record = newRecord(container, attachment, chain);
    writeRecord(stateDir, record);
    const leased = chain.lease(ipamPorts(settings));
    let planned = chain.plan(facts, leased);
    if (planned.plan.shared.length > 0) {
      lock.release();
      lock = lockNetwork(stateDir, attachment.network, 'exclusive');
      ({facts, planned} = observeAgain(kernel, chain, attachment, leased));
    }
    record = {...record, undo: undoOf(planned.plan.own, facts), result: planned.result};
    writeRecord(stateDir, record);
    setUp = planned.plan.shared.length > 0;
    if (setUp) rememberShared(stateDir, attachment.network, planned.plan, facts);
    kernel.apply([...planned.plan.shared, ...planned.plan.own]);
    if (!isAlive(container.process))
      throw new CniError('unknownContainer', `container "${container.id}" ended while it was being attached`);
    record = {...record, state: 'done'};
    writeRecord(stateDir, record);
    return {attached: {result: planned.result, commands: commandsOf(planned.plan, container)}, record};
  } catch (error) {
    if (record) detach(settings, record, kernel);
    if (setUp) takeDownIfIdle(settings, attachment.network, kernel);
    throw error;
  } finally {
    lock?.release();
    kernel.close();
  }
}

/** Between the shared and the exclusive lock somebody else may have done it. */
function observeAgain(
  kernel: Kernel,
  chain: Chain,
  {network}: Attachment,
  leased: readonly (IpamResult | undefined)[],
): {facts: Facts; planned: Planned} {
  const facts = kernel.observe(chain.question, network);
  return {facts, planned: chain.plan(facts, leased)};
}

/** What is shared outlives this attachment, so how to take it back is remembered with the network: the newest first. */
function rememberShared(stateDir: string, network: string, plan: Plan, facts: Facts): void {
  const before = readNetworkRecord(stateDir, network)?.undo ?? [];
  writeNetworkRecord(stateDir, {
    version: 1,
    network,
    bootId: bootId(),
    undo: [...undoOf(plan.shared, facts), ...before],
  });
}

function newRecord(container: Container, attachment: Attachment, chain: Chain): AttachmentRecord {
  const {path, identity} = container.netns;
  return {
    version: 1,
    ...attachment,
    state: 'planned',
    bootId: bootId(),
    process: container.process,
    netns: {path, ...identity},
    bundle: container.bundle,
    created: new Date().toISOString(),
    leases: chain.leaseDirectories,
    undo: [],
    result: undefined,
  };
}

const isLive = (record: AttachmentRecord): boolean => record.bootId === bootId() && isAlive(record.process);

const commandsOf = (plan: Plan, container: Container): readonly string[] =>
  render([...plan.shared, ...plan.own], container.netns.path);
