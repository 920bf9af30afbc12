// The values that the settings' "allow" can list for an annotation, each parsed into a rule that tells what it allows. Pure.
import {bitsOf, type Cidr, contains, parseAddress, parseCidr} from '../../spec/address.ts';
import {parseDuration} from '../../spec/duration.ts';
import {CniError} from '../../spec/error.ts';

export interface Rule {
  /** As it stands in the settings. */
  readonly text: string;
  readonly allows: (value: string) => boolean;
}

interface Kind {
  /** Undefined, or throws, for what is no such value. */
  readonly parse: (text: string) => Rule['allows'] | undefined;
  /** What a value is, for messages. */
  readonly what: string;
}

const what = 'a name, with "*" for any part of it';
const network: Kind = {parse: text => parsePattern(text, 's'), what};
/** Without regard to case, as names of hosts are. */
const hostname: Kind = {parse: text => parsePattern(text, 'si'), what};
const subnet: Kind = {parse: parseSubnet, what: 'an address or a subnet, such as 10.1.0.0/16'};

const off = 'off';

/** By the annotation's name, and one that is a part of another. */
const kinds: Readonly<Record<string, Kind>> = {
  networks: network,
  ip: subnet,
  mac: {parse: parseMacPrefix, what: 'the beginning of a MAC, such as 02:42'},
  ports: {parse: parsePorts, what: 'ports of the host, such as 80/tcp or 8000-8999'},
  'host-ip': subnet,
  hostname,
  aliases: hostname,
  dns: {
    parse: text => (text === off ? value => value === off : parseServers(text)),
    what: `"off", or ${subnet.what}`,
  },
  'dns-search': hostname,
  'dns-options': network,
  'keep-ip': {parse: parseLongest, what: 'the longest time, such as 24h'},
  'default-route': network,
};

/** What can be listed. */
export const allowKeys: readonly string[] = Object.keys(kinds);

/** Throws `invalidConfig`; `where` names the section in messages. */
export function parseRule(key: string, text: string, where: string): Rule {
  const kind = kinds[key];
  const allows = text === '*' ? () => true : kind && attempt(kind, text);
  if (allows) return {text, allows};
  throw new CniError('invalidConfig', `${where}, "${key}": ${JSON.stringify(text)} is not ${kind?.what}`);
}

function attempt({parse}: Kind, text: string): Rule['allows'] | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function parsePattern(text: string, flags: string): Rule['allows'] | undefined {
  if (!/^[\w.:*-]+$/.test(text)) return undefined;
  const parts = text.split(/\*+/).map(part => part.replaceAll('.', '\\.'));
  const form = new RegExp(`^${parts.join('.*')}$`, flags);
  return value => form.test(value);
}

/** A value with a prefix length is allowed if no more than the subnet is on its link. */
function parseSubnet(text: string): Rule['allows'] {
  const allowed = asCidr(text);
  return value => {
    const {address, length} = asCidr(value);
    return contains(allowed, address) && length >= allowed.length;
  };
}

function parseServers(text: string): Rule['allows'] {
  const allows = parseSubnet(text);
  return value => value !== off && allows(value);
}

function asCidr(text: string): Cidr {
  if (text.includes('/')) return parseCidr(text);
  const address = parseAddress(text);
  return {address, length: bitsOf(address.family)};
}

function parseMacPrefix(text: string): Rule['allows'] | undefined {
  const prefix = text.toLowerCase().replaceAll('-', ':');
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){0,5}$/.test(prefix) ? value => value.startsWith(prefix) : undefined;
}

/** A value is "PORT/PROTOCOL". */
function parsePorts(text: string): Rule['allows'] | undefined {
  const [, first, last = first, protocol] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (!(from >= 1 && from <= to && to <= 65_535)) return undefined;
  return value => {
    const [port, of] = value.split('/');
    return Number(port) >= from && Number(port) <= to && (protocol ?? of) === of;
  };
}

function parseLongest(text: string): Rule['allows'] {
  const longest = parseDuration(text, '');
  return value => parseDuration(value, '') <= longest;
}
