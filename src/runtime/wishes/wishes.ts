// What a caller wishes for an attachment beside the network itself: CNI_ARGS, arguments for the plugins' capabilities, fixed
// addresses, published ports, names. A hook says it by annotations, a command by flags and environment.
import {
  type Annotations,
  annotation,
  ownAnnotations,
  type Place,
  type Placed,
  parseDefaultRoute,
  parseDnsOptions,
  parseHostnames,
  parseIps,
  parseKeep,
  parseMacs,
  parseNameservers,
  parsePorts,
  parseSearch,
  whereOf,
} from '../../spec/annotations.ts';
import {type CniArgs, noCniArgs} from '../../spec/cni-args.ts';
import {CniError} from '../../spec/error.ts';
import type {PortMapping} from '../../spec/port-mapping.ts';
import type {CapabilityArgs} from './request-config.ts';

export interface Wishes {
  readonly args: CniArgs;
  /** What the plugins of every network get that declare the capability. */
  readonly capabilityArgs: CapabilityArgs;
  /** Seconds; undefined leaves it to the network. */
  readonly keepSeconds: number | undefined;
  readonly ips: readonly Placed[];
  readonly macs: readonly Placed[];
  /** Published by the network of the default route. */
  readonly ports: readonly PortMapping[];
  /** The network that the default route goes by; undefined for the first. */
  readonly defaultRoute: Place | undefined;
  readonly hostname: string | undefined;
  readonly aliases: readonly string[];
  /** Whether others may find it by that hostname, which its bundle has and nobody wishes for. */
  readonly mayBeCalled: (hostname: string) => boolean;
  /** Undefined leaves it to the networks. */
  readonly dns: DnsWishes | undefined;
}

export interface DnsWishes {
  /** Whether the container's files are left as they are. */
  readonly off: boolean;
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** The container's files are left as they are. */
export const dnsOff: DnsWishes = {off: true, nameservers: [], search: [], options: []};

export const noWishes: Wishes = {
  args: noCniArgs,
  capabilityArgs: {},
  keepSeconds: undefined,
  ips: [],
  macs: [],
  ports: [],
  defaultRoute: undefined,
  hostname: undefined,
  aliases: [],
  mayBeCalled: () => true,
  dns: undefined,
};

/**
 * The wishes in a container's annotations, each of which messages call what `nameOf` says. Throws `invalidConfig`, also for an
 * annotation that is none of ours but looks so.
 */
export function wishesOf(annotations: Annotations, nameOf: (key: string) => string = whereOf): Wishes {
  const own = ownAnnotations(annotations);
  if (own.length === 0) return noWishes;
  const read = <T>(key: string, parse: (text: string, where: string) => T): T | undefined => {
    const text = annotations[key]?.trim();
    return text ? parse(text, nameOf(key)) : undefined;
  };
  return {
    ...noWishes,
    keepSeconds: read(annotation.keepIp, parseKeep),
    ips: read(annotation.ip, parseIps) ?? [],
    macs: read(annotation.mac, parseMacs) ?? [],
    ports: read(annotation.ports, parsePorts) ?? [],
    defaultRoute: read(annotation.defaultRoute, parseDefaultRoute),
    hostname: read(annotation.hostname, parseHostname),
    aliases: read(annotation.aliases, parseAliases) ?? [],
    dns: dnsOf(
      read(annotation.dns, (text, where) => (text === 'off' ? 'off' : parseNameservers(text, where))),
      read(annotation.dnsSearch, parseSearch),
      read(annotation.dnsOptions, parseDnsOptions),
    ),
  };
}

function parseHostname(text: string, where: string): string {
  const [name = '', ...more] = parseHostnames(text, where);
  if (more.length === 0) return name;
  throw new CniError('invalidConfig', `${where}: "${text}" is more than one name: the others are aliases`);
}

/** All of them stand in a file that everybody on the network reads, and that nobody else may change meanwhile. */
const mostAliases = 64;

function parseAliases(text: string, where: string): readonly string[] {
  const names = parseHostnames(text, where);
  if (names.length <= mostAliases) return names;
  throw new CniError(
    'invalidConfig',
    `${where}: ${names.length} aliases are too many: a container has ${mostAliases} at most`,
  );
}

function dnsOf(
  servers: 'off' | readonly string[] | undefined,
  search: readonly string[] | undefined,
  options: readonly string[] | undefined,
): DnsWishes | undefined {
  if (servers === undefined && search === undefined && options === undefined) return undefined;
  if (servers !== 'off') return {off: false, nameservers: servers ?? [], search: search ?? [], options: options ?? []};
  if (search === undefined && options === undefined) return dnsOff;
  const [others, off] = [`"${annotation.dnsSearch}" or "${annotation.dnsOptions}"`, `"${annotation.dns}" "off"`];
  throw new CniError('invalidConfig', `annotation ${off} leaves no place for ${others}: take one of them away`);
}
