// Does operations. Consecutive messages to one netns leave as one batch; the index of a link is known from the message
// that made it, or is asked for once.
import {writeFileSync} from 'node:fs';
import {CniError, type ErrorKind, isKind, reasonOf} from '../spec/error.ts';
import {describe} from './describe.ts';
import {dropEmptyTable} from './empty-table.ts';
import type {Link} from './facts.ts';
import {changeFirewall} from './firewall/change.ts';
import {changeGuard} from './guard.ts';
import type {Kernel} from './kernel.ts';
import {errno} from './libc.ts';
import {nftTable} from './names.ts';
import {setPortVlans} from './netlink/port-vlans.ts';
import {addRoute, deleteRoute} from './netlink/routes.ts';
import * as rtnetlink from './netlink/rtnetlink.ts';
import {shapingRequests} from './netlink/shaping.ts';
import type {Answer} from './netlink/socket.ts';
import {addIfb, addMacvlan, renameLink} from './netlink/virtual-links.ts';
import type {Request} from './netlink/wire.ts';
import {type Script, scriptOf} from './nft-script.ts';
import {findLinkIn} from './observe.ts';
import type {AddBridge, AddIfb, AddMacvlan, AddVeth, DeleteLink, Netns, Op, SetLink} from './op.ts';
import {changePorts, forgetFlows} from './ports/change.ts';
import {waitUntilSettled} from './settle.ts';
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
    // What is in the container went with its netns.
    if (this.#onFailure === 'go on' && isInside(op) && !this.#kernel.container) return;
    try {
      this.#perform(op);
    } catch (error) {
      const isGone = error instanceof NoSuchLink || (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isGone && this.#onFailure === 'go on') return;
      this.#fail(op, reasonOf(error), isKind(error, 'portTaken') ? 'portTaken' : 'kernelRefused');
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
      case 'ifb.add':
        this.#queue('host', op, addIfb(op));
        this.#writeAlias(op);
        break;
      case 'macvlan.add':
        this.#addMacvlan(op);
        break;
      case 'bucket.set':
      case 'redirect.add':
      case 'qdisc.delete':
        for (const request of shapingRequests(op, link => this.#indexOf('host', link)))
          this.#queue('host', op, request);
        break;
      case 'ifb.delete':
        this.#deleteLink({...op, op: 'link.delete', netns: 'host'});
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
      case 'port.vlans':
        for (const request of setPortVlans(op, this.#indexOf('host', op.link))) this.#queue('host', op, request);
        break;
      case 'address.add':
      case 'address.delete':
        this.#queue(op.netns, op, rtnetlink.changeAddress(op.op, op.address, this.#indexOf(op.netns, op.link)));
        break;
      case 'route.add':
        this.#queue(op.netns, op, addRoute(op.route, this.#indexOf(op.netns, op.link), op.source));
        break;
      case 'route.delete':
        this.#queue(op.netns, op, deleteRoute(op.dst, this.#indexOf(op.netns, op.link)));
        break;
      case 'addresses.settle':
        this.#alone(() => waitUntilSettled(this.#kernel.socket(op.netns), this.#indexOf(op.netns, op.link)));
        break;
      case 'sysctl.set':
        // With the end of the line, as sysctl(8) writes it: of nothing at all the kernel would take no notice.
        this.#alone(() => this.#kernel.within(op.netns, () => writeFileSync(`/proc/sys/${op.key}`, `${op.value}\n`)));
        break;
      case 'masquerade.set':
      case 'guard.set':
        this.#alone(() => this.#runScript(scriptOf(op)));
        break;
      case 'firewall.set':
      case 'firewall.clear':
        this.#alone(() => changeFirewall(this.#kernel, op));
        break;
      case 'ports.set':
        this.#alone(() => this.#runScript(scriptOf(op)));
        break;
      case 'ports.rules':
        this.#alone(() => {
          this.#runScript(scriptOf(op));
          forgetFlows(this.#kernel.netfilter(), op);
        });
        break;
      case 'ports.add':
      case 'ports.delete':
        this.#alone(() => changePorts(this.#kernel.netfilter(), op));
        break;
      case 'guard.add':
      case 'guard.delete':
        this.#alone(() => changeGuard(this.#kernel.netfilter(), op));
        break;
    }
  }

  /** What is no rtnetlink message keeps its place in the order, and is not done after a failure. */
  #alone(work: () => void): void {
    this.flush();
    if (!this.mustStop()) work();
  }

  #runScript({lines, emptied}: Script): void {
    runTool('nft', ['-f', '-'], `${lines.join('\n')}\n`);
    if (emptied) dropEmptyTable(this.#kernel.netfilter(), nftTable, emptied);
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
    this.#queue('host', op, rtnetlink.addVeth(op, bridge, this.#netnsOf(op.peer)));
    // Its answer brings the indexes of both ends.
    this.#queue('host', op, rtnetlink.getLink(op.name));
    this.#writeAlias(op);
  }

  #addMacvlan(op: AddMacvlan): void {
    const {parentNetns: place, name, temporary, alias} = op;
    const netns = place === 'host' ? this.#netnsOf({}) : undefined;
    this.#queue(place, op, addMacvlan(op, this.#indexOf(place, op.parent), netns));
    this.flush();
    if (!this.mustStop()) this.#queue('container', op, renameLink(this.#indexOf('container', temporary), name, alias));
  }

  #netnsOf({netns}: {readonly netns?: 'host'}): number | undefined {
    if (netns === 'host') return undefined;
    if (!this.#kernel.container) throw new Error('there is no container to put the other end into');
    return this.#kernel.container.fd;
  }

  /** The kernel ignores an alias in the message that makes a link. Not in one batch with it: the name may be somebody else's. */
  #writeAlias(op: AddBridge | AddVeth | AddIfb): void {
    this.flush();
    if (!this.mustStop()) this.#queue('host', op, rtnetlink.setAlias(this.#indexOf('host', op.name), op.alias));
  }

  #deleteLink(op: DeleteLink): void {
    this.flush();
    for (const name of op.temporary === undefined ? [op.name] : [op.name, op.temporary]) {
      const link = findLinkIn(this.#kernel, op.netns, name);
      if (link && isMeant(op, link)) this.#queue(op.netns, op, rtnetlink.deleteLink(link.index));
    }
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
    // Of a link that somebody has taken from its bridge there is nothing to take back either.
    const isNoPort = op.op === 'port.set' && error === errno.EOPNOTSUPP;
    const isGone = this.#onFailure === 'go on' && (goneErrors.has(error) || isNoPort);
    if (error !== 0 && !isGone) this.#fail(op, `${reason}${hint(op, error)}`);
  }

  #learn(op: AddVeth, replies: Answer['replies']): void {
    const link = replies.map(reply => rtnetlink.readLink(reply)).find(found => found !== undefined);
    if (!link) return;
    this.#indexes.set(`host/${op.name}`, link.index);
    if (link.peer !== undefined) this.#indexes.set(`${op.peer.netns ?? 'container'}/${op.peer.name}`, link.peer);
  }

  #fail(op: Op, reason: string, kind: ErrorKind = 'kernelRefused'): void {
    this.failures.push(new CniError(kind, `cannot ${describe(op)}: ${reason}`));
  }
}

const isInside = (op: Op): boolean => 'netns' in op && op.netns === 'container';

/** What the kernel's words alone leave open. */
function hint(op: Op, error: number): string {
  if (error === errno.EPERM) return ': this needs root with CAP_NET_ADMIN';
  if (op.op === 'address.add' && error === errno.EACCES)
    return ': switch it on (net.ipv6.conf.*.disable_ipv6), or leave IPv6 out of the network';
  if (op.op === 'link.set' && error === errno.EADDRINUSE) return ': another interface on the same wire has its MAC';
  const hasVlans = op.op === 'port.vlans' || (op.op === 'bridge.add' && op.vlanFiltering);
  return hasVlans && error === errno.EOPNOTSUPP ? ': the bridges of this kernel know no VLANs' : '';
}

function isMeant({alias, mac}: DeleteLink, link: Link): boolean {
  return link.alias === alias || (link.alias === undefined && link.mac === mac);
}

class NoSuchLink extends Error {
  override readonly name = 'NoSuchLink';
}
