// Ends the flows of connectionless protocols to published ports. A flow that the kernel knows goes where it went before,
// whatever the rules say by now, and it knows it for as long as somebody sends.
import {deleteFlow, dumpFlows, type Flow, readFlow} from '../netlink/ctnetlink.ts';
import type {NetlinkSocket} from '../netlink/socket.ts';
import {protocolNumbers} from './elements.ts';
import type {HostPort} from './port.ts';

/** IPS_ bits (linux/netfilter/nf_conntrack_common.h). */
const translated = {source: 1 << 4, destination: 1 << 5} as const;

/** A kernel without connection tracking over netlink keeps its flows: they end by themselves, half a minute after the last packet. */
export function dropFlows(netfilter: NetlinkSocket, ports: readonly HostPort[]): void {
  for (const port of ports) {
    const [answer] = netfilter.exchange([dumpFlows(port.family, protocolNumbers[port.protocol], port.hostPort)]);
    const flows = (answer?.replies ?? []).flatMap(reply => readFlow(reply) ?? []);
    netfilter.exchange(flows.filter(flow => isTo(port, flow) && !isPassingBy(flow)).map(flow => deleteFlow(flow)));
  }
}

const isTo = ({family, protocol, hostIP, hostPort}: HostPort, flow: Flow): boolean =>
  flow.family === family &&
  flow.protocol === protocolNumbers[protocol] &&
  flow.port === hostPort &&
  (hostIP === undefined || flow.destination === hostIP);

/** What goes out through the host to the same port of somebody else. */
const isPassingBy = ({status}: Flow): boolean =>
  (status & translated.source) !== 0 && (status & translated.destination) === 0;
