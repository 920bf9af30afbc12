// A result in every version of the specification, to and fro, through the newest form, by one table. On the way down
// what an older version does not know is left out. CNI SPEC.md of each tag; docs/reference for the encoding.
import {parseCidr} from './address.ts';
import {CniError} from './error.ts';
import {Fields, type Json, type JsonObject} from './fields.ts';
import {isEmptyDns, type Result, type ResultInterface, type ResultIp, type Route} from './result.ts';
import {checked, parseDns, parseRoutes} from './route.ts';
import {checkVersion, type Version} from './version.ts';

interface Form {
  readonly read: (fields: Fields) => Result;
  readonly write: (result: Result) => JsonObject;
}

const families = {4: 'ip4', 6: 'ip6'} as const;

const early: Form = {read: readEarly, write: writeEarly};
const middle: Form = {
  read: readLists,
  write: result => ({...writeLists(result, 'with version'), dns: dnsJson(result)}),
};
const first: Form = {read: readLists, write: result => writeOptional(result, writeLists(result, 'plain'))};
const latest: Form = {read: readLists, write: result => writeOptional(result, writeLists(result, 'everything'))};

const forms: Readonly<Record<Version, Form>> = {
  '0.1.0': early,
  '0.2.0': early,
  '0.3.0': middle,
  '0.3.1': middle,
  '0.4.0': middle,
  '1.0.0': first,
  '1.1.0': latest,
};

/** The result as JSON of that version. Throws `invalidConfig` if that version can't say it: 0.1 and 0.2 need an address. */
export function resultToJson(result: Result, version: Version): JsonObject {
  return {cniVersion: version, ...forms[version].write(result)};
}

/** Reads a result in the version that it names, else in `fallback`. Throws `decodingFailure`, `incompatibleVersion`. */
export function parseResult(json: Json | undefined, fallback: Version, where: string): Result {
  const fields = new Fields(json, where);
  return forms[checkVersion(fields.string('cniVersion') || fallback)].read(fields);
}

function readEarly(fields: Fields): Result {
  const found = Object.values(families).flatMap(key => (fields.raw(key) === undefined ? [] : [fields.child(key)]));
  return {
    interfaces: [],
    ips: found.map(family => {
      const gateway = family.string('gateway');
      return {address: checkedCidr(family, 'ip'), ...(gateway !== '' && {gateway})};
    }),
    routes: found.flatMap(family => parseRoutes(family)),
    dns: parseDns(fields.child('dns')),
  };
}

/** The first address of each family, and its routes; the rest has no place. */
function writeEarly(result: Result): JsonObject {
  const parts = ([4, 6] as const).flatMap(family => {
    const ip = result.ips.find(({address}) => parseCidr(address).address.family === family);
    if (!ip) return [];
    const routes = result.routes.filter(({dst}) => parseCidr(dst).address.family === family);
    const value = {
      ip: ip.address,
      ...(ip.gateway !== undefined && {gateway: ip.gateway}),
      ...(routes.length > 0 && {routes: routes.map(route => plainRoute(route))}),
    };
    return [[families[family], value] as const];
  });
  if (parts.length === 0) throw new CniError('invalidConfig', 'cannot convert: no valid IP addresses');
  return {...Object.fromEntries(parts), dns: dnsJson(result)};
}

function readLists(fields: Fields): Result {
  return {
    interfaces: fields.children('interfaces').map(item => readInterface(item)),
    ips: fields.children('ips').map(item => readIp(item)),
    routes: parseRoutes(fields),
    dns: parseDns(fields.child('dns')),
  };
}

function readInterface(fields: Fields): ResultInterface {
  const text = (key: 'mac' | 'sandbox' | 'socketPath' | 'pciID') =>
    fields.string(key) === '' ? {} : {[key]: fields.string(key)};
  const mtu = fields.integer('mtu', 0, 0, 2 ** 31);
  return {
    name: fields.string('name'),
    ...text('mac'),
    ...(mtu > 0 && {mtu}),
    ...text('sandbox'),
    ...text('socketPath'),
    ...text('pciID'),
  };
}

/** An index of 0 is one; of -1, which some write for "none", is none. */
function readIp(fields: Fields): ResultIp {
  const gateway = fields.string('gateway');
  const index = fields.integer('interface', -1, -1, 2 ** 31);
  return {
    address: checkedCidr(fields, 'address'),
    ...(gateway !== '' && {gateway}),
    ...(index >= 0 && {interface: index}),
  };
}

function writeLists(result: Result, detail: 'with version' | 'plain' | 'everything'): JsonObject {
  const interfaces = result.interfaces.map(({name, mac, sandbox, ...later}) => ({
    name,
    ...(mac !== undefined && {mac}),
    ...(detail === 'everything' ? later : {}),
    ...(sandbox !== undefined && {sandbox}),
  }));
  const ips = result.ips.map(({address, gateway, interface: index}) => ({
    ...(detail === 'with version' && {version: String(parseCidr(address).address.family)}),
    ...(index !== undefined && {interface: index}),
    address,
    ...(gateway !== undefined && {gateway}),
  }));
  const routes = result.routes.map(route => (detail === 'everything' ? {...route} : plainRoute(route)));
  return {
    ...(interfaces.length > 0 && {interfaces}),
    ...(ips.length > 0 && {ips}),
    ...(routes.length > 0 && {routes}),
  } as JsonObject;
}

/** From 1.0.0 on an empty dns is left out. */
function writeOptional(result: Result, lists: JsonObject): JsonObject {
  return isEmptyDns(result.dns) ? lists : {...lists, dns: dnsJson(result)};
}

const plainRoute = ({dst, gw}: Route): JsonObject => ({dst, ...(gw !== undefined && {gw})});

const dnsJson = ({dns}: Result): JsonObject => ({...dns}) as unknown as JsonObject;

function checkedCidr(fields: Fields, key: string): string {
  checked(fields, key, parseCidr);
  return fields.string(key);
}
