// The end of a network: what its containers shared goes when nobody is attached any more, and only on request or when the
// ADD that set it up has failed. A bridge that stays costs nothing, and others may have come to rely on it.
import type {Kernel} from '../kernel/kernel.ts';
import {allHostLinks} from '../kernel/observe.ts';
import type {Op} from '../kernel/op.ts';
import {bootId} from '../kernel/process.ts';
import {allRecords, dropNetworkRecord, readNetworkRecord} from './record.ts';
import type {Settings} from './settings.ts';

/** Takes down what we set up for the network, if no attachment to it is recorded; returns what could not be done. The network's lock must be held alone. */
export function takeDownIfIdle(settings: Settings, network: string, kernel: Kernel): readonly Error[] {
  const record = readNetworkRecord(settings.stateDir, network);
  if (!record || allRecords(settings.stateDir).some(attachment => attachment.network === network)) return [];
  const failures = record.bootId === bootId() ? kernel.takeBack(withoutUsedBridges(kernel, record.undo)) : [];
  if (failures.length === 0) dropNetworkRecord(settings.stateDir, network);
  return failures;
}

/** A bridge that somebody else's link is a port of stays. */
function withoutUsedBridges(kernel: Kernel, ops: readonly Op[]): readonly Op[] {
  const links = allHostLinks(kernel);
  const isUsed = (name: string) => {
    const bridge = links.find(link => link.name === name);
    return bridge !== undefined && links.some(link => link.master === bridge.index);
  };
  return ops.filter(op => !(op.op === 'link.delete' && isUsed(op.name)));
}
