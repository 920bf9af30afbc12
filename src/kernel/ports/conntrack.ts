// Ends the flows of connectionless protocols to published ports. A flow that the kernel knows goes where it went before,
// whatever the rules say by now, and it knows it for as long as somebody sends.
import {deleteFlow, dumpFlows, type Flow, readFlow} from '../netlink/ctnetlink.ts';
import type {NetlinkSocket} from '../netlink/socket.ts';
import {protocolNumbers} from './elements.ts';
import type {HostPort} from './port.ts';

/** IPS_ bits (linux/netfilter/nf_conntrack_common.h). */
const translated = {source: 1 << 4, destination: 1 << 5} as const;

/** More ports than this are looked for in one go through all flows of the protocol: each question takes the kernel through all it knows. */
const fewPorts = 2;

/** A kernel without connection tracking over netlink keeps its flows: they end by themselves, half a minute after the last packet. */
export function dropFlows(netfilter: NetlinkSocket, ports: readonly HostPort[]): void {
  for (const family of [4, 6] as const) {
    const wanted = ports.filter(port => port.family === family);
    const numbers = [...new Set(wanted.map(({hostPort}) => hostPort))];
    for (const number of numbers.length > fewPorts ? [undefined] : numbers)
      dropAmong(netfilter, family, number, wanted);
  }
}

function dropAmong(
  netfilter: NetlinkSocket,
  family: HostPort['family'],
  hostPort: number | undefined,
  ports: readonly HostPort[],
): void {
  const [answer] = netfilter.exchange([dumpFlows(family, protocolNumbers.udp, hostPort)]);
  const flows = (answer?.replies ?? []).flatMap(reply => readFlow(reply) ?? []);
  const keys = new Set(ports.map(({hostIP = '', hostPort: number}) => `${hostIP} ${number}`));
  for (const flow of flows) {
    const isOf = flow.family === family && flow.protocol === protocolNumbers.udp;
    const isTo = keys.has(` ${flow.port}`) || keys.has(`${flow.destination} ${flow.port}`);
    if (isOf && isTo && !isPassingBy(flow)) netfilter.exchange([deleteFlow(flow)]);
  }
}

/** What goes out through the host to the same port of somebody else. */
const isPassingBy = ({status}: Flow): boolean =>
  (status & translated.source) !== 0 && (status & translated.destination) === 0;
