// The door: whatever is observed or changed in the kernel goes through a Kernel, which holds one netlink socket for the
// host and one for the container, opened when first needed.

import {apply} from './apply.ts';
import type {Facts, Question} from './facts.ts';
import {NetlinkSocket} from './netlink/socket.ts';
import {inNetns, type OpenNetns} from './netns.ts';
import {type Known, observe} from './observe.ts';
import type {Netns, Op} from './op.ts';

export class Kernel {
  readonly container: OpenNetns | undefined;
  readonly #host: Kernel | undefined;
  readonly #sockets = new Map<Netns | 'netfilter', NetlinkSocket>();

  /**
   * `container` is absent where only the host is touched: at the end, when the container's netns is gone. Who looks into many
   * containers gives them the kernel of their `host`, whose sockets serve all of them and stay open when theirs are closed.
   */
  constructor(container?: OpenNetns, host?: Kernel) {
    this.container = container;
    this.#host = host;
  }

  observe(question: Question, network: string, known?: Known): Facts {
    return observe(this, question, network, known);
  }

  /** Does the operations in order and throws at the first that fails: `cannot ADD WHAT: REASON`. */
  apply(ops: readonly Op[]): void {
    const failure = apply(this, ops, 'stop')[0];
    if (failure) throw failure;
  }

  /** Does the operations in order, whatever fails, and returns what failed. What is already gone is no failure. */
  takeBack(ops: readonly Op[]): readonly Error[] {
    return apply(this, ops, 'go on');
  }

  socket(netns: Netns): NetlinkSocket {
    if (this.#host && netns === 'host') return this.#host.socket('host');
    return this.#open(netns, () => this.within(netns, () => new NetlinkSocket('route')));
  }

  netfilter(): NetlinkSocket {
    if (this.#host) return this.#host.netfilter();
    return this.#open('netfilter', () => new NetlinkSocket('netfilter'));
  }

  /** Runs `work` in that netns. */
  within<T>(netns: Netns, work: () => T): T {
    if (netns === 'host') return work();
    if (!this.container) throw new Error('there is no container to work in');
    return inNetns(this.container, work);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #open(key: Netns | 'netfilter', make: () => NetlinkSocket): NetlinkSocket {
    const socket = this.#sockets.get(key) ?? make();
    this.#sockets.set(key, socket);
    return socket;
  }
}
