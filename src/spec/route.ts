// Routes and dns as they stand in a configuration, parsed once.
import {formatAddress, parseAddress, parseCidr} from './address.ts';
import {CniError, reasonOf} from './error.ts';
import type {Fields} from './fields.ts';
import type {Dns, Route} from './result.ts';

const u32 = 2 ** 32 - 1;

/** The routes under `routes` (SPEC.md 1.1.0: dst, gw, mtu, advmss, priority, table, scope). Throws `invalidConfig`. */
export function parseRoutes(fields: Fields): readonly Route[] {
  return fields.children('routes').map(route => {
    const dst = checked(route, 'dst', parseCidr);
    const gw =
      route.raw('gw') === undefined || route.string('gw') === '' ? undefined : checked(route, 'gw', parseAddress);
    if (gw && gw.family !== dst.address.family) {
      throw new CniError('invalidConfig', `${route.where}: "dst" and "gw" are of different families`);
    }
    const number = (key: 'mtu' | 'advmss' | 'priority' | 'table' | 'scope', max: number) =>
      route.raw(key) === undefined ? {} : {[key]: route.integer(key, 0, 0, max)};
    return {
      dst: route.string('dst'),
      ...(gw && {gw: formatAddress(gw)}),
      ...number('mtu', u32),
      ...number('advmss', u32),
      ...number('priority', u32),
      ...number('table', u32),
      ...number('scope', 255),
    };
  });
}

/** A `dns` object (SPEC.md, "DNS"). */
export function parseDns(fields: Fields): Dns {
  const domain = fields.string('domain');
  const lists = {
    nameservers: fields.strings('nameservers'),
    search: fields.strings('search'),
    options: fields.strings('options'),
  };
  return {
    ...(domain !== '' && {domain}),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
}

/** Parses the string under `key` and names key and object in the message if it can't be. */
export function checked<T>(fields: Fields, key: string, parse: (text: string) => T): T {
  try {
    return parse(fields.string(key));
  } catch (cause) {
    throw new CniError('invalidConfig', `${fields.where}: "${key}": ${reasonOf(cause)}`, {cause});
  }
}
