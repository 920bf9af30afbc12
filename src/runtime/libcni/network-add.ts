// ADD on command: a container that runs, or a netns that somebody made, gets one more network. It is recorded as the hook
// records it, so that poststop and gc take it back; and cached as libcni does it, so that libcni can.
import {isHostNetns} from '../../kernel/netns.ts';
import {formatCniArgs} from '../../spec/cni-args.ts';
import {resultToJson} from '../../spec/convert.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import type {JsonObject} from '../../spec/fields.ts';
import type {Network} from '../../spec/network.ts';
import {checkVersion} from '../../spec/version.ts';
import type {Attached} from '../attach.ts';
import {attachAll, planAll} from '../attach-all.ts';
import type {Container} from '../container.ts';
import {whileAttaching} from '../container-turn.ts';
import {detach} from '../detach.ts';
import type {Loaded} from '../load.ts';
import {log} from '../log.ts';
import type {Settings} from '../settings.ts';
import {capabilitiesOf} from '../wishes/grant.ts';
import {placeWishes} from '../wishes/placement.ts';
import type {Wishes} from '../wishes/wishes.ts';
import {writeCached} from './result-cache.ts';

/** What is asked for. */
export interface Addition {
  readonly loaded: Loaded<Network>;
  readonly container: Container;
  readonly ifName: string;
  readonly wishes: Wishes;
}

/** Attaches, and answers the result in the network's version. Asked again, it answers the same. */
export function addNetwork(settings: Settings, addition: Addition): JsonObject {
  const {loaded, container, ifName, wishes} = addition;
  refuseHost(container);
  const {network} = loaded;
  const entry = {event: 'add', id: container.id, network: network.name};
  try {
    const {record, result, commands} = whileAttaching(settings, container.id, () => {
      const [attached] = attachAll(settings, container, [{network, ifName}], wishes);
      if (!attached) throw new Error('one network gives one attachment');
      cache(settings, addition, attached);
      return attached;
    });
    const addresses = result.ips.map(({address}) => address).join(' ');
    log(settings.stateDir, {...entry, level: 'info', msg: `${record.ifName}: ${addresses}`, plan: commands});
    return resultToJson(result, checkVersion(network.cniVersion));
  } catch (error) {
    log(settings.stateDir, {...entry, level: 'error', msg: reasonOf(error)});
    throw error;
  }
}

/** The commands that addNetwork would run now, without leasing or touching anything. */
export function planNetwork(
  settings: Settings,
  {loaded: {network}, container, ifName, wishes}: Addition,
): readonly string[] {
  refuseHost(container);
  return planAll(settings, container, [{network, ifName}], wishes);
}

/** An attachment that others could not find again is taken back. */
function cache(settings: Settings, {loaded, wishes}: Addition, {record, result}: Attached): void {
  const {network, containerId, ifName, netns} = record;
  const [placed] = placeWishes([{network: loaded.network, ifName}], wishes);
  const capabilityArgs = placed ? capabilitiesOf(wishes, placed.own) : wishes.capabilityArgs;
  try {
    writeCached(settings.cacheDir, {
      network,
      containerId,
      ifName,
      config: loaded.text,
      netns: netns.path,
      args: formatCniArgs(wishes.args),
      capabilityArgs,
      result: resultToJson(result, checkVersion(loaded.network.cniVersion)),
    });
  } catch (cause) {
    detach(settings, record);
    throw new CniError('ioFailure', `cannot write the result cache: ${reasonOf(cause)}`, {cause});
  }
}

function refuseHost({id, netns}: Container): void {
  if (!isHostNetns(netns)) return;
  throw new CniError('noNetns', `"${id}" has no network namespace of its own: "${netns.path}" is the host's`);
}
