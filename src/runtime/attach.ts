// ADD, for one container and one network. The order is the promise: record, lease, record, kernel, record; whatever fails
// is taken back before the error goes up, and whoever dies on the way leaves a record that says what to take back.
import {checkDeadline, extendDeadline} from '../kernel/deadline.ts';
import type {Facts} from '../kernel/facts.ts';
import type {HeldLock} from '../kernel/flock.ts';
import {Kernel} from '../kernel/kernel.ts';
import type {Attachment} from '../kernel/names.ts';
import {isStillAt} from '../kernel/netns.ts';
import type {Plan} from '../kernel/op.ts';
import {bootId, isAlive} from '../kernel/process.ts';
import {render} from '../kernel/render.ts';
import {mark} from '../kernel/trace.ts';
import {undoOf} from '../kernel/undo.ts';
import type {Planned} from '../plugins/plugin.ts';
import {type CniArgs, formatCniArgs} from '../spec/cni-args.ts';
import {CniError} from '../spec/error.ts';
import type {Network} from '../spec/network.ts';
import type {IpamResult, Result} from '../spec/result.ts';
import type {Chain} from './chain.ts';
import type {Container} from './container.ts';
import {detach} from './detach.ts';
import {forget} from './kept.ts';
import {takeLeases} from './lease.ts';
import {lockNetwork} from './network-lock.ts';
import {refuseTaken} from './occupant.ts';
import {type AttachmentRecord, readNetworkRecord, writeNetworkRecord, writeRecord} from './record.ts';
import type {Settings} from './settings.ts';
import {takeDownIfIdle} from './take-down.ts';

/** One attachment, parsed and checked, before anything is touched. */
export interface Prepared {
  readonly attachment: Attachment;
  /** The plugin that was called on its own; "" for a network's whole chain. */
  readonly plugin: string;
  /** The result of the plugin before this one, if somebody else runs the chain. */
  readonly previous: Result | undefined;
  readonly network: Network;
  readonly chain: Chain;
  readonly salt: string;
  readonly args: CniArgs;
  readonly keepSeconds: number;
}

export interface Attached {
  readonly record: AttachmentRecord;
  readonly result: Result;
  /** What was done, as commands; empty if it had been done before. */
  readonly commands: readonly string[];
}

// What taking back may last when the time was up already.
const secondsForRollback = 3;

/** Attaches, or leaves the host as it was and throws. The container's lock must be held. */
export function attach(settings: Settings, container: Container, prepared: Prepared): Attached {
  const kernel = new Kernel(container.netns);
  const transaction = new Transaction(settings, container, prepared, kernel);
  try {
    return transaction.run();
  } catch (error) {
    extendDeadline(secondsForRollback);
    transaction.takeBack();
    throw error;
  } finally {
    transaction.end();
    kernel.close();
  }
}

export const commandsOf = (plan: Plan, container: Container): readonly string[] =>
  render([...plan.shared, ...plan.own], container.netns.path);

class Transaction {
  readonly #settings: Settings;
  readonly #container: Container;
  readonly #prepared: Prepared;
  readonly #kernel: Kernel;
  #lock: HeldLock | undefined;
  #record: AttachmentRecord | undefined;
  #setUp = false;

  constructor(settings: Settings, container: Container, prepared: Prepared, kernel: Kernel) {
    this.#settings = settings;
    this.#container = container;
    this.#prepared = prepared;
    this.#kernel = kernel;
  }

  run(): Attached {
    const {attachment, chain} = this.#prepared;
    this.#lock = lockNetwork(this.#settings.stateDir, attachment.network, 'shared');
    const facts = this.#kernel.observe(chain.question, attachment.network);
    refuseTaken(this.#kernel, attachment, facts);
    mark('observe');
    this.#write(this.#newRecord());
    mark('record');
    const leased = takeLeases(this.#settings, chain, this.#kernel);
    checkDeadline();
    mark('lease');
    const {planned, facts: latest} = this.#planAlone(facts, leased);
    const {plan, result} = planned;
    const record = this.#write({...this.#newRecord(), undo: undoOf(plan.own, latest), result});
    if (plan.shared.length > 0) this.#rememberShared(plan, latest);
    mark('plan');
    this.#kernel.apply([...plan.shared, ...plan.own]);
    mark('apply');
    checkDeadline();
    this.#checkAlive();
    if (record.keepSeconds === 0) forget(this.#settings, attachment);
    return {record: this.#write({...record, state: 'done'}), result, commands: commandsOf(plan, this.#container)};
  }

  takeBack(): void {
    if (this.#record) detach(this.#settings, this.#record, this.#kernel);
    if (this.#setUp) takeDownIfIdle(this.#settings, this.#prepared.attachment.network, this.#kernel);
  }

  end(): void {
    this.#lock?.release();
  }

  /** The plan, made with the network to ourselves if it is to change what is shared: meanwhile somebody else may have done it. */
  #planAlone(facts: Facts, leased: readonly (IpamResult | undefined)[]): {planned: Planned; facts: Facts} {
    const {attachment, chain, previous} = this.#prepared;
    const planned = chain.plan(facts, leased, previous);
    if (planned.plan.shared.length === 0) return {planned, facts};
    this.#lock?.release();
    this.#lock = lockNetwork(this.#settings.stateDir, attachment.network, 'exclusive');
    const latest = this.#kernel.observe(chain.question, attachment.network);
    return {planned: chain.plan(latest, leased, previous), facts: latest};
  }

  /** What is shared outlives this attachment, so how to take it back is remembered with the network: the newest first. */
  #rememberShared(plan: Plan, facts: Facts): void {
    const {network} = this.#prepared.attachment;
    const {stateDir} = this.#settings;
    const before = readNetworkRecord(stateDir, network);
    const older = before?.bootId === bootId() ? before.undo : [];
    writeNetworkRecord(stateDir, {
      version: 1,
      network,
      bootId: bootId(),
      undo: [...undoOf(plan.shared, facts), ...older],
    });
    this.#setUp = true;
  }

  #checkAlive(): void {
    const {process, netns} = this.#container;
    if (process ? isAlive(process) : isStillAt(netns.path, netns.identity)) return;
    throw new CniError('unknownContainer', `container "${this.#container.id}" ended while it was being attached`);
  }

  #write(record: AttachmentRecord): AttachmentRecord {
    writeRecord(this.#settings.stateDir, record);
    this.#record = record;
    return record;
  }

  #newRecord(): AttachmentRecord {
    const {attachment, plugin, network, chain, salt, args, keepSeconds} = this.#prepared;
    const {path, identity} = this.#container.netns;
    return {
      version: 1,
      ...attachment,
      plugin,
      state: 'planned',
      bootId: bootId(),
      process: this.#container.process,
      netns: {path, ...identity},
      bundle: this.#container.bundle,
      created: new Date().toISOString(),
      leases: chain.leaseDirectories,
      undo: [],
      result: undefined,
      config: network,
      salt,
      args: formatCniArgs(args),
      foreignIpam: chain.foreignIpam,
      keepSeconds,
    };
  }
}
