// The OCI hook: state on stdin, an exit code, one line on stderr when something is wrong. createRuntime runs in the host's
// namespaces while the container's process waits; poststop when it has ended and its netns is gone.
// This path loads neither oclif nor anything else that it can do without: it is on the way of every container's start.
import {readFileSync} from 'node:fs';
import {type Options, parseOptions} from './hook-options.ts';
import {setDeadline} from './kernel/deadline.ts';
import {closeNetns, isHostNetns} from './kernel/netns.ts';
import {mark, tracedPhases, writeTrace} from './kernel/trace.ts';
import type {Attached} from './runtime/attach.ts';
import {attachAll, planAll} from './runtime/attach-all.ts';
import {type Container, openContainer} from './runtime/container.ts';
import {whileAttaching} from './runtime/container-turn.ts';
import {type Detached, detachAll} from './runtime/detach.ts';
import {type LogEntry, log, setLogLevel} from './runtime/log.ts';
import {JoinedNetns} from './runtime/occupant.ts';
import {hasContainerDir} from './runtime/record.ts';
import {selectNetworks} from './runtime/select.ts';
import {defaultStateDir} from './runtime/settings.ts';
import {isListed, parsePermission, refuseForbidden} from './runtime/wishes/permission.ts';
import {dnsOff, type Wishes, wishesOf} from './runtime/wishes/wishes.ts';
import {CniError, reasonOf} from './spec/error.ts';
import type {JsonObject} from './spec/fields.ts';
import {isContainerId} from './spec/names.ts';
import {parseState, type State} from './spec/state.ts';

export type HookName = 'createRuntime' | 'prestart' | 'poststop';

/** One run of a hook: what was asked, and how to put a line into the log. */
interface Run {
  readonly hook: HookName;
  readonly options: Options;
  readonly state: State;
  readonly log: (level: LogEntry['level'], msg: string, more?: Partial<LogEntry>) => void;
}

/** Runs one hook and returns the exit code: 0, or 1 with the reason on stderr and in the log. */
export function runHook(hook: HookName, args: readonly string[]): number {
  mark('start');
  let run: Run | undefined;
  let id: string | undefined;
  try {
    const state = parseState(readFileSync(0, 'utf8'));
    id = state.id;
    let wrong: unknown;
    // What was attached is taken back whatever the settings have become.
    const tolerate = hook === 'poststop' ? (error: unknown) => (wrong = error) : undefined;
    const options = parseOptions(args, process.env, tolerate);
    const {stateDir, logLevel, timeout} = options.settings;
    setDeadline(timeout);
    setLogLevel(logLevel);
    run = {
      hook,
      options,
      state,
      log: (level, msg, more) => log(stateDir, {level, event: hook, id: state.id, msg, ...more}),
    };
    mark('parse');
    if (wrong !== undefined) doWithout(wrong, run);
    return hook === 'poststop' ? poststop(run) : createRuntime(run);
  } catch (error) {
    const reason = shortened(reasonOf(error));
    process.stderr.write(`cni-hook ${hook}: ${reason}\n`);
    if (run) run.log('error', reason);
    else if (id !== undefined) log(defaultStateDir(process.env), {level: 'error', event: hook, id, msg: reason});
    return 1;
  } finally {
    writeTrace(process.env.CNI_HOOK_TRACE);
  }
}

/** Settings that can't be read may say that the container's record is elsewhere. */
function doWithout(settings: unknown, {options, state, log: say}: Run): void {
  if (!isContainerId(state.id) || !hasContainerDir(options.settings.stateDir, state.id)) throw settings;
  say('warning', `done without settings: ${shortened(reasonOf(settings))}`);
}

// An annotation may be as long as its writer likes, and so what is said of it.
const longestReason = 2000;

const shortened = (reason: string): string =>
  reason.length > longestReason ? `${reason.slice(0, longestReason)}…` : reason;

function createRuntime(run: Run): number {
  const container = openContainer(run.state, 'creating');
  try {
    if (isHostNetns(container.netns)) {
      return leaveAlone(run, `container "${container.id}" has no network namespace of its own: left alone`);
    }
    return run.options.dryRun ? showPlan(run, container) : attachContainer(run, container);
  } catch (error) {
    if (error instanceof JoinedNetns) return leaveAlone(run, error.message);
    throw error;
  } finally {
    closeNetns(container.netns);
  }
}

function attachContainer(run: Run, container: Container): number {
  const {settings} = run.options;
  const wished = wishes(run);
  const selected = select(run);
  mark('load');
  const attached = whileAttaching(settings, container.id, () => attachAll(settings, container, selected, wished));
  for (const one of attached) logAttached(run, one);
  return 0;
}

function logAttached(run: Run, {record, result, commands}: Attached): void {
  const addresses = result.ips.map(({address}) => address).join(' ');
  const verb = commands.length === 0 ? 'already attached' : 'attached';
  run.log('info', `${verb} with ${addresses}`, {network: record.network, plan: commands, phases: tracedPhases()});
}

function showPlan(run: Run, container: Container): number {
  const wished = wishes(run);
  const lines = planAll(run.options.settings, container, select(run), wished);
  process.stdout.write(lines.map(line => `${line}\n`).join(''));
  return 0;
}

function poststop(run: Run): number {
  const {id} = run.state;
  // An id that we would have refused was never attached, and must not become a path.
  const detached = isContainerId(id) ? detachAll(run.options.settings, id) : [];
  for (const one of detached) logDetached(run, one);
  const reasons = detached.flatMap(({failures}) => failures.map(failure => reasonOf(failure)));
  if (reasons.length === 0) return 0;
  throw new CniError('kernelRefused', `${reasons.join('; ')}: what is left is recorded, run "cni-hook gc"`);
}

function logDetached(run: Run, {record, outcome}: Detached): void {
  const kept = `kept: pid ${record.process?.pid} of a newer container with this id is alive`;
  const msg = outcome === 'kept' ? kept : outcome;
  run.log('info', msg, {network: record.network, phases: tracedPhases()});
}

const select = ({options, state}: Run) => selectNetworks(options.settings.confDir, options.networks, state.annotations);

function wishes(run: Run): Wishes {
  const {options, state} = run;
  const wished = wishesOf(state.annotations);
  const allowed = options.settings.allow ? allowedOf(wished, options.settings.allow, run) : wished;
  return options.noDns ? {...allowed, dns: dnsOff} : allowed;
}

/** Throws `invalidConfig` for what annotations may not ask for. A network that a flag names is not the container's wish. */
function allowedOf(wished: Wishes, allow: JsonObject, {options, state}: Run): Wishes {
  const permission = parsePermission(allow);
  refuseForbidden(permission, options.networks.length === 0, state.annotations, wished);
  return {...wished, mayBeCalled: hostname => isListed(permission, 'hostname', hostname)};
}

function leaveAlone(run: Run, reason: string): number {
  process.stderr.write(`cni-hook ${run.hook}: ${reason}\n`);
  run.log(run.options.strict ? 'error' : 'info', reason);
  return run.options.strict ? 1 : 0;
}
