// Which name servers a container asks: those that it wishes, else those of its networks, else the host's. Each of nameservers,
// search and options is taken from the first who says something of it; of the host only where nobody names a name server.
import {Fields, isObject} from '../../spec/fields.ts';
import {formatResolvConf, isNameserver, isReachableElsewhere, parseResolvConf} from '../../spec/resolv-conf.ts';
import type {Dns} from '../../spec/result.ts';
import type {CapabilityArgs} from '../wishes/request-config.ts';
import type {DnsWishes} from '../wishes/wishes.ts';

// Where the host's are, and where systemd keeps the real ones if the first holds only its own, on a loopback address.
const hostFiles = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'] as const;

export interface Resolvers {
  /** The text of the container's resolv.conf. */
  readonly text: string;
  /** Why names outside can't be looked up. */
  readonly warning: string | undefined;
}

/** `readFile` answers undefined for a file that is not there. */
export function chooseResolvers(
  wished: Dns | undefined,
  results: readonly Dns[],
  readFile: (path: string) => string | undefined,
): Resolvers {
  const said = [...(wished ? [wished] : []), merged(results)].map(dns => ({
    ...dns,
    nameservers: (dns.nameservers ?? []).filter(server => isNameserver(server)),
  }));
  const hasServers = said.some(({nameservers}) => nameservers.length > 0);
  const chosen = firstOfEach(hasServers ? said : [...said, ofHost(readFile)]);
  const text = formatResolvConf(chosen);
  if (text.includes('nameserver ')) return {text, warning: undefined};
  const warning =
    'no name server for the container: the host has none that it could ask: name one in the annotation io.cni-hook.dns, or as "dns" in the network\'s configuration';
  return {text: text === '' ? '# no name server is known\n' : text, warning};
}

/** All that the networks name, in their order. */
function merged(results: readonly Dns[]): Dns {
  return {
    nameservers: results.flatMap(({nameservers = []}) => nameservers),
    search: results.flatMap(({domain, search = []}) => [...(domain ? [domain] : []), ...search]),
    options: results.flatMap(({options = []}) => options),
  };
}

/** What a runtime says by the capability "dns" (CNI CONVENTIONS.md, "Dynamic Plugin specific fields"). Throws `invalidConfig`. */
export function dnsOfCapability({dns}: CapabilityArgs): DnsWishes | undefined {
  if (!isObject(dns)) return undefined;
  const fields = new Fields(dns, 'capability "dns"');
  return {
    off: false,
    nameservers: fields.strings('servers'),
    search: fields.strings('searches'),
    options: fields.strings('options'),
  };
}

function ofHost(readFile: (path: string) => string | undefined): Dns {
  const [first, second] = hostFiles.map(path => () => parseResolvConf(readFile(path) ?? ''));
  const dns = first?.() ?? {};
  const reachable = ({nameservers = []}: Dns) => nameservers.filter(server => isReachableElsewhere(server));
  const servers = reachable(dns);
  const nameservers = servers.length > 0 ? servers : reachable(second?.() ?? {});
  return {...merged([dns]), nameservers};
}

function firstOfEach(sources: readonly Dns[]): Dns {
  const first = (key: 'nameservers' | 'search' | 'options') =>
    sources.map(source => source[key] ?? []).find(list => list.length > 0) ?? [];
  return {nameservers: first('nameservers'), search: first('search'), options: first('options')};
}
