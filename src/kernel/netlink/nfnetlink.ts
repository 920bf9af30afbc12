// nf_tables over netlink, for what nft(8) is not for: whether a network's chain still holds what it should is one message,
// where starting nft would cost more than the whole ADD; and a table can be deleted on the condition that it is empty.
// Elements of sets are in nf-elements.ts; all other writing is nft's. linux/netfilter/nf_tables.h, nfnetlink.h.
import {attribute, attributes, concat, NLM, type Reply, type Request, readText, text} from './wire.ts';

export const subsystem = 10 << 8;
const GETRULE = subsystem | 7;
const NEWRULE = subsystem | 6;
const DELTABLE = subsystem | 2;
const BATCH = {BEGIN: 16, END: 17} as const;
/** For a deletion: not with what is in it. The kernel answers EBUSY then. */
const NONREC = 0x100;
const TABLE_NAME = 1;
/** The families that a table of ours may be of. */
export const families = {inet: 1, bridge: 7} as const;
export type TableFamily = keyof typeof families;
const RULE = {TABLE: 1, CHAIN: 2, USERDATA: 7} as const;
const UDATA_COMMENT = 0;

/** Asks for the rules of one chain. A chain that does not exist has none. */
export function dumpRules(table: string, chain: string, family: TableFamily = 'inet'): Request {
  const header = Uint8Array.of(families[family], 0, 0, 0);
  return {
    type: GETRULE,
    flags: NLM.DUMP,
    body: concat([header, attribute(RULE.TABLE, text(table)), attribute(RULE.CHAIN, text(chain))]),
  };
}

/** Deletes a table if there is nothing in it. */
export function deleteEmptyTable(table: string, family: TableFamily = 'inet'): readonly Request[] {
  const body = concat([Uint8Array.of(families[family], 0, 0, 0), attribute(TABLE_NAME, text(table))]);
  return transaction([{type: DELTABLE, flags: NLM.ACK | NONREC, body}]);
}

/** All of them or none: what changes nf_tables must come in one of these. The two at the edges are not answered. */
export function transaction(requests: readonly Request[]): readonly Request[] {
  const edge = (type: number): Request => ({type, flags: 0, body: Uint8Array.of(0, 0, 0, subsystem >> 8)});
  return [edge(BATCH.BEGIN), ...requests, edge(BATCH.END)];
}

/** The comment of a rule, "" if it has none; undefined for any other message. */
export function readRuleComment(reply: Reply): string | undefined {
  if (reply.type !== NEWRULE) return undefined;
  const userdata = attributes(reply.body, 4).get(RULE.USERDATA) ?? new Uint8Array();
  // Type, length, value, with one byte each for type and length (libnftnl, udata.h).
  for (let at = 0; at + 2 <= userdata.length; at += 2 + (userdata[at + 1] ?? 0)) {
    if (userdata[at] === UDATA_COMMENT) return readText(userdata.subarray(at + 2, at + 2 + (userdata[at + 1] ?? 0)));
  }
  return '';
}
