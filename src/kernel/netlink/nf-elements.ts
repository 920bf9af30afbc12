// Elements of nf_tables sets over netlink: what comes and goes with every container costs no process, and to take one away
// that is gone already is an answer here, where it fails the whole script of an nft(8) that knows no "destroy".
// A key is laid out as nft(8) does it: each part padded to four bytes, an interface name to its sixteen.
import {parseMac} from '../../spec/mac.ts';
import {families, subsystem, type TableFamily} from './nfnetlink.ts';
import {attribute, type Bytes, concat, NLM, nest, type Request, text} from './wire.ts';

const SETELEM = {new: subsystem | 12, get: subsystem | 13, delete: subsystem | 14} as const;
const LIST = {TABLE: 1, SET: 2, ELEMENTS: 3} as const;
const LIST_ELEM = 1;
const ELEM_KEY = 1;
const DATA_VALUE = 1;
const IFNAMSIZ = 16;

export interface Element {
  readonly family: TableFamily;
  readonly table: string;
  readonly set: string;
  readonly key: Bytes;
}

/** The key of a set of type "ifname", or of "ifname . ether_addr". */
export function keyOf(ifName: string, mac?: string): Bytes {
  const name = new Uint8Array(IFNAMSIZ);
  name.set(new TextEncoder().encode(ifName));
  return mac === undefined ? name : concat([name, parseMac(mac), new Uint8Array(2)]);
}

/** One that is there already may be added again; to delete one that is not there is ENOENT, and so is its set's absence. */
export const changeElement = (change: 'new' | 'delete', element: Element): Request => ({
  type: SETELEM[change],
  flags: NLM.ACK | (change === 'new' ? NLM.CREATE : 0),
  body: bodyOf(element),
});

/** Asks for one element: ENOENT if it is not there. */
export const getElement = (element: Element): Request => ({type: SETELEM.get, flags: NLM.ACK, body: bodyOf(element)});

function bodyOf({family, table, set, key}: Element): Bytes {
  return concat([
    Uint8Array.of(families[family], 0, 0, 0),
    attribute(LIST.TABLE, text(table)),
    attribute(LIST.SET, text(set)),
    nest(LIST.ELEMENTS, nest(LIST_ELEM, nest(ELEM_KEY, attribute(DATA_VALUE, key)))),
  ]);
}
