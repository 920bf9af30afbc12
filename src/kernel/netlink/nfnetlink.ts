// nf_tables over netlink, for reading only: whether a network's masquerade chain still holds what it should is one
// message, where starting nft would cost more than the whole ADD. Writing is nft's (nft.ts). linux/netfilter/nf_tables.h.
import {attribute, attributes, concat, NLM, type Reply, type Request, readText, text} from './wire.ts';

const subsystem = 10 << 8;
const GETRULE = subsystem | 7;
const NEWRULE = subsystem | 6;
const NFPROTO_INET = 1;
const RULE = {TABLE: 1, CHAIN: 2, USERDATA: 7} as const;
const UDATA_COMMENT = 0;

/** Asks for the rules of one chain in a table of family inet. A chain that does not exist has none. */
export function dumpRules(table: string, chain: string): Request {
  const header = Uint8Array.of(NFPROTO_INET, 0, 0, 0);
  return {
    type: GETRULE,
    flags: NLM.DUMP,
    body: concat([header, attribute(RULE.TABLE, text(table)), attribute(RULE.CHAIN, text(chain))]),
  };
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
