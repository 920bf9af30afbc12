// The OCI hook: state on stdin, an exit code, one line on stderr when something is wrong. createRuntime runs in the host's
// namespaces while the container's process waits; poststop when it has ended and its netns is gone.
// This path loads neither oclif nor anything else that it can do without: it is on the way of every container's start.
import {readFileSync} from 'node:fs';
import {type Options, parseOptions} from './hook-options.ts';
import {setDeadline} from './kernel/deadline.ts';
import {closeNetns, isHostNetns, netnsPathOf, openNetns} from './kernel/netns.ts';
import {identifyProcess} from './kernel/process.ts';
import type {Container} from './runtime/attach.ts';
import {attachAll, planAll} from './runtime/attach-all.ts';
import {withContainerLock} from './runtime/container-lock.ts';
import {detachAll} from './runtime/detach.ts';
import {log} from './runtime/log.ts';
import {JoinedNetns} from './runtime/occupant.ts';
import {dropContainerDir} from './runtime/record.ts';
import {selectNetworks} from './runtime/select.ts';
import type {Settings} from './runtime/settings.ts';
import {CniError, reasonOf} from './spec/error.ts';
import {checkContainerId, isContainerId} from './spec/names.ts';
import {parseState, type State} from './spec/state.ts';

export const hookNames = ['createRuntime', 'prestart', 'poststop'] as const;
export type HookName = (typeof hookNames)[number];

/** Runs one hook and returns the exit code: 0, or 1 with the reason on stderr and in the log. */
export function runHook(name: HookName, args: readonly string[]): number {
  let place: {readonly stateDir: string; readonly id: string} | undefined;
  try {
    const state = parseState(readFileSync(0, 'utf8'));
    const options = parseOptions(args, process.env);
    setDeadline(options.timeout);
    place = {stateDir: options.settings.stateDir, id: state.id};
    return name === 'poststop' ? poststop(options, state) : createRuntime(name, options, state);
  } catch (error) {
    const msg = reasonOf(error);
    process.stderr.write(`cni-hook ${name}: ${msg}\n`);
    if (place) log(place.stateDir, {level: 'error', event: name, id: place.id, msg});
    return 1;
  }
}

function createRuntime(event: HookName, options: Options, state: State): number {
  const {settings} = options;
  const container = openContainer(state);
  try {
    if (isHostNetns(container.netns))
      return leaveAlone(
        event,
        options,
        container.id,
        `container "${container.id}" has no network namespace of its own: left alone`,
      );
    const selected = selectNetworks(settings.confDir, options.networks, state.annotations);
    if (options.dryRun) {
      process.stdout.write(
        planAll(settings, container, selected)
          .map(line => `${line}\n`)
          .join(''),
      );
      return 0;
    }
    const started = performance.now();
    const attached = attachUnderLock(settings, container, selected, state.annotations);
    for (const [i, {commands, result}] of attached.entries()) {
      const network = selected[i]?.network.name ?? '';
      const addresses = result.ips.map(ip => ip.address).join(' ');
      const msg = commands.length === 0 ? `already attached with ${addresses}` : `attached with ${addresses}`;
      log(settings.stateDir, {
        level: 'info',
        event,
        id: container.id,
        network,
        msg,
        plan: commands,
        ms: millisecondsSince(started),
      });
    }
    return 0;
  } catch (error) {
    if (error instanceof JoinedNetns) return leaveAlone(event, options, container.id, error.message);
    throw error;
  } finally {
    closeNetns(container.netns);
  }
}

function poststop({settings}: Options, {id}: State): number {
  // An id that we would have refused was never attached, and must not become a path.
  if (!isContainerId(id)) return 0;
  const started = performance.now();
  const detached = detachAll(settings, id);
  for (const {record, outcome} of detached) {
    const msg =
      outcome === 'kept' ? `kept: pid ${record.process?.pid} of a newer container with this id is alive` : outcome;
    log(settings.stateDir, {
      level: 'info',
      event: 'poststop',
      id,
      network: record.network,
      msg,
      ms: millisecondsSince(started),
    });
  }
  const reasons = detached.flatMap(({failures}) => failures.map(failure => reasonOf(failure)));
  if (reasons.length > 0)
    throw new CniError('kernelRefused', `${reasons.join('; ')}: what is left is recorded, run "cni-hook gc"`);
  return 0;
}

function attachUnderLock(
  settings: Settings,
  container: Container,
  ...request: [ReturnType<typeof selectNetworks>, State['annotations']]
): ReturnType<typeof attachAll> {
  return withContainerLock(settings.stateDir, container.id, () => {
    try {
      return attachAll(settings, container, ...request);
    } catch (error) {
      dropContainerDir(settings.stateDir, container.id);
      throw error;
    }
  });
}

/** The process is looked at before and after its netns is opened, so that both belong to the same process. */
function openContainer({id, pid, bundle}: State): Container {
  checkContainerId(id);
  if (pid === undefined)
    throw new CniError(
      'unknownContainer',
      `the OCI state of container "${id}" has no pid: is this hook under "createRuntime" or "prestart"?`,
    );
  const process = identifyProcess(pid);
  if (!process) throw new CniError('unknownContainer', `container "${id}": process ${pid} has ended`);
  const netns = openNetns(netnsPathOf(pid));
  if (identifyProcess(pid)?.startTime !== process.startTime) {
    closeNetns(netns);
    throw new CniError('unknownContainer', `container "${id}": process ${pid} has ended`);
  }
  return {id, process, netns, bundle};
}

function leaveAlone(event: HookName, {strict, settings}: Options, id: string, msg: string): number {
  process.stderr.write(`cni-hook ${event}: ${msg}\n`);
  log(settings.stateDir, {level: strict ? 'error' : 'info', event, id, msg});
  return strict ? 1 : 0;
}

const millisecondsSince = (start: number): number => Math.round((performance.now() - start) * 100) / 100;
