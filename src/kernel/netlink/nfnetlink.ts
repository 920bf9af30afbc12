// nf_tables over netlink, for what nft(8) is not for: whether a network's chain still holds what it should is one message,
// where starting nft would cost more than the whole ADD; and a table can be deleted on the condition that it is empty.
// Elements of sets are in nf-elements.ts; all other writing is nft's. linux/netfilter/nf_tables.h, nfnetlink.h.
import {attribute, attributes, concat, NLM, type Reply, type Request, readText, text} from './wire.ts';

export const subsystem = 10 << 8;
const GETRULE = subsystem | 7;
const NEWRULE = subsystem | 6;
const NEWTABLE = subsystem;
const GETTABLE = subsystem | 1;
const DELTABLE = subsystem | 2;
const NEWCHAIN = subsystem | 3;
const GETCHAIN = subsystem | 4;
const DELCHAIN = subsystem | 5;
const DELSET = subsystem | 11;
const BATCH = {BEGIN: 16, END: 17} as const;
/** For a deletion: not with what is in it. The kernel answers EBUSY then. */
const NONREC = 0x100;
const TABLE = {NAME: 1, USE: 3} as const;
/** The families of tables: ours, and those of iptables. */
export const families = {inet: 1, ip: 2, bridge: 7, ip6: 10} as const;
export type TableFamily = keyof typeof families;
const RULE = {TABLE: 1, CHAIN: 2, USERDATA: 7} as const;
const CHAIN = {TABLE: 1, NAME: 3, USE: 6} as const;
const SET = {TABLE: 1, NAME: 2} as const;
const UDATA_COMMENT = 0;

/** Asks for the rules of one chain, or without one of the whole table. A chain that does not exist has none. */
export function dumpRules(table: string, chain?: string, family: TableFamily = 'inet'): Request {
  const header = Uint8Array.of(families[family], 0, 0, 0);
  const which = chain === undefined ? [] : [attribute(RULE.CHAIN, text(chain))];
  return {type: GETRULE, flags: NLM.DUMP, body: concat([header, attribute(RULE.TABLE, text(table)), ...which])};
}

/** Asks for a chain: ENOENT if it is not there. */
export const getChain = (table: string, chain: string, family: TableFamily): Request => ({
  type: GETCHAIN,
  flags: NLM.ACK,
  body: chainBody(table, chain, family),
});

/** How many rules a chain has and how many rules call it, together; 0 for any other message. */
export const readUse = (reply: Reply): number => (reply.type === NEWCHAIN ? countIn(reply, CHAIN.USE) : 0);

/** Asks for a table: ENOENT if it is not there. */
export const getTable = (table: string, family: TableFamily): Request => ({
  type: GETTABLE,
  flags: NLM.ACK,
  body: tableBody(table, family),
});

/** How many chains, sets and other things a table has; 0 for any other message. */
export const readTableUse = (reply: Reply): number => (reply.type === NEWTABLE ? countIn(reply, TABLE.USE) : 0);

function countIn(reply: Reply, type: number): number {
  const count = attributes(reply.body, 4).get(type);
  return count ? new DataView(count.buffer, count.byteOffset, count.byteLength).getUint32(0) : 0;
}

/** Deletes a table if there is nothing in it. */
export const deleteEmptyTable = (table: string, family: TableFamily = 'inet'): readonly Request[] =>
  transaction([{type: DELTABLE, flags: NLM.ACK | NONREC, body: tableBody(table, family)}]);

const tableBody = (table: string, family: TableFamily) =>
  concat([Uint8Array.of(families[family], 0, 0, 0), attribute(TABLE.NAME, text(table))]);

/** Deletes a chain if there is no rule in it. */
export const deleteEmptyChain = (table: string, chain: string, family: TableFamily): readonly Request[] =>
  transaction([deleteChain(table, chain, family, NONREC)]);

/** Deletes a chain with its rules, and the sets that they use, if all these sets are empty. */
export const deleteEmptySets = (table: string, chain: string, sets: readonly string[]): readonly Request[] =>
  transaction([
    deleteChain(table, chain, 'inet', 0),
    ...sets.map(set => ({
      type: DELSET,
      flags: NLM.ACK | NONREC,
      body: concat([
        Uint8Array.of(families.inet, 0, 0, 0),
        attribute(SET.TABLE, text(table)),
        attribute(SET.NAME, text(set)),
      ]),
    })),
  ]);

const deleteChain = (table: string, chain: string, family: TableFamily, flags: number): Request => ({
  type: DELCHAIN,
  flags: NLM.ACK | flags,
  body: chainBody(table, chain, family),
});

const chainBody = (table: string, chain: string, family: TableFamily) =>
  concat([
    Uint8Array.of(families[family], 0, 0, 0),
    attribute(CHAIN.TABLE, text(table)),
    attribute(CHAIN.NAME, text(chain)),
  ]);

/** All of them or none: what changes nf_tables must come in one of these, and each in an exchange of its own. The two at the edges are not answered. */
export function transaction(requests: readonly Request[]): readonly Request[] {
  const edge = (type: number): Request => ({type, flags: 0, body: Uint8Array.of(0, 0, 0, subsystem >> 8)});
  return [edge(BATCH.BEGIN), ...requests, edge(BATCH.END)];
}

/** The chain of a rule; undefined for any other message. */
export function readRuleChain(reply: Reply): string | undefined {
  const chain = reply.type === NEWRULE ? attributes(reply.body, 4).get(RULE.CHAIN) : undefined;
  return chain && readText(chain);
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
