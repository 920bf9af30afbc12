// host-local: addresses from ranges, leased in a directory that the reference plugin may use at the same time.
import {type Address, formatAddress, parseAddress, parseCidr} from '../../spec/address.ts';
import {type CniArgs, checkKnown} from '../../spec/cni-args.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import {parseResolvConf} from '../../spec/resolv-conf.ts';
import type {ResultIp} from '../../spec/result.ts';
import {parseRoutes} from '../../spec/route.ts';
import {checkOnePerFamily} from '../interface/addressing.ts';
import {parseWishes} from '../interface/wishes.ts';
import type {AttachmentRequest, IpamPlugin, IpamPorts, LeaseStore, PreparedIpam} from '../plugin.ts';
import {allocate} from './allocate.ts';
import {candidates, formatRange, holds, parseRangeSets, type RangeSet} from './ranges.ts';

export const hostLocal: IpamPlugin = {
  type: 'host-local',
  prepare: (conf, request, dataDir) => {
    const ipam = conf.child('ipam');
    const sets = parseRangeSets(ipam, conf.child('runtimeConfig'));
    checkOnePerFamily(
      conf,
      sets.flatMap(([first]) => first?.subnet.address.family ?? []),
    );
    const requested = parseRequested(conf, request.args);
    const routes = parseRoutes(ipam);
    const resolvConf = ipam.string('resolvConf');
    const directory = `${ipam.string('dataDir') || dataDir}/${request.network}`;
    return {
      ...keeping(directory, sets, request),
      add: ports => {
        const dns = resolvConf === '' ? {} : parseResolvConf(read(ports, resolvConf));
        const store = ports.openLeases(directory);
        const {ips, met} = store.locked(leases => allocate(sets, requested, request, leases));
        ports.met(directory, met);
        return {ips, routes, dns};
      },
    };
  },
};

function keeping(directory: string, sets: readonly RangeSet[], owner: AttachmentRequest): Omit<PreparedIpam, 'add'> {
  const open = (ports: IpamPorts) => ports.openLeases(directory);
  return {
    directory,
    del: ports => {
      const store = open(ports);
      if (store.mayHold(owner)) store.locked(leases => leases.release(owner));
    },
    check: (ports, ips) => checkHeld(directory, open(ports), sets, owner, ips),
    gc: (ports, isValid) =>
      open(ports).locked(leases => {
        for (const lease of leases.all()) if (!lease.owner || !isValid(lease.owner)) leases.drop(lease);
      }),
    status: ports => checkFree(open(ports), sets),
  };
}

/** All that is asked for, together. A prefix length is for others and left out. */
function parseRequested(conf: Fields, args: CniArgs): readonly Address[] {
  checkKnown(args, ['IP']);
  const parse = (text: string) => (text.includes('/') ? parseCidr(text).address : parseAddress(text));
  const wishes = parseWishes(conf, args, parse);
  return [...wishes.environment, ...wishes.args, ...wishes.capability];
}

function checkHeld(
  directory: string,
  store: LeaseStore,
  sets: readonly RangeSet[],
  owner: AttachmentRequest,
  ips: readonly ResultIp[],
): void {
  const expected = ips.map(({address}) => parseCidr(address).address);
  const ours = expected.filter(address => sets.flat().some(range => holds(range, address)));
  const held = store.mayHold(owner) ? store.locked(leases => leases.heldBy(owner)) : [];
  const lost = ours.map(address => formatAddress(address)).filter(address => !held.includes(address));
  if (lost.length > 0 || held.length === 0) {
    const what = lost.length > 0 ? lost.join(', ') : 'an address';
    throw new CniError(
      'attachmentFaulty',
      `container "${owner.containerId}" holds no lease of ${what} in "${directory}" for "${owner.ifName}"`,
    );
  }
}

function checkFree(store: LeaseStore, sets: readonly RangeSet[]): void {
  const taken = store.locked(leases => leases.taken());
  const full = sets.find(set => {
    for (const address of candidates(set, undefined)) if (!taken.has(formatAddress(address))) return false;
    return true;
  });
  if (!full) return;
  const ranges = full.map(range => formatRange(range)).join(', ');
  throw new CniError('pluginNotAvailable', `no address is free in ${ranges}`);
}

function read(ports: IpamPorts, path: string): string {
  try {
    return ports.readFile(path);
  } catch (cause) {
    throw new CniError('ioFailure', `cannot read "resolvConf" "${path}": ${reasonOf(cause)}`, {cause});
  }
}
