// Whether a process of the host listens on a port. A socket that is bound for a moment tells, whatever number of sockets
// there is; only where that fails is it looked who has it, for a connection of the host's own may come from that port.
import {readdirSync, readlinkSync} from 'node:fs';
import {parseAddress, toBytes} from '../../spec/address.ts';
import {isFreeToBind} from '../libc.ts';
import {AF} from '../netlink/rtnetlink.ts';
import {concat} from '../netlink/wire.ts';
import {readOrNothing} from '../netns.ts';
import {protocolNumbers} from './elements.ts';
import type {HostPort} from './port.ts';

const SOCK = {tcp: 1, udp: 2, sctp: 1} as const;
const anywhere = {4: '0.0.0.0', 6: '::'} as const;

/** The process in words, `process 812 ("nginx")`; undefined if nobody listens, or the container's own conmon (podman). */
export function listenerOn(port: HostPort, containerId: string): string | undefined {
  const {family, protocol, hostIP = anywhere[family], hostPort} = port;
  const start = Uint8Array.of(AF[family], 0, hostPort >>> 8, hostPort & 255);
  const address = toBytes(parseAddress(hostIP));
  // struct sockaddr_in, sockaddr_in6 (ip(7), ipv6(7)).
  const socketAddress =
    family === 4
      ? concat([start, address, new Uint8Array(8)])
      : concat([start, new Uint8Array(4), address, new Uint8Array(4)]);
  if (isFreeToBind(SOCK[protocol], protocolNumbers[protocol], socketAddress)) return undefined;
  // Of SCTP sockets there is no such table.
  if (protocol === 'sctp') return 'a process of the host';
  const inode = listeningSocket(port);
  return inode === undefined ? undefined : processWith(inode, containerId);
}

/** As they stand in the fourth column: a TCP socket that listens, a UDP socket that is connected to nobody. */
const states: Readonly<Record<string, string>> = {tcp: '0A', udp: '07'};
/** Of an IPv4 address that a socket of IPv6 is bound to (ipv6(7)), as many languages bind them: "::ffff:". */
const mapped = '0000000000000000FFFF0000';

/** The inode of a socket that what comes to the port would reach (proc(5), /proc/net/tcp). */
function listeningSocket({family, protocol, hostIP, hostPort}: HostPort): string | undefined {
  const wanted = hostIP === undefined ? undefined : hexOf(hostIP);
  const files = family === 4 ? [protocol, `${protocol}6`] : [`${protocol}6`];
  for (const file of files) {
    for (const line of (readOrNothing(`/proc/net/${file}`) ?? '').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      const isAnywhere = /^0*$/.test(address);
      const isMapped = address.startsWith(mapped);
      const here = isMapped ? address.slice(mapped.length) : address;
      const isOfFamily = isAnywhere || file === protocol || isMapped === (family === 4);
      const isMeant = isOfFamily && (wanted === undefined || isAnywhere || here === wanted);
      if (Number.parseInt(port, 16) === hostPort && state === states[protocol] && isMeant) return inode;
    }
  }
  return undefined;
}

/** As the kernel prints it: words of four bytes in the machine's order. */
function hexOf(address: string): string {
  const bytes = toBytes(parseAddress(address));
  const words = Array.from({length: bytes.length / 4}, (_, i) => [...bytes.subarray(4 * i, 4 * i + 4)].reverse());
  return words
    .flat()
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

function processWith(inode: string, containerId: string): string | undefined {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  const pid = pids.find(one => descriptorsOf(one).includes(`socket:[${inode}]`));
  if (pid === undefined) return 'a process of the host';
  const name = readOrNothing(`/proc/${pid}/comm`);
  const words = readOrNothing(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  return name === 'conmon' && words.includes(containerId) ? undefined : `process ${pid} ("${name}")`;
}

/** What its open files are; none where it has ended or may not be looked at. */
function descriptorsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}
