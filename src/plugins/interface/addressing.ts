// From what IPAM answered to what the interface gets: gateways and routes filled in.
import {advance, type Family, formatAddress, parseAddress, parseCidr, subnetOf} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import type {ResultIp, Route} from '../../spec/result.ts';
import {compareVersions} from '../../spec/version.ts';

const everywhere = {4: '0.0.0.0/0', 6: '::/0'} as const;

/** The address with its index in the result's interfaces, and if it has no gateway and needs one, the first of its subnet. */
export function complete(ip: ResultIp, index: number, needsGateway: boolean): ResultIp {
  const {address} = subnetOf(parseCidr(ip.address));
  const gateway = ip.gateway ?? (needsGateway ? formatAddress(advance(address, 1n)) : undefined);
  return {...ip, interface: index, ...(gateway !== undefined && {gateway})};
}

/** A default route for each family that has a gateway, where the routes hold none already. */
export function addDefaultRoutes(ips: readonly ResultIp[], routes: readonly Route[]): readonly Route[] {
  const added = new Map<Family, Route>();
  for (const {gateway} of ips) {
    const family = gateway === undefined ? undefined : parseAddress(gateway).family;
    if (gateway === undefined || family === undefined || added.has(family)) continue;
    const has = routes.some(route => isDefault(route, family));
    if (!has) added.set(family, {dst: everywhere[family], gw: gateway});
  }
  return [...routes, ...added.values()];
}

/** A route without a gateway goes by the first one of its family. */
export function viaGateway(route: Route, ips: readonly ResultIp[]): Route {
  if (route.gw !== undefined) return route;
  const {family} = parseCidr(route.dst).address;
  const gateways = ips.flatMap(({gateway}) => (gateway === undefined ? [] : [gateway]));
  const gw = gateways.find(gateway => parseAddress(gateway).family === family);
  return gw === undefined ? route : {...route, gw};
}

/** Throws `invalidConfig` where a result of the configuration's version has no place for all of them: up to 0.2.0 it has two. */
export function checkOnePerFamily(conf: Fields, families: readonly Family[]): void {
  const version = conf.string('cniVersion');
  if (new Set(families).size === families.length || compareVersions(version, '0.3.0') >= 0) return;
  throw new CniError(
    'invalidConfig',
    `${conf.where}: "cniVersion" "${version}" does not allow more than one address of a family: it needs 0.3.0`,
  );
}

function isDefault(route: Route, family: Family): boolean {
  const dst = parseCidr(route.dst);
  return dst.length === 0 && dst.address.family === family;
}
