// Does operations. Consecutive messages to one netns leave as one batch; the index of a link is known from the message
// that made it, or is asked for once.
import {writeFileSync} from 'node:fs';
import {CniError, reasonOf} from '../spec/error.ts';
import {describe} from './describe.ts';
import type {Link} from './facts.ts';
import type {Kernel} from './kernel.ts';
import {errno} from './libc.ts';
import {nftTable} from './names.ts';
import {deleteEmptyTable} from './netlink/nfnetlink.ts';
import * as rtnetlink from './netlink/rtnetlink.ts';
import type {Answer} from './netlink/socket.ts';
import type {Request} from './netlink/wire.ts';
import {masqueradeScript} from './nft-script.ts';
import {findLinkIn} from './observe.ts';
import type {AddBridge, AddVeth, DeleteLink, Netns, Op, SetLink} from './op.ts';
import {runTool} from './tool.ts';

/** Does them in order. 'stop' ends at the first failure, 'go on' collects all and does not mind what is already gone. */
export function apply(kernel: Kernel, ops: readonly Op[], onFailure: 'stop' | 'go on'): readonly Error[] {
  const run = new Run(kernel, onFailure);
  for (const op of ops) {
    run.attempt(op);
    if (run.mustStop()) break;
  }
  run.flush();
  return run.failures;
}

/** What is already gone answers with one of these. */
const goneErrors: ReadonlySet<number> = new Set([errno.ENODEV, errno.EADDRNOTAVAIL, errno.ESRCH, errno.ENOENT]);

class Run {
  readonly failures: Error[] = [];
  readonly #kernel: Kernel;
  readonly #onFailure: 'stop' | 'go on';
  readonly #indexes = new Map<string, number>();
  #waiting: {readonly op: Op; readonly request: Request}[] = [];
  #waitingFor: Netns = 'host';

  constructor(kernel: Kernel, onFailure: 'stop' | 'go on') {
    this.#kernel = kernel;
    this.#onFailure = onFailure;
  }

  mustStop(): boolean {
    return this.#onFailure === 'stop' && this.failures.length > 0;
  }

  attempt(op: Op): void {
    try {
      this.#perform(op);
    } catch (error) {
      const isGone = error instanceof NoSuchLink || (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!(isGone && this.#onFailure === 'go on')) this.#fail(op, reasonOf(error));
    }
  }

  /** Sends what waits. */
  flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const answers = this.#kernel.socket(this.#waitingFor).exchange(batch.map(({request}) => request));
    for (const [i, {op}] of batch.entries()) {
      const answer = answers[i];
      if (answer) this.#judge(op, answer);
    }
  }

  #perform(op: Op): void {
    switch (op.op) {
      case 'bridge.add':
        this.#queue('host', op, rtnetlink.addBridge(op));
        this.#writeAlias(op);
        break;
      case 'veth.add':
        this.#addVeth(op);
        break;
      case 'link.delete':
        this.#deleteLink(op);
        break;
      case 'link.set':
        this.#setLink(op);
        break;
      case 'port.set':
        this.#queue('host', op, rtnetlink.setPort(op, this.#indexOf('host', op.link)));
        break;
      case 'address.add':
      case 'address.delete':
        this.#queue(op.netns, op, rtnetlink.changeAddress(op.op, op.address, this.#indexOf(op.netns, op.link)));
        break;
      case 'route.add':
        this.#queue(op.netns, op, rtnetlink.addRoute(op.route, this.#indexOf(op.netns, op.link)));
        break;
      case 'sysctl.set':
        this.flush();
        this.#kernel.within(op.netns, () => writeFileSync(`/proc/sys/${op.key}`, op.value));
        break;
      case 'masquerade.set':
        this.flush();
        runTool('nft', ['-f', '-'], `${masqueradeScript(op).join('\n')}\n`);
        if (op.subnets.length === 0) this.#kernel.netfilter().exchange(deleteEmptyTable(nftTable));
        break;
    }
  }

  #queue(netns: Netns, op: Op, request: Request): void {
    if (netns !== this.#waitingFor) this.flush();
    this.#waitingFor = netns;
    this.#waiting.push({op, request});
  }

  #setLink(op: SetLink): void {
    const master = op.master === undefined ? undefined : this.#indexOf(op.netns, op.master);
    this.#queue(op.netns, op, rtnetlink.setLink(op, this.#indexOf(op.netns, op.link), master));
  }

  #addVeth(op: AddVeth): void {
    const bridge = op.bridge === undefined ? undefined : this.#indexOf('host', op.bridge);
    const {container} = this.#kernel;
    if (!container) throw new Error('there is no container to put the other end into');
    this.#queue('host', op, rtnetlink.addVeth(op, bridge, container.fd));
    // Its answer brings the indexes of both ends.
    this.#queue('host', op, rtnetlink.getLink(op.name));
    this.#writeAlias(op);
  }

  /** The kernel ignores an alias in the message that makes a link. Not in one batch with it: the name may be somebody else's. */
  #writeAlias(op: AddBridge | AddVeth): void {
    this.flush();
    if (!this.mustStop()) this.#queue('host', op, rtnetlink.setAlias(this.#indexOf('host', op.name), op.alias));
  }

  #deleteLink(op: DeleteLink): void {
    this.flush();
    const link = findLinkIn(this.#kernel, op.netns, op.name);
    if (link && isMeant(op, link)) this.#queue(op.netns, op, rtnetlink.deleteLink(link.index));
  }

  #indexOf(netns: Netns, name: string): number {
    const key = `${netns}/${name}`;
    if (!this.#indexes.has(key)) this.flush();
    const index = this.#indexes.get(key) ?? findLinkIn(this.#kernel, netns, name)?.index;
    if (index === undefined) throw new NoSuchLink(`there is no interface "${name}"`);
    this.#indexes.set(key, index);
    return index;
  }

  #judge(op: Op, {error, reason, replies}: Answer): void {
    if (op.op === 'veth.add') this.#learn(op, replies);
    const isGone = this.#onFailure === 'go on' && goneErrors.has(error);
    if (error !== 0 && !isGone)
      this.#fail(op, error === errno.EPERM ? `${reason}: this needs root with CAP_NET_ADMIN` : reason);
  }

  #learn(op: AddVeth, replies: Answer['replies']): void {
    const link = replies.map(reply => rtnetlink.readLink(reply)).find(found => found !== undefined);
    if (!link) return;
    this.#indexes.set(`host/${op.name}`, link.index);
    if (link.peer !== undefined) this.#indexes.set(`container/${op.peer.name}`, link.peer);
  }

  #fail(op: Op, reason: string): void {
    this.failures.push(new CniError('kernelRefused', `cannot ${describe(op)}: ${reason}`));
  }
}

function isMeant({alias, mac}: DeleteLink, link: Link): boolean {
  return link.alias === alias || (link.alias === undefined && link.mac === mac);
}

class NoSuchLink extends Error {
  override readonly name = 'NoSuchLink';
}
