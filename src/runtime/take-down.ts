// The end of a network: what its containers shared goes when nobody is attached any more, and only on request or when the
// ADD that set it up has failed. A bridge that stays costs nothing, and others may have come to rely on it.
import {Kernel} from '../kernel/kernel.ts';
import {allHostLinks} from '../kernel/observe.ts';
import type {Op} from '../kernel/op.ts';
import {isKind} from '../spec/error.ts';
import {lockNetwork, unlessPublishing} from './network-lock.ts';
import {allRecords, dropNetworkRecord, knownNetworks, readNetworkRecord, writeNetworkRecord} from './record.ts';
import type {Settings} from './settings.ts';
import {host, undoOf} from './shared-undo.ts';

/**
 * Takes down what we set up for the network, if no attachment to it is recorded; with the last network, forwarding goes
 * back to what it was. Returns what could not be done. The network's lock must be held alone, and the host's not.
 */
export function takeDownIfIdle(settings: Settings, network: string, kernel: Kernel): readonly Error[] {
  const {stateDir} = settings;
  const record = readNetworkRecord(stateDir, network);
  if (!record) return [];
  if (allRecords(stateDir).some(attachment => attachment.network === network)) return [];
  const {free, used} = byUse(kernel, undoOf(stateDir, network));
  const failures = kernel.takeBack(free);
  if (failures.length > 0) return failures;
  if (used.length > 0) {
    writeNetworkRecord(stateDir, {...record, undo: used});
    return [];
  }
  dropNetworkRecord(stateDir, network);
  return takeHostBack(settings, kernel);
}

/** True if all that is left of the network is a bridge which somebody else's link is a port of. */
export function isUsedByOthers({stateDir}: Settings, network: string, kernel: Kernel): boolean {
  const {free, used} = byUse(kernel, undoOf(stateDir, network));
  return used.length > 0 && free.length === 0;
}

/** The same with locks and a socket of its own; what can't be done now is left to gc. */
export function takeDownAlone(settings: Settings, network: string): void {
  const kernel = new Kernel();
  try {
    const lock = lockNetwork(settings.stateDir, network, 'exclusive');
    try {
      takeDownIfIdle(settings, network, kernel);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!isKind(error, 'tryAgainLater')) throw error;
  } finally {
    kernel.close();
  }
}

/** True if the host is still changed for networks of which there is none any more: whoever took down the last one died. */
export const isHostLeftOver = ({stateDir}: Settings): boolean =>
  readNetworkRecord(stateDir, host) !== undefined &&
  knownNetworks(stateDir).length === 0 &&
  allRecords(stateDir).length === 0;

/** Puts back what was changed on the host for any network, if there is none any more. */
export function takeHostBack(settings: Settings, kernel: Kernel): readonly Error[] {
  const {stateDir} = settings;
  const lock = lockNetwork(stateDir, host, 'exclusive');
  try {
    return unlessPublishing(stateDir, () => {
      if (!isHostLeftOver(settings)) return [];
      const failures = kernel.takeBack(undoOf(stateDir, host));
      if (failures.length === 0) dropNetworkRecord(stateDir, host);
      return failures;
    });
  } finally {
    lock.release();
  }
}

/** A bridge that somebody else's link is a port of stays, until that has gone; the gateway's port of a VLAN goes before it. */
function byUse(kernel: Kernel, ops: readonly Op[]): {readonly free: readonly Op[]; readonly used: readonly Op[]} {
  const going = ops.flatMap(op => (op.op === 'link.delete' ? [op.name] : []));
  const links = allHostLinks(kernel).filter(({name, kind}) => kind === 'bridge' || !going.includes(name));
  const isUsed = (op: Op) => {
    const bridge = op.op === 'link.delete' ? links.find(({name}) => name === op.name) : undefined;
    return bridge !== undefined && links.some(({master}) => master === bridge.index);
  };
  return {free: ops.filter(op => !isUsed(op)), used: ops.filter(op => isUsed(op))};
}
