// Published ports, as a person writes them, "8080:80/tcp,127.0.0.1:5353:53/udp,[fd00::1]:8080:80,8000-8010:9000-9010", and as
// the capability `portMappings` gives them. "0.0.0.0" and "::" mean every address of that family, no address both families.
import {type Address, formatAddress, parseAddress} from './address.ts';
import {CniError, reasonOf} from './error.ts';
import type {Fields} from './fields.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** One port of the host that leads to one of the container. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
  /** The address of the host that it is published on; absent for all of them. */
  readonly hostIP?: string;
}

const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

/** All ports of one protocol. A short text can name millions, each with an address of its own. */
const mostMappings = 65_535;

/** `where` names the source in messages. Throws `invalidConfig`. */
export function parsePortMappings(text: string, where: string): readonly PortMapping[] {
  const entries = text
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '');
  const mappings: PortMapping[] = [];
  for (const entry of entries) {
    const more = parseEntry(entry, where);
    if (mappings.length + more.length > mostMappings) {
      throw new CniError('invalidConfig', `${where}: more than ${mostMappings} ports are too many for one container`);
    }
    for (const mapping of more) mappings.push(mapping);
  }
  return refuseDouble(mappings, where);
}

/** The list under `key`, as the capability has it (CONVENTIONS.md, "portMappings"): tcp unless it says otherwise. Throws `invalidConfig`. */
export function readPortMappings(fields: Fields, key: string): readonly PortMapping[] {
  const mappings = fields.children(key).map(entry => {
    const word = entry.string('protocol').toLowerCase() || 'tcp';
    const protocol = protocols.find(known => known === word);
    if (!protocol) throw entry.wrong('protocol', protocols.join(', '), word);
    const hostIP = entry.string('hostIP');
    return {
      hostPort: portIn(entry, 'hostPort'),
      containerPort: portIn(entry, 'containerPort'),
      protocol,
      ...(hostIP !== '' && {hostIP: parseHostIp(hostIP, hostIP, entry.where)}),
    };
  });
  return refuseDouble(mappings, fields.where);
}

/** For example `8080/tcp`, `127.0.0.1:53/udp`, `[fd00::1]:80/tcp`. */
export function hostPortWords({hostIP = '', hostPort, protocol}: Omit<PortMapping, 'containerPort'>): string {
  const address = hostIP === '' ? '' : hostIP.includes(':') ? `[${hostIP}]:` : `${hostIP}:`;
  return `${address}${hostPort}/${protocol}`;
}

function portIn(fields: Fields, key: string): number {
  const port = fields.integer(key, 0, 1, 65535);
  if (port === 0) throw fields.wrong(key, 'a whole number from 1 to 65535', undefined);
  return port;
}

/** Of two for one port, one for all addresses and one for an address, nobody could tell which is meant. */
function refuseDouble(mappings: readonly PortMapping[], where: string): readonly PortMapping[] {
  // Of each port its addresses, "" for all of them, and the families that these are of.
  const byPort = new Map<string, Set<string>>();
  for (const mapping of mappings) {
    const {hostPort, protocol, hostIP = ''} = mapping;
    const there = byPort.get(`${hostPort}/${protocol}`) ?? new Set();
    const [family, everywhere] = hostIP.includes(':') ? ['family 6', '::'] : ['family 4', '0.0.0.0'];
    const inTheWay = ['', hostIP, hostIP === everywhere ? family : everywhere];
    if (hostIP === '' ? there.size > 0 : inTheWay.some(other => there.has(other))) {
      throw new CniError('invalidConfig', `${where}: port ${hostPortWords(mapping)} is published twice`);
    }
    byPort.set(`${hostPort}/${protocol}`, there.add(hostIP).add(family));
  }
  return mappings;
}

function parseEntry(entry: string, where: string): readonly PortMapping[] {
  const [, bracketed, plain, host = '', container = '', word = 'tcp'] =
    /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?([^:/]+):([^:/]+)(?:\/(.*))?$/.exec(entry) ?? [];
  const ip = bracketed ?? plain;
  const protocol = protocols.find(known => known === word);
  const from = parseRange(host);
  const to = parseRange(container);
  if (!from || !to) throw wrong(entry, where, 'is not HOST:CONTAINER, such as 8080:80/tcp, with ports from 1 to 65535');
  if (!protocol) throw wrong(entry, where, `has "${word}" for its protocol: it is one of ${protocols.join(', ')}`);
  if (from.length !== to.length) throw wrong(entry, where, 'has two ranges that are not of one length');
  const hostIP = ip === undefined ? {} : {hostIP: parseHostIp(ip, entry, where)};
  return from.map((hostPort, i) => ({hostPort, containerPort: to[i] ?? 0, protocol, ...hostIP}));
}

function parseRange(text: string): readonly number[] | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (!(from >= 1 && to <= 65535 && from <= to)) return undefined;
  return Array.from({length: to - from + 1}, (_, i) => from + i);
}

function parseHostIp(text: string, entry: string, where: string): string {
  try {
    return formatAddress(unmapped(parseAddress(text)));
  } catch (cause) {
    throw new CniError('invalidConfig', `${where}: "${entry}": ${reasonOf(cause)}`, {cause});
  }
}

/** "::ffff:127.0.0.1" is 127.0.0.1, as for the reference: on the wire there is no other. */
function unmapped(address: Address): Address {
  const {family, value} = address;
  return family === 6 && value >> 32n === 0xffffn ? {family: 4, value: value & 0xffffffffn} : address;
}

const wrong = (entry: string, where: string, problem: string): CniError =>
  new CniError('invalidConfig', `${where}: ${JSON.stringify(entry)} ${problem}`);
