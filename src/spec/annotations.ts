// The annotations by which a container says what it wishes, and the values in them. A mistake is told before anything is
// touched: by the hook, and by whoever writes them into a bundle. An empty value is as good as none.
import {formatAddress, parseAddress, parseCidr} from './address.ts';
import {parseDuration} from './duration.ts';
import {CniError, reasonOf} from './error.ts';
import {checkHostname} from './hostname.ts';
import {formatMac, parseMac} from './mac.ts';
import {checkIfName, checkNetworkName} from './names.ts';
import {type PortMapping, parsePortMappings} from './port-mapping.ts';
import {isResolverOption, isSearchDomain} from './resolv-conf.ts';
import {asSuggestion, nearest} from './suggest.ts';

const prefix = 'io.cni-hook.';

/** Every one that we know. */
export const annotation = {
  networks: `${prefix}networks`,
  ip: `${prefix}ip`,
  mac: `${prefix}mac`,
  ports: `${prefix}ports`,
  hostname: `${prefix}hostname`,
  aliases: `${prefix}aliases`,
  dns: `${prefix}dns`,
  dnsSearch: `${prefix}dns-search`,
  dnsOptions: `${prefix}dns-options`,
  keepIp: `${prefix}keep-ip`,
  defaultRoute: `${prefix}default-route`,
  wired: `${prefix}wired`,
} as const;

export type Annotations = Readonly<Record<string, string>>;

/** A network that a container is in, and as which interface if it is in it more than once. */
export interface Place {
  readonly network: string;
  readonly ifName: string | undefined;
}

/** A value that is meant for one network; without a place, for the first. */
export interface Placed {
  readonly place: Place | undefined;
  readonly value: string;
}

/** The keys that are ours. Throws `invalidConfig` for one that nobody reads: what it was to bring about would not happen. */
export function ownAnnotations(annotations: Annotations): readonly string[] {
  const own = Object.keys(annotations).filter(key => key.toLowerCase().startsWith(prefix));
  const known: readonly string[] = Object.values(annotation);
  const unknown = own.find(key => !known.includes(key));
  if (unknown === undefined) return own;
  const close = nearest(
    unknown.slice(prefix.length),
    known.map(key => key.slice(prefix.length)),
  );
  const hint = asSuggestion(close && prefix + close) ?? `there are ${known.join(', ')}`;
  throw new CniError('invalidConfig', `there is no annotation "${unknown}": ${hint}`);
}

/** What is separated by commas, without white space around it. */
export const splitList = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');

/** "NETWORK" or "NETWORK:IFNAME". Throws `invalidConfig`, `invalidEnvironment`. */
export function parsePlace(text: string): Place {
  const colon = text.indexOf(':');
  if (colon < 0) return {network: checkNetworkName(text), ifName: undefined};
  return {network: checkNetworkName(text.slice(0, colon)), ifName: checkIfName(text.slice(colon + 1))};
}

/** Addresses, with or without a prefix length: "10.1.0.9", "web=10.1.0.9,db:eth1=fd00::9/64". Throws `invalidConfig`. */
export const parseIps = (text: string, where: string): readonly Placed[] => parsePlaced(text, where, checkIp);

/** "02:11:22:33:44:55", "db=02:11:22:33:44:55", in the form that the kernel prints. Throws `invalidConfig`. */
export const parseMacs = (text: string, where: string): readonly Placed[] =>
  parsePlaced(text, where, value => formatMac(parseMac(value)));

/** "db", "db:eth1". Throws `invalidConfig`. */
export const parseDefaultRoute = (text: string, where: string): Place => at(where, () => parsePlace(text));

/** "web,www.example". Throws `invalidConfig`. */
export const parseHostnames = (text: string, where: string): readonly string[] =>
  splitList(text).map(name => at(where, () => checkHostname(name)));

/** "10.0.0.53,fd00::53". Throws `invalidConfig`. */
export const parseNameservers = (text: string, where: string): readonly string[] =>
  splitList(text).map(server => at(where, () => formatAddress(parseAddress(server))));

/** Domains that are tried behind a name: "example.org,svc.cluster.local". Throws `invalidConfig`. */
export const parseSearch = (text: string, where: string): readonly string[] =>
  splitList(text).map(domain => matching(where, domain, isSearchDomain, 'a domain'));

/** As resolv.conf(5) has them: "ndots:2,edns0". Throws `invalidConfig`. */
export const parseDnsOptions = (text: string, where: string): readonly string[] =>
  splitList(text).map(option => matching(where, option, isResolverOption, 'an option such as ndots:2'));

/** "8080:80/tcp,127.0.0.1:5353:53/udp". Throws `invalidConfig`. */
export const parsePorts = (text: string, where: string): readonly PortMapping[] => parsePortMappings(text, where);

/** Seconds. Throws `invalidConfig`. */
export const parseKeep = (text: string, where: string): number => parseDuration(text, where);

/** How messages name it. */
export const whereOf = (key: string): string => `annotation "${key}"`;

function parsePlaced(text: string, where: string, check: (value: string) => string): readonly Placed[] {
  return splitList(text).map(item => {
    const [first = '', ...rest] = item.split('=');
    return at(where, () =>
      rest.length === 0
        ? {place: undefined, value: check(first)}
        : {place: parsePlace(first.trim()), value: check(rest.join('=').trim())},
    );
  });
}

function checkIp(text: string): string {
  if (text.includes('/')) parseCidr(text);
  else parseAddress(text);
  return text;
}

function matching(where: string, text: string, isOne: (text: string) => boolean, what: string): string {
  if (isOne(text)) return text;
  throw new CniError('invalidConfig', `${where}: ${JSON.stringify(text)} is not ${what}`);
}

function at<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new CniError('invalidConfig', `${where}: ${reasonOf(cause)}`, {cause});
  }
}
