// One netlink socket: requests go out as one batch, answers are matched by sequence number.
// The kernel works through a whole batch even if a message in it fails, so after a failure everything in the batch may
// have happened: undo must cover all of it.
import {closeFd, describeErrno, netlinkSocket, receive, send, setSocketOption} from '../libc.ts';
import {mark} from '../trace.ts';
import {
  attributes,
  concat,
  decode,
  encode,
  NLM,
  NLMSG,
  type Reply,
  type Request,
  readI32,
  readText,
  readU32,
} from './wire.ts';

const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
// Bytes: less than what a socket takes unasked, net.core.wmem_default.
const roomToSend = 64 * 1024;
const SOL_NETLINK = 270;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const NLMSGERR_ATTR_MSG = 1;
const ackIsCapped = 0x100;
const ackHasAttributes = 0x200;
const secondsToWait = 5;

export const protocols = {route: 0, netfilter: 12} as const;

/** What the kernel said to one request. */
export interface Answer {
  readonly replies: readonly Reply[];
  /** 0 for success, else an errno. */
  readonly error: number;
  /** The kernel's own words, or strerror's. */
  readonly reason: string;
}

export class NetlinkSocket {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(64 * 1024);
  #sequence = 0;

  /** Opens it in the network namespace of this thread, where it stays. */
  constructor(protocol: keyof typeof protocols) {
    this.#fd = netlinkSocket(protocols[protocol], secondsToWait);
    for (const option of [NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
      setSocketOption(this.#fd, SOL_NETLINK, option, Int32Array.of(1));
    }
  }

  /** Sends all requests at once and returns the answers, in order, to those that ask for an ack or are a dump. */
  exchange(requests: readonly Request[]): readonly Answer[] {
    if (requests.length === 0) return [];
    const first = this.#sequence + 1;
    this.#sequence += requests.length;
    const bytes = concat(requests.map((request, i) => encode(request, first + i)));
    // A transaction is one message for the socket, however much is in it.
    if (bytes.length > roomToSend) setSocketOption(this.#fd, SOL_SOCKET, SO_SNDBUFFORCE, Int32Array.of(bytes.length));
    send(this.#fd, bytes);
    const replies: Reply[][] = requests.map(() => []);
    const answers: (Answer | undefined)[] = requests.map(() => undefined);
    const isAnswered = ({flags}: Request) => (flags & NLM.ACK) !== 0 || (flags & NLM.DUMP) === NLM.DUMP;
    for (let open = requests.filter(isAnswered).length; open > 0; ) {
      const length = receive(this.#fd, this.#buffer);
      for (const reply of decode(this.#buffer.subarray(0, length))) {
        const which = reply.sequence - first;
        const end = endOf(reply);
        if (!replies[which] || answers[which]) continue;
        if (!end) replies[which].push(reply);
        else {
          answers[which] = {replies: replies[which], ...end};
          open--;
        }
      }
    }
    mark(`netlink, ${requests.length} messages`);
    return answers.filter(answer => answer !== undefined);
  }

  close(): void {
    closeFd(this.#fd);
  }
}

/** The verdict in an ack, an error or the end of a dump; undefined for a message with data. */
function endOf(reply: Reply): {error: number; reason: string} | undefined {
  if (reply.type !== NLMSG.ERROR && reply.type !== NLMSG.DONE) return undefined;
  const error = reply.body.length >= 4 ? -readI32(reply.body) : 0;
  return {error, reason: error === 0 ? '' : (kernelWords(reply) ?? describeErrno(error))};
}

/** The text of an extended ack: behind the error number and the header of the request, or behind the whole request. */
function kernelWords(reply: Reply): string | undefined {
  if ((reply.flags & ackHasAttributes) === 0 || reply.type !== NLMSG.ERROR) return undefined;
  const echoed = (reply.flags & ackIsCapped) === 0 ? readU32(reply.body, 4) : 16;
  const message = attributes(reply.body, 4 + ((echoed + 3) & ~3)).get(NLMSGERR_ATTR_MSG);
  return message && readText(message);
}
