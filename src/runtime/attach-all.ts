// ADD, for one container and all of its networks: every one, or none.
import {Kernel} from '../kernel/kernel.ts';
import {findLinkIn} from '../kernel/observe.ts';
import {pinNetns} from '../kernel/pin.ts';
import type {ProcessIdentity} from '../kernel/process.ts';
import {makeSalt} from '../kernel/salt.ts';
import {CniError} from '../spec/error.ts';
import type {Result} from '../spec/result.ts';
import {type Attached, attach, commandOfForeign, commandsOf, type Prepared} from './attach.ts';
import {type Chain, hasForeign, prepareChain} from './chain.ts';
import type {Container} from './container.ts';
import {pinPath} from './container-dir.ts';
import {detach} from './detach.ts';
import {giveUpKept} from './kept-otherwise.ts';
import {refuseMissing} from './missing-plugins.ts';
import {identify} from './names/identity.ts';
import {introduce} from './names/introduce.ts';
import {dryIpamPorts} from './ports.ts';
import {type AttachmentRecord, type ContainerNames, findRecord, recordsOf} from './record.ts';
import type {Selected} from './select.ts';
import type {Settings} from './settings.ts';
import {isRunning} from './signs.ts';
import {takeDownAlone} from './take-down.ts';
import {defaultsIn, withoutDefaults} from './wishes/default-route.ts';
import {checkGranted, grantWishes} from './wishes/grant.ts';
import {type OwnWishes, type PlacedNetwork, placeWishes} from './wishes/placement.ts';
import type {Wishes} from './wishes/wishes.ts';

interface PreparedNetwork extends Prepared {
  readonly own: OwnWishes;
}

/**
 * Attaches the container to all of the networks or to none. The container's lock must be held.
 * Asked again for an attachment that stands, it answers the recorded result.
 */
export function attachAll(
  settings: Settings,
  container: Container,
  selected: readonly Selected[],
  wishes: Wishes,
): readonly Attached[] {
  const identity = identify(settings.stateDir, container, wishes);
  const prepared = placeWishes(selected, wishes).map(item =>
    prepare(settings, container, item, wishes, identity.names),
  );
  const others = resultsBeside(clearDead(settings, container), prepared);
  const done: Attached[] = [];
  try {
    for (const item of prepared) {
      const results = [...others, ...done.map(({result}) => result)];
      const chain = withoutDefaults(item.chain, defaultsIn(results));
      const attached = attachOrRecall(settings, container, {...item, chain});
      done.push(attached);
      checkGranted(item.request.network, item.request.ifName, item.own, attached.result);
    }
    const records = done.map(({record}) => record);
    introduce(settings, container, identity, records);
    return done;
  } catch (error) {
    for (const one of done.reverse()) takeBack(settings, one);
    throw error;
  }
}

/** What had stood before stays. */
function takeBack(settings: Settings, {record, commands, setUp}: Attached): void {
  if (commands.length === 0) return;
  detach(settings, record);
  if (setUp) takeDownAlone(settings, record.network);
}

/** The commands that attachAll would run now, without leasing or touching anything. */
export function planAll(
  settings: Settings,
  container: Container,
  selected: readonly Selected[],
  wishes: Wishes,
): readonly string[] {
  const prepared = placeWishes(selected, wishes).map(item => prepare(settings, container, item, wishes));
  const living = recordsOf(settings.stateDir, container.id).filter(record => isRunning(record));
  const results = [...resultsBeside(living, prepared)];
  return prepared.flatMap(({chain: whole, request}) => {
    const chain = withoutDefaults(whole, defaultsIn(results));
    const {commands, result} = planOne(settings, container, chain, request.network);
    if (result) results.push(result);
    return commands;
  });
}

function planOne(
  settings: Settings,
  container: Container,
  {segments}: Chain,
  network: string,
): {readonly commands: readonly string[]; readonly result: Result | undefined} {
  const kernel = new Kernel(container.netns);
  let result: Result | undefined;
  try {
    const commands = segments.flatMap(segment => {
      if (segment.kind === 'foreign') return [commandOfForeign(segment)];
      const facts = kernel.observe(segment.questionAfter(result), network);
      const planned = segment.plan(facts, segment.lease(dryIpamPorts(settings)), result);
      result = planned.result;
      return commandsOf(planned.plan, container);
    });
    return {commands, result};
  } finally {
    kernel.close();
  }
}

function prepare(
  settings: Settings,
  container: Container,
  {network: configured, ifName, own}: PlacedNetwork,
  wishes: Wishes,
  names?: ContainerNames,
): PreparedNetwork {
  // What is recorded needs neither the wishes nor anything else of today to be understood later.
  const network = grantWishes(configured, wishes, own);
  const request = {
    network: network.name,
    containerId: container.id,
    ifName,
    netns: container.netns.path,
    salt: makeSalt(),
    args: wishes.args,
  };
  const chain = prepareChain(network, request, settings.dataDir);
  refuseMissing(settings, network, chain);
  const keepSeconds = wishes.keepSeconds ?? network.keepSeconds;
  return {request, plugin: '', previous: undefined, network, chain, keepSeconds, names, own};
}

/** What came of the attachments that are not among those that are asked for. */
const resultsBeside = (
  records: readonly AttachmentRecord[],
  prepared: readonly PreparedNetwork[],
): readonly Result[] => {
  const isAmong = ({network, ifName}: AttachmentRecord) =>
    prepared.some(({request}) => request.network === network && request.ifName === ifName);
  return records.filter(record => !isAmong(record)).flatMap(({result}) => result ?? []);
};

/**
 * A foreign plugin that has to look into the netns at the end, when the container's process has gone or the netns was
 * deleted, needs it pinned. Where there is a process, whose path to it ends first, it is told the pin from the start.
 */
function pinIfNeeded({stateDir}: Settings, container: Container, prepared: Prepared): Prepared {
  if (!hasForeign(prepared.chain)) return prepared;
  const path = pinPath(stateDir, container.id);
  pinNetns(container.netns, path);
  return container.process ? {...prepared, request: {...prepared.request, netns: path}} : prepared;
}

/** Takes back what an earlier container with this id has left: its poststop may come later, or never. Returns what lives. */
function clearDead(settings: Settings, container: Container): readonly AttachmentRecord[] {
  return recordsOf(settings.stateDir, container.id).filter(record => {
    if (isRunning(record)) return true;
    const [failure] = detach(settings, record);
    if (failure) throw failure;
    return false;
  });
}

function attachOrRecall(settings: Settings, container: Container, prepared: PreparedNetwork): Attached {
  const {request, own} = prepared;
  const record = findRecord(settings.stateDir, {...request, plugin: ''});
  if (!record) {
    giveUpKept(settings, request, own.ips);
    return attach(settings, container, pinIfNeeded(settings, container, prepared));
  }
  if (!isSame(record.process, container.process)) {
    throw new CniError(
      'attachmentExists',
      `container "${container.id}" is attached to "${request.network}" as "${request.ifName}" already, with pid ${record.process?.pid}, which is alive: use another id`,
    );
  }
  const {result} = record;
  if (record.state === 'done' && result && isThere(container, result))
    return {record, result, commands: [], setUp: false};
  const [failure] = detach(settings, record);
  if (failure) throw failure;
  return attach(settings, container, pinIfNeeded(settings, container, prepared));
}

/** False if somebody else took the container's interfaces away in the meantime: another runtime's DEL. */
function isThere(container: Container, {interfaces}: Result): boolean {
  const kernel = new Kernel(container.netns);
  try {
    const inside = interfaces.filter(({sandbox}) => sandbox !== undefined);
    return inside.every(({name}) => findLinkIn(kernel, 'container', name) !== undefined);
  } finally {
    kernel.close();
  }
}

function isSame(a: ProcessIdentity | undefined, b: ProcessIdentity | undefined): boolean {
  return a?.pid === b?.pid && a?.startTime === b?.startTime;
}
