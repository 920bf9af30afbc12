// Publishes the ports of an attachment and takes them back, without a process, and in one transaction: all of them, or none.
// What is taken back is looked at first: after a flush somebody else may have the port by now.
import {CniError} from '../../spec/error.ts';
import {hostPortWords} from '../../spec/port-mapping.ts';
import {sleep} from '../flock.ts';
import {errno} from '../libc.ts';
import {ownerComment} from '../names.ts';
import {changeElements, type Element} from '../netlink/nf-elements.ts';
import {transaction} from '../netlink/nfnetlink.ts';
import type {NetlinkSocket} from '../netlink/socket.ts';
import type {Request} from '../netlink/wire.ts';
import {dropFlows} from './conntrack.ts';
import {hostPortElement, type PortElement, pick, portElements} from './elements.ts';
import {lookUp, overlapping} from './found.ts';
import type {ChangePorts, HostPort, PortElements, SetPortRules, TakenPort} from './port.ts';

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
  giveWay(netfilter, op);
}

function refuseTaken(netfilter: NetlinkSocket, ports: readonly HostPort[]): void {
  const found = lookUp(
    netfilter,
    ports.map(port => hostPortElement(port)),
  );
  const which = found.findIndex(element => element !== undefined);
  const port = ports[which];
  if (port) throw takenMeanwhile({port, publishedFor: found[which]?.comment ?? ''});
}

// Milliseconds.
const patience = 300;
const pause = 10;

/**
 * Of two who come at one time, for all addresses and for a single one, neither saw the other before, and they share no key.
 * Who wants all gives way at once; who wants one address waits whether the other does, and gives way to who stays.
 */
function giveWay(netfilter: NetlinkSocket, op: ChangePorts): void {
  let [met] = overlapping(netfilter, op.ports);
  for (let waited = 0; met?.port.hostIP !== undefined && waited < patience; waited += pause) {
    sleep(pause);
    [met] = overlapping(netfilter, op.ports);
  }
  if (!met) return;
  takeBack(netfilter, op);
  throw takenMeanwhile(met);
}

function takenMeanwhile({port, publishedFor}: TakenPort): CniError {
  const what = `port ${hostPortWords(port)} was published for "${publishedFor || 'somebody'}" in the meantime`;
  return new CniError('portTaken', `${what}: choose another port`);
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
