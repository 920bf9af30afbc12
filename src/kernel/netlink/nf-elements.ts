// Elements of nf_tables sets over netlink: what comes and goes with every container costs no process, and to take one away
// that is gone already is an answer here, where it fails the whole script of an nft(8) that knows no "destroy".
// A key is laid out as nft(8) does it: each part padded to four bytes, an interface name to its sixteen.
import {parseMac} from '../../spec/mac.ts';
import {families, subsystem, type TableFamily} from './nfnetlink.ts';
import {
  attribute,
  attributes,
  attributesOf,
  type Bytes,
  concat,
  NLM,
  nest,
  type Reply,
  type Request,
  readText,
  text,
} from './wire.ts';

const SETELEM = {new: subsystem | 12, get: subsystem | 13, delete: subsystem | 14} as const;
const LIST = {TABLE: 1, SET: 2, ELEMENTS: 3} as const;
const LIST_ELEM = 1;
const ELEM = {KEY: 1, DATA: 2, USERDATA: 6} as const;
const DATA_VALUE = 1;
/** libnftnl, udata.h. */
const UDATA_COMMENT = 0;
const IFNAMSIZ = 16;

export interface Element {
  readonly family: TableFamily;
  readonly table: string;
  readonly set: string;
  readonly key: Bytes;
  /** What a map leads to. */
  readonly data?: Bytes;
  /** At most 127 bytes, for nft(8) to take it. */
  readonly comment?: string;
}

/** The key of a set of type "ifname", or of "ifname . ether_addr". */
export function keyOf(ifName: string, mac?: string): Bytes {
  const name = new Uint8Array(IFNAMSIZ);
  name.set(new TextEncoder().encode(ifName));
  return mac === undefined ? name : concat([name, parseMac(mac), new Uint8Array(2)]);
}

/** The key of a set of type "ifname . ifname". */
export const pairKey = (from: string, to: string): Bytes => concat([keyOf(from), keyOf(to)]);

/** One that is there already may be added again; to delete one that is not there is ENOENT, and so is its set's absence. */
export const changeElement = (change: 'new' | 'delete', element: Element): Request => ({
  type: SETELEM[change],
  flags: NLM.ACK | (change === 'new' ? NLM.CREATE : 0),
  body: bodyOf([element]),
});

/** Many in few messages: one for each set, and for each 256 of its elements. To add one whose key is there is EEXIST. */
export function changeElements(change: 'new' | 'delete', elements: readonly Element[]): readonly Request[] {
  const flags = NLM.ACK | (change === 'new' ? NLM.CREATE | NLM.EXCL : 0);
  const sets = [...new Set(elements.map(({set}) => set))];
  return sets.flatMap(set => {
    const parts: [Element, ...Element[]][] = [];
    for (const element of elements.filter(one => one.set === set)) {
      const last = parts.at(-1);
      if (last && last.length < most) last.push(element);
      else parts.push([element]);
    }
    return parts.map(part => ({type: SETELEM[change], flags, body: bodyOf(part)}));
  });
}

/** An attribute holds 64 KiB, and an element is of 200 bytes at the most. */
const most = 256;

/** Asks for one element: ENOENT if it is not there. */
export const getElement = (element: Element): Request => ({type: SETELEM.get, flags: NLM.ACK, body: bodyOf([element])});

/** Asks for all elements of a set. */
export const dumpElements = (set: Pick<Element, 'family' | 'table' | 'set'>): Request => ({
  type: SETELEM.get,
  flags: NLM.DUMP,
  body: setOf(set),
});

export interface FoundElement {
  readonly key: Uint8Array;
  readonly data: Uint8Array | undefined;
  /** "" if it has none. */
  readonly comment: string;
}

/** The elements in a message that getElement or dumpElements brought. */
export function readElements(reply: Reply): readonly FoundElement[] {
  const list = reply.type === SETELEM.new ? attributes(reply.body, 4).get(LIST.ELEMENTS) : undefined;
  return list ? attributesOf(LIST_ELEM, list).map(bytes => readElement(bytes)) : [];
}

function readElement(bytes: Uint8Array): FoundElement {
  const found = attributes(bytes);
  const value = (nested: Uint8Array | undefined) => nested && attributes(nested).get(DATA_VALUE);
  const userdata = found.get(ELEM.USERDATA);
  const hasComment = userdata !== undefined && userdata[0] === UDATA_COMMENT;
  return {
    key: value(found.get(ELEM.KEY)) ?? new Uint8Array(),
    data: value(found.get(ELEM.DATA)),
    comment: hasComment ? readText(userdata.subarray(2, 2 + (userdata[1] ?? 0))) : '',
  };
}

/** Elements of one set. */
function bodyOf(elements: readonly [Element, ...Element[]]): Bytes {
  return concat([setOf(elements[0]), nest(LIST.ELEMENTS, ...elements.map(element => listed(element)))]);
}

const listed = ({key, data, comment}: Element): Bytes =>
  nest(
    LIST_ELEM,
    nest(ELEM.KEY, attribute(DATA_VALUE, key)),
    ...(data ? [nest(ELEM.DATA, attribute(DATA_VALUE, data))] : []),
    ...(comment ? [attribute(ELEM.USERDATA, userdataOf(comment))] : []),
  );

const setOf = ({family, table, set}: Pick<Element, 'family' | 'table' | 'set'>): Bytes =>
  concat([
    Uint8Array.of(families[family], 0, 0, 0),
    attribute(LIST.TABLE, text(table)),
    attribute(LIST.SET, text(set)),
  ]);

/** Type, length, value, with one byte each for type and length. */
function userdataOf(comment: string): Bytes {
  const value = text(comment);
  return concat([Uint8Array.of(UDATA_COMMENT, value.length), value]);
}
