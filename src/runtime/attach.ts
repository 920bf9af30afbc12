// ADD, for one container and one network. The order is the promise: record, lease, record, kernel, record; whatever fails
// is taken back before the error goes up, and whoever dies on the way leaves a record that says what to take back.
import {checkDeadline, extendDeadline} from '../kernel/deadline.ts';
import type {Facts} from '../kernel/facts.ts';
import type {HeldLock} from '../kernel/flock.ts';
import {Kernel} from '../kernel/kernel.ts';
import type {Attachment} from '../kernel/names.ts';
import {isStillAt} from '../kernel/netns.ts';
import {findLinkIn} from '../kernel/observe.ts';
import type {Plan} from '../kernel/op.ts';
import {bootId, isAlive, mayChangeNetwork} from '../kernel/process.ts';
import {render} from '../kernel/render.ts';
import {requireTool} from '../kernel/tool.ts';
import {mark} from '../kernel/trace.ts';
import {undoOf} from '../kernel/undo.ts';
import type {AttachmentRequest, Planned} from '../plugins/plugin.ts';
import {formatCniArgs} from '../spec/cni-args.ts';
import {resultToJson} from '../spec/convert.ts';
import {CniError} from '../spec/error.ts';
import type {Network} from '../spec/network.ts';
import type {IpamResult, Result} from '../spec/result.ts';
import {checkVersion} from '../spec/version.ts';
import type {Chain, ForeignSegment} from './chain.ts';
import type {Container} from './container.ts';
import {detach} from './detach.ts';
import {readForeignResult} from './foreign-answer.ts';
import {goesWithLast} from './idle-rules.ts';
import {forget, keep} from './kept.ts';
import {takeLeases} from './lease.ts';
import {lockNetwork, lockPorts} from './network-lock.ts';
import {refuseTaken} from './occupant.ts';
import type {OwnSegment} from './own-segment.ts';
import {freePorts, nameHolders} from './port-holders.ts';
import {callLogged} from './ports.ts';
import {type AttachmentRecord, type ContainerNames, type Step, writeRecord} from './record.ts';
import type {Settings} from './settings.ts';
import {host, rememberShared} from './shared-undo.ts';
import {takeDownIfIdle} from './take-down.ts';

/** One attachment, parsed and checked, before anything is touched. */
export interface Prepared {
  readonly request: AttachmentRequest;
  /** The plugin that was called on its own; "" for a network's whole chain. */
  readonly plugin: string;
  /** The result of the plugin before this one, if somebody else runs the chain. */
  readonly previous: Result | undefined;
  readonly network: Network;
  readonly chain: Chain;
  readonly keepSeconds: number;
  readonly names: ContainerNames | undefined;
}

export interface Attached {
  readonly record: AttachmentRecord;
  readonly result: Result;
  /** What was done, as commands; empty if it had been done before. */
  readonly commands: readonly string[];
  /** True if it set up what the network's containers share, and what stays without them. */
  readonly setUp: boolean;
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

/** How a foreign plugin's part shows among the commands. */
export const commandOfForeign = ({type}: ForeignSegment): string => `# plugin "${type}" is called with ADD`;

/** Without the means nothing may be begun: they would be missing for taking it back as well. */
function checkMeans({shared}: Plan, network: string): void {
  if (!mayChangeNetwork()) {
    const reason = 'Operation not permitted: this needs root with CAP_NET_ADMIN';
    throw new CniError('kernelRefused', `cannot set up network "${network}": ${reason}`);
  }
  if (shared.some(({op}) => op === 'masquerade.set' || op === 'firewall.set' || op === 'ports.set')) requireTool('nft');
}

/** Whoever asks for a link makes the kernel take up its new state, which it else does at leisure: the port first, then the bridge. */
function settle(kernel: Kernel, {interfaces}: Result): void {
  for (const {name, sandbox} of interfaces.toReversed()) if (sandbox === undefined) findLinkIn(kernel, 'host', name);
}

class Transaction {
  readonly #settings: Settings;
  readonly #container: Container;
  readonly #prepared: Prepared;
  readonly #kernel: Kernel;
  readonly #attachment: Attachment;
  #lock: HeldLock | undefined;
  #hostLock: HeldLock | undefined;
  #portsLock: HeldLock | undefined;
  #record: AttachmentRecord | undefined;
  #setUp = false;

  constructor(settings: Settings, container: Container, prepared: Prepared, kernel: Kernel) {
    this.#settings = settings;
    this.#container = container;
    this.#prepared = prepared;
    this.#kernel = kernel;
    const {network, containerId, ifName} = prepared.request;
    this.#attachment = {network, containerId, ifName};
  }

  run(): Attached {
    const {chain, previous} = this.#prepared;
    this.#lock = lockNetwork(this.#settings.stateDir, this.#attachment.network, 'shared');
    const commands: string[] = [];
    let record = newRecord(this.#container, this.#prepared);
    let result = previous;
    for (const [i, segment] of chain.segments.entries()) {
      if (segment.kind === 'own') {
        const done = this.#runOwn(segment, i, record, result);
        ({record, result} = done);
        commands.push(...commandsOf(done.plan, this.#container));
      } else {
        record = this.#write(record);
        result = this.#runForeign(segment, result);
        commands.push(commandOfForeign(segment));
      }
      checkDeadline();
    }
    const whole = result ?? {interfaces: [], ips: [], routes: [], dns: {}};
    this.#checkAlive();
    const done = this.#write({...record, state: 'done', result: whole});
    const addresses = whole.ips.map(({address}) => address.split('/')[0] ?? '');
    if (done.keepSeconds > 0) keep(this.#settings, {...done, seconds: done.keepSeconds}, addresses);
    else forget(this.#settings, this.#attachment);
    return {record: done, result: whole, commands, setUp: this.#setUp};
  }

  takeBack(): void {
    this.#releaseHost();
    if (this.#record) detach(this.#settings, this.#record, this.#kernel);
    if (this.#setUp) takeDownIfIdle(this.#settings, this.#attachment.network, this.#kernel);
  }

  end(): void {
    this.#releaseHost();
    this.#releaseNetwork();
  }

  #releaseNetwork(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  #releaseHost(): void {
    this.#hostLock?.release();
    this.#hostLock = undefined;
    this.#portsLock?.release();
    this.#portsLock = undefined;
  }

  /** Plans and applies a run of ours, which is the chain's `i`th segment. */
  #runOwn(
    segment: OwnSegment,
    i: number,
    before: AttachmentRecord,
    previous: Result | undefined,
  ): {record: AttachmentRecord; result: Result; plan: Plan} {
    const facts = this.#observe(segment, previous);
    refuseTaken(this.#kernel, this.#attachment, segment.makes, facts);
    mark('observe');
    const leasing = this.#write({...before, leases: [...before.leases, ...segment.leaseDirectories]});
    mark('record');
    const leased = takeLeases(this.#settings, segment, this.#kernel);
    checkDeadline();
    mark('lease');
    const {planned, facts: latest} = this.#planAlone(segment, facts, leased, previous);
    const {plan, result} = planned;
    const step: Step = {kind: 'own', undo: undoOf(plan.own, latest)};
    const record = this.#write({...leasing, steps: leasing.steps.with(i, step), result});
    if (plan.shared.length > 0) {
      checkMeans(plan, this.#attachment.network);
      const undo = undoOf(plan.shared, latest);
      rememberShared(this.#settings.stateDir, this.#attachment.network, undo);
      this.#setUp ||= undo.some(op => !goesWithLast(op));
    }
    mark('plan');
    this.#kernel.apply([...plan.shared, ...plan.own]);
    settle(this.#kernel, result);
    this.#releaseHost();
    mark('apply');
    return {record, result, plan};
  }

  /** Ports that the dead hold are free when this returns. */
  #observe(segment: OwnSegment, previous: Result | undefined): Facts {
    const question = segment.questionAfter(previous);
    if (question.ports) this.#portsLock ??= lockPorts(this.#settings.stateDir);
    const facts = this.#kernel.observe(question, this.#attachment.network);
    const {ports} = facts;
    if (!ports || ports.taken.length === 0) return facts;
    if (freePorts(this.#settings, this.#kernel, this.#attachment, ports.taken)) return this.#observe(segment, previous);
    return {...facts, ports: {...ports, taken: nameHolders(this.#settings, ports.taken)}};
  }

  #runForeign({type, conf, where}: ForeignSegment, previous: Result | undefined): Result {
    const {request, network} = this.#prepared;
    const version = checkVersion(network.cniVersion);
    const prevResult = previous && resultToJson(previous, version);
    const stdin = {...conf, ...(prevResult && {prevResult})};
    // It may be this executable, and want to set up the same network. Our record keeps what is shared from being taken down.
    this.#releaseNetwork();
    const stdout = callLogged(this.#settings, {type, command: 'ADD', conf: stdin, request, where});
    this.#lock = lockNetwork(this.#settings.stateDir, this.#attachment.network, 'shared');
    mark(`plugin ${type}`);
    return readForeignResult(stdout, type, version);
  }

  /** The plan, made with the network to ourselves if it is to change what is shared: meanwhile somebody else may have done it. */
  #planAlone(
    segment: OwnSegment,
    facts: Facts,
    leased: readonly (IpamResult | undefined)[],
    previous: Result | undefined,
  ): {planned: Planned; facts: Facts} {
    const planned = segment.plan(facts, leased, previous);
    if (planned.plan.shared.length === 0) return {planned, facts};
    this.#releaseNetwork();
    this.#lock = lockNetwork(this.#settings.stateDir, this.#attachment.network, 'exclusive');
    this.#hostLock ??= lockNetwork(this.#settings.stateDir, host, 'exclusive');
    const latest = this.#kernel.observe(segment.questionAfter(previous), this.#attachment.network);
    return {planned: segment.plan(latest, leased, previous), facts: latest};
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
}

/** Foreign plugins stand in it from the start: after a failure each gets a DEL, also one that was not reached (SPEC.md). */
function newRecord(container: Container, prepared: Prepared): AttachmentRecord {
  const {request, plugin, network, chain, keepSeconds, names} = prepared;
  return {
    version: 1,
    network: request.network,
    containerId: request.containerId,
    ifName: request.ifName,
    plugin,
    state: 'planned',
    bootId: bootId(),
    process: container.process,
    netns: {path: request.netns, ...container.netns.identity},
    bundle: container.bundle,
    created: new Date().toISOString(),
    leases: [],
    steps: chain.segments.map(segment => (segment.kind === 'own' ? {kind: 'own', undo: []} : segment)),
    result: undefined,
    config: network,
    salt: request.salt,
    args: formatCniArgs(request.args),
    foreignIpam: chain.foreignIpam,
    keepSeconds,
    names,
  };
}
