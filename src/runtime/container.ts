// A container that is being started: its first process waits, its netns is open.
import {closeNetns, netnsPathOf, type OpenNetns, openNetns} from '../kernel/netns.ts';
import {identifyProcess, type ProcessIdentity} from '../kernel/process.ts';
import {CniError} from '../spec/error.ts';
import {checkContainerId} from '../spec/names.ts';
import type {State} from '../spec/state.ts';

export interface Container {
  readonly id: string;
  /** Undefined if the caller named a netns and no process. */
  readonly process: ProcessIdentity | undefined;
  readonly netns: OpenNetns;
  readonly bundle: string;
  /** While it is created its process has not entered its root yet. */
  readonly stage: 'creating' | 'running';
}

/**
 * Opens the container that the state tells of; the caller closes its netns.
 * The process is looked at before and after, so that netns and process belong together.
 * Throws `invalidEnvironment` for its id, `unknownContainer` if its process has ended.
 */
export function openContainer({id, pid, bundle}: State, stage: Container['stage']): Container {
  checkContainerId(id);
  if (pid === undefined) {
    const where = 'is this hook under "createRuntime" or "prestart"?';
    throw new CniError('unknownContainer', `the OCI state of container "${id}" has no pid: ${where}`);
  }
  const process = identifyProcess(pid);
  const netns = process && openNetns(netnsPathOf(pid));
  if (process && netns && identifyProcess(pid)?.startTime === process.startTime)
    return {id, process, netns, bundle, stage};
  if (netns) closeNetns(netns);
  throw new CniError('unknownContainer', `container "${id}": process ${pid} has ended`);
}
