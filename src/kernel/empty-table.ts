// The end of a table. Its deletion is tried only where nothing is in it: a transaction, one that fails as well, waits until the
// kernel has cleared away what the one before it deleted, tens of milliseconds.
import {deleteEmptyTable, getTable, readTableUse, type TableFamily} from './netlink/nfnetlink.ts';
import type {NetlinkSocket} from './netlink/socket.ts';

/** Deletes the table if it is there and nothing is in it, whoever may have put it there. */
export function dropEmptyTable(netfilter: NetlinkSocket, table: string, family: TableFamily): void {
  const [answer] = netfilter.exchange([getTable(table, family)]);
  if (answer?.error !== 0 || answer.replies.some(reply => readTableUse(reply) > 0)) return;
  netfilter.exchange(deleteEmptyTable(table, family));
}
