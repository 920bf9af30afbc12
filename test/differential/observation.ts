// What was seen of one input, as one text per place, so that a difference has a name: "1 ADD code", "2 DEL host links".
// What is random or comes by itself is made equal: names of veths and MACs are numbered in the order in which the result
// tells them, so that a result which does not tell the truth shows; link-local addresses and timers are left out.
import type {Host} from '../host.ts';
import {type Call, type Input, isCall} from './input.ts';

export type Observation = ReadonlyMap<string, string>;

type Json = Readonly<Record<string, unknown>>;

/** Whether the host is looked at after the call. */
export const changes = ({verb}: Call): boolean => verb === 'ADD' || verb === 'DEL';

/** Reads what the script has written into the directory. */
export function readObservation({steps}: Input, host: Host, directory: string): Observation {
  const places = new Map<string, string>();
  const names = new Map<string, string>();
  for (const [i, call] of steps.filter(isCall).entries()) {
    const file = `${directory}/${i + 1}`;
    const set = (what: string, value: unknown) => places.set(`${i + 1} ${call.verb} ${what}`, text(value, names));
    const setAll = (what: string, values: readonly unknown[]) =>
      set(what, values.map(value => text(value, names)).sort());
    const stdout = host.read(`${file}.stdout`);
    numberNames(stdout, names);
    set('exit', host.read(`${file}.exit`).trim());
    for (const [part, value] of Object.entries(answer(call, stdout))) set(part, value);
    if (!changes(call)) continue;
    for (const side of ['host', 'container']) {
      const seen = (what: string) => parse(host.read(`${file}.${side}.${what}`) || '[]') as readonly Json[];
      const links = seen('address');
      setAll(
        `${side} links`,
        links.map(link => linkOf(link)),
      );
      setAll(
        `${side} queues`,
        links.map(({ifname, txqlen}) => ({ifname, txqlen})),
      );
      setAll(
        `${side} addresses`,
        links.flatMap(link => addressesOf(link)),
      );
      setAll(
        `${side} routes`,
        [...seen('route'), ...seen('route6')].filter(isLasting).map(route => routeOf(route)),
      );
    }
    set('host limits', host.read(`${file}.limits`).trim());
    const files = host
      .read(`${file}.files`)
      .split('\n')
      .filter(line => line !== '');
    setAll('modes', files);
    setAll(
      'leases',
      files.map(line => leaseOf(line, path => host.read(`${file}.leases/${path}`))),
    );
  }
  return places;
}

/** `line` is of find: the mode and the path of a file. */
function leaseOf(line: string, read: (path: string) => string): string {
  const path = line.replace(/^\d+ /, '');
  return `${path}: ${JSON.stringify(read(path))}`;
}

/** The parts of what a call has printed. The text of a message is everybody's own; that there is one is not. */
function answer({verb}: Call, stdout: string): Json {
  if (stdout.trim() === '') return {stdout: 'nothing'};
  const json = parse(stdout) as Json | undefined;
  if (json === undefined) return {stdout: 'not one JSON document'};
  if ('code' in json) return {stdout: 'error', code: json.code, message: json.msg ? 'some' : 'none'};
  if (verb === 'VERSION') return {stdout: 'versions', cniVersion: json.cniVersion, versions: json.supportedVersions};
  const {dns, ...parts} = json;
  const hasDns = Object.values((dns ?? {}) as Json).some(value => String(value) !== '');
  return {stdout: 'result', ...parts, ...(hasDns && {dns})};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Gives the names and MACs that a result tells the numbers of their places in it. */
function numberNames(stdout: string, names: Map<string, string>): void {
  const {interfaces} = (parse(stdout) ?? {}) as {readonly interfaces?: readonly Record<string, string>[]};
  for (const [i, {name = '', mac = ''}] of (interfaces ?? []).entries()) {
    if (isRandomName(name) && !names.has(name)) names.set(name, `veth-${i}`);
    if (isRandomMac(mac) && !names.has(mac)) names.set(mac, `mac-${i}`);
  }
}

const isRandomName = (name: string): boolean => /^(veth[0-9a-f]{8,11}|bwp[0-9a-f]{12})$/.test(name);
/** Those that an input asks for begin with 02:00:00 or 02:11:22. */
const isRandomMac = (mac: string): boolean => /^(?!02:00:00|02:11:22|00:00:00)([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac);

/** With keys, and lists of objects, in one order. */
function text(value: unknown, names: ReadonlyMap<string, string>): string {
  return show(sorted(value))
    .replaceAll(/(veth[0-9a-f]{8,11}|bwp[0-9a-f]{12})\b/g, name => names.get(name) ?? 'veth-?')
    .replaceAll(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi, mac => (isRandomMac(mac) ? (names.get(mac) ?? 'mac-?') : mac));
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(item => show(item)).join('\n') : (JSON.stringify(value) ?? 'nothing');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(item => sorted(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const comesByItself = ['LOWER_UP', 'NO-CARRIER', 'M-DOWN'];

function linkOf(link: Json): Json {
  const {info_kind, info_data, info_slave_data} = (link.linkinfo ?? {}) as Json;
  return {
    ...pick(link, ['ifname', 'mtu', 'master', 'address', 'promiscuity', 'allmulti', 'group']),
    flags: (link.flags as string[]).filter(flag => !comesByItself.includes(flag)).sort(),
    kind: info_kind,
    bridge: pick((info_data ?? {}) as Json, ['stp_state', 'vlan_filtering', 'ageing_time', 'mcast_snooping', 'mode']),
    port: pick((info_slave_data ?? {}) as Json, ['hairpin', 'isolated', 'guard', 'learning', 'flood', 'priority']),
  };
}

function addressesOf(link: Json): readonly string[] {
  return (link.addr_info as Json[])
    .filter(({scope}) => scope !== 'link')
    .map(
      item =>
        `${link.ifname} ${item.local}/${item.prefixlen} ${item.scope} ${item.broadcast ?? ''} ${item.label ?? ''}`,
    );
}

/** Routes of link-local addresses, and of IPv6 addresses to themselves, come and go with duplicate detection. */
const isLasting = ({dst, type, table}: Json): boolean =>
  !/^(fe80:|ff00::)/.test(String(dst)) && !(String(dst).includes(':') && table === 'local' && type !== 'unicast');

function routeOf(route: Json): Json {
  const {flags: _flags, ...rest} = route;
  return rest;
}

const pick = (object: Json, keys: readonly string[]): Json =>
  Object.fromEntries(keys.filter(key => key in object).map(key => [key, object[key]]));
