// Who may ask: what the settings' "allow" lets annotations say, as under CRI-O or Kubernetes they come from a tenant. Without
// that section all of them are honoured; with it only those that it lists, each with the values that it may have.
import {type Annotations, annotation, type Placed, splitList, whereOf} from '../../spec/annotations.ts';
import {CniError} from '../../spec/error.ts';
import {Fields, type JsonObject} from '../../spec/fields.ts';
import {settingsFile} from '../settings.ts';
import {allowKeys, parseRule, type Rule} from './permission-rules.ts';
import type {Wishes} from './wishes.ts';

/** The rules of each key; one that is not there allows nothing. */
export type Permission = ReadonlyMap<string, readonly Rule[]>;

const where = `${settingsFile}, "allow"`;

/** Throws `invalidConfig`, also for a key that is none: what it was to forbid would be allowed. `source` is named in messages. */
export function parsePermission(allow: JsonObject, source = where): Permission {
  const fields = new Fields(allow, source);
  const unknown = Object.keys(allow).find(key => !allowKeys.includes(key));
  if (unknown !== undefined) {
    throw new CniError(
      'invalidConfig',
      `${source}: there is no "${unknown}" to allow: there are ${allowKeys.join(', ')}`,
    );
  }
  return new Map(Object.keys(allow).map(key => [key, fields.strings(key).map(text => parseRule(key, text, source))]));
}

/**
 * Throws `invalidConfig` for the first annotation that is not honoured, or whose value is not allowed. `choosesNetworks` is false
 * if whoever set up the hook has named the networks, and the container is not asked.
 */
export function refuseForbidden(
  permission: Permission,
  choosesNetworks: boolean,
  annotations: Annotations,
  wishes: Wishes,
): void {
  const networks = choosesNetworks ? splitList(annotations[annotation.networks]) : [];

  for (const {key, name, values} of askedFor(networks, annotations, wishes)) {
    const rules = permission.get(key);
    const forbidden = values.find(value => !isListed(permission, key, value));
    if (forbidden === undefined || (!rules && key === 'host-ip')) continue;
    if (!rules)
      throw new CniError('invalidConfig', `${whereOf(name)} is not honoured: ${where} does not list "${key}"`);
    const allowed = rules.map(({text}) => text).join(', ') || 'nothing';
    const what = key === 'host-ip' ? `to publish on ${forbidden}` : `"${forbidden}"`;
    const reason = `${what} is not allowed: for "${key}" ${where} lists ${allowed}`;
    throw new CniError('invalidConfig', `${whereOf(name)}: ${reason}`);
  }
}

/** Whether the value is one that the section lists for that key. */
export const isListed = (permission: Permission, key: string, value: string): boolean =>
  permission.get(key)?.some(({allows}) => allows(value)) ?? false;

interface Asked {
  /** Of the section. */
  readonly key: string;
  /** Of the annotation. */
  readonly name: string;
  readonly values: readonly string[];
}

function askedFor(networks: readonly string[], annotations: Annotations, wishes: Wishes): readonly Asked[] {
  const {ips, macs, ports, hostname, aliases, dns, defaultRoute} = wishes;
  const keep = annotations[annotation.keepIp]?.trim();
  return [
    {key: 'networks', name: annotation.networks, values: networks.map(entry => entry.split(':')[0] ?? '')},
    {key: 'ip', name: annotation.ip, values: valuesOf(ips)},
    {key: 'mac', name: annotation.mac, values: valuesOf(macs)},
    {key: 'ports', name: annotation.ports, values: ports.map(({hostPort, protocol}) => `${hostPort}/${protocol}`)},
    {key: 'host-ip', name: annotation.ports, values: ports.flatMap(({hostIP}) => hostIP ?? everywhere)},
    {key: 'hostname', name: annotation.hostname, values: hostname === undefined ? [] : [hostname]},
    {key: 'aliases', name: annotation.aliases, values: aliases},
    {key: 'dns', name: annotation.dns, values: dns?.off ? ['off'] : (dns?.nameservers ?? [])},
    {key: 'dns-search', name: annotation.dnsSearch, values: dns?.search ?? []},
    {key: 'dns-options', name: annotation.dnsOptions, values: dns?.options ?? []},
    {key: 'keep-ip', name: annotation.keepIp, values: keep ? [keep] : []},
    {key: 'default-route', name: annotation.defaultRoute, values: defaultRoute ? [defaultRoute.network] : []},
  ];
}

/** A port without an address is published on all of them, of both families. */
const everywhere = ['0.0.0.0', '::'];

const valuesOf = (placed: readonly Placed[]): readonly string[] => placed.map(({value}) => value);
