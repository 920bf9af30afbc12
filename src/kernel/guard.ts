// Puts a link under its network's guard and takes it out again, without a process: elements of two sets, in one transaction.
import {errno} from './libc.ts';
import {guardNames, nftTable} from './names.ts';
import {changeElement, keyOf} from './netlink/nf-elements.ts';
import {transaction} from './netlink/nfnetlink.ts';
import type {NetlinkSocket} from './netlink/socket.ts';
import type {Request} from './netlink/wire.ts';
import type {ChangeGuard} from './op.ts';

/** Throws if the kernel refuses. To take out what is not there, or no longer whole, is no failure. */
export function changeGuard(netfilter: NetlinkSocket, {op, network, link, mac}: ChangeGuard): void {
  const {guarded, allowed} = guardNames(network);
  const of = {family: 'bridge', table: nftTable} as const;
  const elements = [
    {...of, set: guarded, key: keyOf(link)},
    {...of, set: allowed, key: keyOf(link, mac)},
  ];
  const requests = elements.map(element => changeElement(op === 'guard.add' ? 'new' : 'delete', element));
  const refused = commit(netfilter, requests);
  if (!refused) return;
  if (op === 'guard.add' || refused.error !== errno.ENOENT) throw new Error(refused.reason);
  // One that is missing has kept the other from going.
  for (const request of requests) commit(netfilter, [request]);
}

const commit = (netfilter: NetlinkSocket, requests: readonly Request[]) =>
  netfilter.exchange(transaction(requests)).find(({error}) => error !== 0);
