// How what is shared is taken back, remembered outside of any attachment: the bridge, its addresses and the rules with their
// network, forwarding with the host, because other networks rely on it too.

import type {Op} from '../kernel/op.ts';
import {bootId} from '../kernel/process.ts';
import {readNetworkRecord, writeNetworkRecord} from './record.ts';

/** The name under which the host's own record and lock go. */
export const host = '';

const isHosts = (op: Op): boolean => op.op === 'sysctl.set' || op.op === 'ports.set';

/** Remembers the inverse of what is about to be changed. The network's lock and the host's must be held alone. */
export function rememberShared(stateDir: string, network: string, undo: readonly Op[]): void {
  remember(
    stateDir,
    network,
    undo.filter(op => !isHosts(op)),
  );
  const known = undoOf(stateDir, host);
  const isKnown = (op: Op) => known.some(old => old.op === op.op && keyOf(old) === keyOf(op));
  // What it was before we first changed it is what counts.
  const fresh = undo.filter(op => isHosts(op) && !isKnown(op));
  if (fresh.length > 0) remember(stateDir, host, fresh);
}

/** Which of the host's things it is, besides what it does to it. */
const keyOf = (op: Op): string => (op.op === 'sysctl.set' ? op.key : '');

/** What takes the network's part back, or the host's, if it is of this boot: in the order in which to apply it. */
export function undoOf(stateDir: string, network: string): readonly Op[] {
  const record = readNetworkRecord(stateDir, network);
  return record?.bootId === bootId() ? record.undo : [];
}

/** The newest is undone first. */
function remember(stateDir: string, network: string, undo: readonly Op[]): void {
  writeNetworkRecord(stateDir, {version: 1, network, bootId: bootId(), undo: [...undo, ...undoOf(stateDir, network)]});
}
