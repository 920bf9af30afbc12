// What of one attachment stands in the maps and sets, as bytes for the kernel and as words for a person. Every element
// bears its holder's name as a comment: who finds a port taken, and who takes one back, knows by that whose it is.
import {type Family, parseAddress, toBytes} from '../../spec/address.ts';
import type {Protocol} from '../../spec/port-mapping.ts';
import {nftTable, ownerComment} from '../names.ts';
import {type Element, keyOf} from '../netlink/nf-elements.ts';
import {type Bytes, concat} from '../netlink/wire.ts';
import type {ChangePorts, HostPort, PortElements, PublishedPort} from './port.ts';
import {portSets} from './tables.ts';

/** IPPROTO_ numbers (protocols(5)). */
export const protocolNumbers: Readonly<Record<Protocol, number>> = {tcp: 6, udp: 17, sctp: 132};

export interface PortElement {
  readonly element: Element;
  /** As nft(8) writes them. */
  readonly key: string;
  readonly data: string | undefined;
}

/** All elements of an attachment. */
export function portElements({attachment, ports, near, masqueraded}: Omit<ChangePorts, 'op'>): readonly PortElement[] {
  const comment = ownerComment(attachment);
  return [
    ...ports.map(port => publishedElement(port, comment)),
    ...near.map(({address, link}) => ({
      element: elementIn(portSets[familyOf(address)].near, concat([bytesOf(address), keyOf(link)]), {comment}),
      key: `${address} . "${link}"`,
      data: undefined,
    })),
    ...masqueraded.map(address => ({
      element: elementIn(portSets[familyOf(address)].masqueraded, bytesOf(address), {comment}),
      key: address,
      data: undefined,
    })),
  ];
}

/** One command for each map or set. */
export function renderPorts({op, ...holder}: ChangePorts): readonly string[] {
  const elements = portElements(holder);
  const sets = [...new Set(elements.map(({element}) => element.set))];
  return sets.map(set => {
    const words = elements.filter(({element}) => element.set === set).map(one => wordsOf(one, op));
    return `${op === 'ports.add' ? 'add' : 'delete'} element inet ${nftTable} ${set} { ${words.join(', ')} }`;
  });
}

function wordsOf({element: {comment}, key, data}: PortElement, op: ChangePorts['op']): string {
  if (op === 'ports.delete') return key;
  return `${key} comment "${comment}"${data === undefined ? '' : ` : ${data}`}`;
}

/** The element in the map for all addresses, or for one. */
export function hostPortElement({family, protocol, hostIP, hostPort}: HostPort): Element {
  const port = concat([Uint8Array.of(protocolNumbers[protocol], 0, 0, 0), portBytes(hostPort)]);
  if (hostIP === undefined) return elementIn(portSets[family].all, port);
  return elementIn(portSets[family].exact, concat([bytesOf(hostIP), port]));
}

/** What of `elements` these are, by their order in `portElements`. */
export function pick({ports, near, masqueraded}: PortElements, isMeant: (i: number) => boolean): PortElements {
  const first = ports.length + near.length;
  return {
    ports: ports.filter((_, i) => isMeant(i)),
    near: near.filter((_, i) => isMeant(ports.length + i)),
    masqueraded: masqueraded.filter((_, i) => isMeant(first + i)),
  };
}

function publishedElement(published: PublishedPort, comment: string): PortElement {
  const {protocol, hostIP, hostPort, address, containerPort} = published;
  const data = concat([bytesOf(address), portBytes(containerPort)]);
  return {
    element: {...hostPortElement(published), data, comment},
    key: `${hostIP === undefined ? '' : `${hostIP} . `}${protocol} . ${hostPort}`,
    data: `${address} . ${containerPort}`,
  };
}

const elementIn = (set: string, key: Bytes, more: Pick<Element, 'comment'> = {}): Element => ({
  family: 'inet',
  table: nftTable,
  set,
  key,
  ...more,
});

const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);
const bytesOf = (address: string): Bytes => toBytes(parseAddress(address));
/** In network order, padded to four bytes. */
const portBytes = (port: number): Bytes => Uint8Array.of(port >>> 8, port & 255, 0, 0);
