// Rules that do nothing when no container is left: those for published ports, with the leave to reach them by 127.0.0.1, and
// the networks' places in the firewalls of the host. They go with the last container. Bridges, addresses and masquerading
// stay until somebody asks (take-down.ts): others may have come to rely on them, and masquerading lets nobody in.
import type {Link} from '../kernel/facts.ts';
import {Kernel} from '../kernel/kernel.ts';
import {isOurs, parseVethAlias} from '../kernel/names.ts';
import {readOrNothing} from '../kernel/netns.ts';
import {allHostLinks} from '../kernel/observe.ts';
import type {Op, SetSysctl} from '../kernel/op.ts';
import {elementsByHolder} from '../kernel/ports/holders.ts';
import {localnetKey} from '../kernel/ports/port.ts';
import {reasonOf} from '../spec/error.ts';
import {log} from './log.ts';
import {lockNetwork, unlessBusy, unlessPublishing} from './network-lock.ts';
import {
  dropContainersDir,
  dropNetworkRecord,
  hasContainers,
  knownNetworks,
  readNetworkRecord,
  writeNetworkRecord,
} from './record.ts';
import type {Settings} from './settings.ts';
import {host, undoOf} from './shared-undo.ts';

/** To be called when a container has gone, without its lock. Never fails: what is left is logged, and gc finds it. */
export function endWithLast(settings: Settings): void {
  if (!dropContainersDir(settings.stateDir) || !hasRules(settings)) return;
  for (const failure of takeIdleRules(settings)) {
    const msg = `cannot take back what the last container leaves: ${reasonOf(failure)}`;
    log(settings.stateDir, {level: 'warning', event: 'gc', id: '', msg});
  }
}

/** True if there are such rules, and nobody uses them whose record was lost. */
export const areRulesIdle = (settings: Settings, kernel: Kernel): boolean =>
  hasRules(settings) && !isStillUsed(settings, kernel);

const hasRules = ({stateDir}: Settings): boolean =>
  [host, ...knownNetworks(stateDir)].some(name => undoOf(stateDir, name).some(goesWithLast));

/** Takes them back if there is no container, and returns what could not be done. Whoever is just attaching one keeps them. */
export function takeIdleRules(settings: Settings): readonly Error[] {
  dropContainersDir(settings.stateDir);
  const kernel = new Kernel();
  try {
    if (!areRulesIdle(settings, kernel)) return [];
    return [host, ...knownNetworks(settings.stateDir)].flatMap(name => takeFrom(settings, name, kernel));
  } catch (error) {
    return [error instanceof Error ? error : new Error(String(error))];
  } finally {
    kernel.close();
  }
}

const isLocalnet = (op: Op): op is SetSysctl => op.op === 'sysctl.set' && op.key.endsWith('/route_localnet');

/** True for an operation that takes such a rule back. */
export const goesWithLast = (op: Op): boolean => op.op === 'ports.set' || op.op === 'firewall.clear' || isLocalnet(op);

/** True if a container lives of which no record tells, or somebody else's is on a bridge that 127.0.0.1 leads out by. */
function isStillUsed({stateDir}: Settings, kernel: Kernel): boolean {
  const links = allHostLinks(kernel);
  if (links.some(({alias}) => parseVethAlias(alias) !== undefined)) return true;
  const opened = new Set(closeLocalnet(stateDir, links).map(({key}) => key));
  const bridges = links.filter(({name}) => opened.has(localnetKey(name))).map(({index}) => index);
  if (links.some(({master}) => master !== undefined && bridges.includes(master))) return true;
  return elementsByHolder(kernel.netfilter()).size > 0;
}

/** What keeps 127.0.0.1 from leading out again: no record tells of a bridge that was opened in the same plan that made it. */
function closeLocalnet(stateDir: string, links: readonly Link[]): readonly SetSysctl[] {
  const recorded = undoOf(stateDir, host).filter(isLocalnet);
  const made = links.filter(({alias}) => isOurs(alias)).map(({name}) => localnetKey(name));
  const open = made.filter(key => readOrNothing(`/proc/sys/${key}`) === '1' && !recorded.some(op => op.key === key));
  return [...recorded, ...open.map(key => ({op: 'sysctl.set', netns: 'host', key, value: '0'}) as const)];
}

function takeFrom({stateDir}: Settings, name: string, kernel: Kernel): readonly Error[] {
  if (!undoOf(stateDir, name).some(goesWithLast)) return [];
  const take = () => takeAlone(stateDir, name, kernel);
  return unlessBusy(
    () => lockNetwork(stateDir, name, 'exclusive', 0),
    () => (name === host ? unlessPublishing(stateDir, take) : take()),
  );
}

function takeAlone(stateDir: string, name: string, kernel: Kernel): readonly Error[] {
  const record = readNetworkRecord(stateDir, name);
  if (!record || hasContainers(stateDir)) return [];
  const undo = undoOf(stateDir, name);
  // As long as 127.0.0.1 leads out by a link, a rule keeps others from coming in by it to that address.
  const close = name === host ? closeLocalnet(stateDir, allHostLinks(kernel)) : [];
  const failures = kernel.takeBack([...close, ...undo.filter(op => goesWithLast(op) && !isLocalnet(op))]);
  if (failures.length > 0) return failures;
  const rest = undo.filter(op => !goesWithLast(op));
  if (rest.length > 0) writeNetworkRecord(stateDir, {...record, undo: rest});
  else dropNetworkRecord(stateDir, name);
  return [];
}
