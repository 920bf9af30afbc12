// Puts back what somebody flushed or deleted under living containers: the same addresses, the same MACs, and nothing done
// to the containers' processes. The plan of each attachment is made again from its record and held against the kernel.
import {Kernel} from '../kernel/kernel.ts';
import {closeNetns, type OpenNetns, openNetns} from '../kernel/netns.ts';
import type {Known} from '../kernel/observe.ts';
import type {Op} from '../kernel/op.ts';
import {render} from '../kernel/render.ts';
import {parseCniArgs} from '../spec/cni-args.ts';
import {reasonOf} from '../spec/error.ts';
import {prepareChain} from './chain.ts';
import {judgeRecord} from './liveness.ts';
import {log} from './log.ts';
import {lockNetwork} from './network-lock.ts';
import {type AttachmentRecord, allRecords} from './record.ts';
import type {Settings} from './settings.ts';
import {thoroughLook} from './signs.ts';

export interface Mended {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  /** What was not as it should be. */
  readonly fault: string;
  /** What mends it, as commands; empty where nothing can but a new start of the container. */
  readonly commands: readonly string[];
  readonly outcome: 'found' | 'mended' | 'failed';
  readonly reason?: string;
}

/** Yields each fault of each living attachment as it is dealt with. `dryRun` finds only. */
export function* repair(
  settings: Settings,
  options: {readonly network?: string | undefined; readonly dryRun: boolean},
): Generator<Mended> {
  const kernel = new Kernel();
  const look = thoroughLook(kernel, settings.stateDir);
  // Until something is mended, what all attachments share is read for the first of them only.
  const known: Known = new Map();
  try {
    for (const record of allRecords(settings.stateDir)) {
      if (options.network !== undefined && record.network !== options.network) continue;
      if (record.state !== 'done' || !record.result || judgeRecord(record, look(record)) !== 'alive') continue;
      yield* repairAttachment(settings, record, kernel, known, options.dryRun);
    }
  } finally {
    kernel.close();
  }
}

/** The network is locked alone, so that no ADD sets up at the same time what is mended here. */
function* repairAttachment(
  settings: Settings,
  record: AttachmentRecord,
  host: Kernel,
  known: Known,
  dryRun: boolean,
): Generator<Mended> {
  const {network, containerId, ifName} = record;
  const lock = lockNetwork(settings.stateDir, network, 'exclusive');
  let netns: OpenNetns | undefined;
  try {
    netns = openNetns(record.netns.path);
    if (netns.identity.inode !== record.netns.inode) return;
    yield* mendAll(settings, record, new Kernel(netns, host), known, dryRun);
  } catch (error) {
    yield {network, containerId, ifName, fault: reasonOf(error), commands: [], outcome: dryRun ? 'found' : 'failed'};
  } finally {
    if (netns) closeNetns(netns);
    lock.release();
  }
}

function* mendAll(
  settings: Settings,
  record: AttachmentRecord,
  kernel: Kernel,
  known: Known,
  dryRun: boolean,
): Generator<Mended> {
  const {network, containerId, ifName, result, salt, config} = record;
  if (!result) return;
  try {
    const request = {network, containerId, ifName, netns: record.netns.path, salt, args: parseCniArgs(record.args)};
    const chain = prepareChain(config, request, settings.dataDir);
    const facts = kernel.observe(chain.checkQuestion(result), network, known);
    for (const {what, mend} of chain.check(facts, result)) {
      const found = {network, containerId, ifName, fault: what, commands: render(mend, record.netns.path)};
      const done = dryRun ? {outcome: 'found' as const} : attempt(kernel, mend);
      if (!dryRun) {
        known.clear();
        logMended(settings, record, what, done.outcome);
      }
      yield {...found, ...done};
    }
  } finally {
    kernel.close();
  }
}

function attempt(kernel: Kernel, mend: readonly Op[]): Pick<Mended, 'outcome' | 'reason'> {
  if (mend.length === 0) return {outcome: 'failed', reason: 'start the container again'};
  try {
    kernel.apply(mend);
    return {outcome: 'mended'};
  } catch (error) {
    return {outcome: 'failed', reason: reasonOf(error)};
  }
}

function logMended(
  {stateDir}: Settings,
  {network, containerId}: AttachmentRecord,
  what: string,
  outcome: string,
): void {
  const level = outcome === 'failed' ? 'error' : 'info';
  log(stateDir, {level, event: 'repair', id: containerId, network, msg: `${outcome}: ${what}`});
}
