// Published ports as a person writes them: "8080:80/tcp,127.0.0.1:5353:53/udp,[::1]:8080:80,8000-8010:9000-9010".
import {formatAddress, parseAddress} from './address.ts';
import {CniError, reasonOf} from './error.ts';

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

/** `where` names the source in messages. Throws `invalidConfig`. */
export function parsePortMappings(text: string, where: string): readonly PortMapping[] {
  const entries = text
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '');
  const mappings = entries.flatMap(entry => parseEntry(entry, where));
  const keys = mappings.map(({protocol, hostPort, hostIP = ''}) => `${hostIP} ${hostPort}/${protocol}`);
  const double = keys.find((key, i) => keys.indexOf(key) !== i);
  if (double !== undefined) throw new CniError('invalidConfig', `${where}: port ${double.trim()} is published twice`);
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
    return formatAddress(parseAddress(text));
  } catch (cause) {
    throw new CniError('invalidConfig', `${where}: "${entry}": ${reasonOf(cause)}`, {cause});
  }
}

const wrong = (entry: string, where: string, problem: string): CniError =>
  new CniError('invalidConfig', `${where}: ${JSON.stringify(entry)} ${problem}`);
