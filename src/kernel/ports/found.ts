// What is in the maps of published ports, and whose it is. A port for all addresses and one for a single address exclude each
// other, and no key tells: for the first a whole map is read, that of the ports which have an address, and hardly decoded.
import {nftTable} from '../names.ts';
import {dumpElements, type Element, type FoundElement, getElement, readElements} from '../netlink/nf-elements.ts';
import type {NetlinkSocket} from '../netlink/socket.ts';
import type {Reply} from '../netlink/wire.ts';
import {hostPortElement} from './elements.ts';
import type {HostPort, TakenPort} from './port.ts';
import {portSets} from './tables.ts';

// Two messages come back for each: more would not fit into the socket's buffer at once.
const atOnce = 64;

/** Each as it is in the kernel, undefined if it is not there. */
export function lookUp(netfilter: NetlinkSocket, elements: readonly Element[]): readonly (FoundElement | undefined)[] {
  const found: (FoundElement | undefined)[] = [];
  for (let from = 0; from < elements.length; from += atOnce) {
    const answers = netfilter.exchange(elements.slice(from, from + atOnce).map(element => getElement(element)));
    for (const {error, replies} of answers) {
      const [one] = error === 0 ? replies.flatMap(reply => readElements(reply)) : [];
      found.push(one);
    }
  }
  return found;
}

/** Those of the ports that are published already, for whomever. */
export const takenByOurs = (netfilter: NetlinkSocket, wanted: readonly HostPort[]): readonly TakenPort[] => [
  ...takenUnder(netfilter, wanted, port => port),
  ...overlapping(netfilter, wanted),
];

/** Those for one address that are published for all, and those for all that are published for one. */
export const overlapping = (netfilter: NetlinkSocket, wanted: readonly HostPort[]): readonly TakenPort[] => [
  ...takenUnder(
    netfilter,
    wanted.filter(({hostIP}) => hostIP !== undefined),
    ({hostIP, ...port}) => port,
  ),
  ...([4, 6] as const).flatMap(family => takenForOneAddress(netfilter, wanted, family)),
];

/** Those whose place is another's: the `place` of each is looked up. */
function takenUnder(
  netfilter: NetlinkSocket,
  wanted: readonly HostPort[],
  place: (port: HostPort) => HostPort,
): readonly TakenPort[] {
  const there = lookUp(
    netfilter,
    wanted.map(port => hostPortElement(place(port))),
  );
  return wanted.flatMap((port, i) => {
    const one = there[i];
    return one ? [takenBy(port, one)] : [];
  });
}

/** For more ports than this it is quicker to decode everything. */
const fewPorts = 8;

function takenForOneAddress(
  netfilter: NetlinkSocket,
  wanted: readonly HostPort[],
  family: HostPort['family'],
): readonly TakenPort[] {
  const everywhere = wanted.filter(port => port.family === family && port.hostIP === undefined);
  if (everywhere.length === 0) return [];
  const set = {family: 'inet', table: nftTable, set: portSets[family].exact} as const;
  const [answer] = netfilter.exchange([dumpElements(set)]);
  // The key ends like that of the port for all addresses.
  const tails = everywhere.map(port => hostPortElement(port).key);
  const mayHold = ({body}: Reply) => tails.length > fewPorts || tails.some(tail => includes(body, tail));
  const elements = (answer?.replies ?? []).filter(mayHold).flatMap(reply => readElements(reply));
  const byTail = new Map(everywhere.map((port, i) => [tails[i]?.join(), port]));
  return elements.flatMap(one => {
    const port = byTail.get(one.key.subarray(-8).join());
    return port ? [takenBy(port, one)] : [];
  });
}

function includes(bytes: Uint8Array, sought: Uint8Array): boolean {
  const [first = 0] = sought;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (sought.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

const takenBy = (port: HostPort, {comment}: FoundElement): TakenPort => ({port, publishedFor: comment});
