// Publishes the ports of an attachment and takes them back, without a process, and in one transaction: all of them, or none.
// What is taken back is looked at first: after a flush somebody else may have the port by now.
import {CniError} from '../../spec/error.ts';
import {hostPortWords} from '../../spec/port-mapping.ts';
import {errno} from '../libc.ts';
import {ownerComment} from '../names.ts';
import {changeElements, type Element, type FoundElement, getElement, readElements} from '../netlink/nf-elements.ts';
import {transaction} from '../netlink/nfnetlink.ts';
import type {NetlinkSocket} from '../netlink/socket.ts';
import type {Request} from '../netlink/wire.ts';
import {dropFlows} from './conntrack.ts';
import {hostPortElement, type PortElement, pick, portElements} from './elements.ts';
import type {ChangePorts, HostPort, PortElements, SetPortRules} from './port.ts';

/** Throws `portTaken` if somebody was quicker, and if the kernel refuses. To take back what is gone, or another's, is no failure. */
export function changePorts(netfilter: NetlinkSocket, op: ChangePorts): void {
  if (op.op === 'ports.add') add(netfilter, op);
  else takeBack(netfilter, op);
  forgetFlows(netfilter, op);
}

/** A client that goes on sending from the same port would be led where the port led before, for as long as it sends. */
export function forgetFlows(netfilter: NetlinkSocket, {ports}: ChangePorts | SetPortRules): void {
  const ofUdp = ports.filter(({protocol}) => protocol === 'udp');
  if (ofUdp.length > 0) dropFlows(netfilter, ofUdp);
}

/** What of the elements is not in the kernel as this attachment's own. */
export function missingElements(netfilter: NetlinkSocket, wanted: Omit<ChangePorts, 'op'>): PortElements {
  const there = find(netfilter, wanted, portElements(wanted));
  return pick(wanted, i => !there[i]);
}

function add(netfilter: NetlinkSocket, op: ChangePorts): void {
  const wanted = portElements(op).map(({element}) => element);
  const commit = (requests: readonly Request[]) =>
    netfilter.exchange(transaction(requests)).find(({error}) => error !== 0);
  const adding = changeElements('new', wanted);
  let refused = commit(adding);
  if (refused?.error === errno.EEXIST) {
    refuseTaken(netfilter, op.ports);
    refused = commit([...changeElements('delete', staleAmong(netfilter, wanted.slice(op.ports.length))), ...adding]);
  }
  if (refused) throw new Error(refused.reason);
}

function refuseTaken(netfilter: NetlinkSocket, ports: readonly HostPort[]): void {
  const found = lookUp(
    netfilter,
    ports.map(port => hostPortElement(port)),
  );
  const which = found.findIndex(element => element !== undefined);
  const port = ports[which];
  if (!port) return;
  const holder = found[which]?.comment || 'somebody';
  throw new CniError('portTaken', `port ${hostPortWords(port)} was published for "${holder}" in the meantime`);
}

/** An address has one holder, who has it now: what bears it is of an earlier one, of whom no record told any more. */
function staleAmong(netfilter: NetlinkSocket, elements: readonly Element[]): readonly Element[] {
  const keys = elements.map(({data, comment, ...key}) => key);
  const found = lookUp(netfilter, keys);
  return keys.filter((_, i) => found[i]);
}

function takeBack(netfilter: NetlinkSocket, op: ChangePorts): void {
  const elements = portElements(op);
  const there = find(netfilter, op, elements);
  const own = elements.filter((_, i) => there[i]).map(({element: {data, comment, ...key}}) => key);
  if (own.length === 0) return;
  const refused = netfilter.exchange(transaction(changeElements('delete', own))).find(({error}) => error !== 0);
  if (refused && refused.error !== errno.ENOENT) throw new Error(refused.reason);
}

/** For each element, whether it is there and this attachment's. */
function find(
  netfilter: NetlinkSocket,
  {attachment}: Omit<ChangePorts, 'op'>,
  elements: readonly PortElement[],
): readonly boolean[] {
  const comment = ownerComment(attachment);
  const found = lookUp(
    netfilter,
    elements.map(({element: {data, comment: _, ...key}}) => key),
  );
  return elements.map(({element: {data = new Uint8Array()}}, i) => {
    const there = found[i];
    return there?.comment === comment && data.every((byte, at) => there.data?.[at] === byte);
  });
}

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
