// Publishes the ports of an attachment and takes them back, without a process. All of it is one transaction, for each commit
// waits until no packet is on its way through the rules any more. What is taken back is looked at first: after a flush
// somebody else may have the port by now.
import {CniError} from '../../spec/error.ts';
import {hostPortWords} from '../../spec/port-mapping.ts';
import {errno} from '../libc.ts';
import {ownerComment} from '../names.ts';
import {addNewElement, changeElement, getElement, readElements} from '../netlink/nf-elements.ts';
import {transaction} from '../netlink/nfnetlink.ts';
import type {NetlinkSocket} from '../netlink/socket.ts';
import {dropFlows} from './conntrack.ts';
import {hostPortElement, type PortElement, pick, portElements} from './elements.ts';
import type {ChangePorts, HostPort, PortElements, PublishedPort, SetPortRules} from './port.ts';

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

/** What the words for a port say: `8080/tcp`. */
export const wordsFor = (port: HostPort | PublishedPort): string => hostPortWords(port);

/** What of the elements is not in the kernel as this attachment's own. */
export function missingElements(netfilter: NetlinkSocket, wanted: Omit<ChangePorts, 'op'>): PortElements {
  const there = find(netfilter, wanted, portElements(wanted));
  return pick(wanted, i => !there[i]);
}

function add(netfilter: NetlinkSocket, op: ChangePorts): void {
  const elements = portElements(op);
  const answers = netfilter.exchange(transaction(elements.map(({element}) => addNewElement(element))));
  const which = answers.findIndex(({error}) => error !== 0);
  const refused = answers[which];
  if (!refused) return;
  const port = op.ports[which];
  if (refused.error !== errno.EEXIST || !port) throw new Error(refused.reason);
  const [answer] = netfilter.exchange([getElement(hostPortElement(port))]);
  const [found] = (answer?.replies ?? []).flatMap(reply => readElements(reply));
  throw new CniError('portTaken', `port ${wordsFor(port)} was published for "${found?.comment}" in the meantime`);
}

function takeBack(netfilter: NetlinkSocket, op: ChangePorts): void {
  const elements = portElements(op);
  const there = find(netfilter, op, elements);
  const requests = elements
    .filter((_, i) => there[i])
    .map(({element: {data, comment, ...key}}) => changeElement('delete', key));
  if (requests.length === 0) return;
  const refused = netfilter.exchange(transaction(requests)).find(({error}) => error !== 0);
  if (refused && refused.error !== errno.ENOENT) throw new Error(refused.reason);
}

/** For each element, whether it is there and this attachment's. */
function find(
  netfilter: NetlinkSocket,
  {attachment}: Omit<ChangePorts, 'op'>,
  elements: readonly PortElement[],
): readonly boolean[] {
  const comment = ownerComment(attachment);
  const answers = netfilter.exchange(elements.map(({element: {data, comment: _, ...key}}) => getElement(key)));
  return answers.map(
    ({error, replies}, i) =>
      error === 0 &&
      replies.some(reply => readElements(reply).some(found => found.comment === comment && leadsTo(found.data, i))),
  );
  function leadsTo(data: Uint8Array | undefined, i: number): boolean {
    const wanted = elements[i]?.element.data;
    return wanted === undefined || (data !== undefined && wanted.every((byte, at) => data[at] === byte));
  }
}
