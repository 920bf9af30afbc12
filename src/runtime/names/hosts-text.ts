// The text of a hosts file that containers have mounted: how lines come and go. No line ever moves, for whoever reads the file
// meanwhile would miss it; what goes becomes spaces, and what comes takes their place. Behind each line stands whose it is.
import type {Attachment} from '../../kernel/names.ts';

/** Bytes to be written at a place. The text is ASCII, so that places in it are places in the file. */
export interface Edit {
  readonly offset: number;
  readonly text: string;
}

/** A line of somebody's. */
export interface Entry {
  readonly offset: number;
  readonly line: string;
  /** `#` for none. */
  readonly address: string;
  readonly names: readonly string[];
  readonly owner: Attachment;
}

/** What every file begins with. */
export const hostsHeader = (networks: readonly string[]): string =>
  `# by cni-hook, for the containers of: ${networks.join(' ')}
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
`;

/** The networks that the header tells. */
export const networksOfHeader = (text: string): readonly string[] =>
  /^# by cni-hook, for the containers of: (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];

/**
 * A line for each address, or more where there are many names; a comment for who has no address, since he is there all the
 * same. The names must be ASCII without white space, and are there in small letters as well: musl regards case.
 */
export function entryLines(owner: Attachment, addresses: readonly string[], names: readonly string[]): string {
  const rows = rowsOf([...new Set(names.flatMap(name => [name, name.toLowerCase()]))]);
  const begins = addresses.length > 0 ? addresses : [noAddress];
  return begins.flatMap(begin => rows.map(row => `${begin} ${row} ${markOf(owner)}\n`)).join('');
}

const noAddress = '#';

/** musl reads 511 bytes of a line, and the address stands before the names. */
const longestRow = 450;

function rowsOf(words: readonly string[]): readonly string[] {
  const rows: string[] = [];
  for (const word of words) {
    const row = rows.at(-1);
    if (row !== undefined && row.length + word.length < longestRow) rows[rows.length - 1] = `${row} ${word}`;
    else rows.push(word);
  }
  return rows;
}

/** Interface names may hold anything but white space, "/" and ":". */
const markOf = ({containerId, network, ifName}: Attachment): string =>
  `# ${containerId}/${network}:${encodeURIComponent(ifName)}`;

/** Everybody's lines. */
export const entriesOf = (text: string): readonly Entry[] =>
  Array.from(
    text.matchAll(/^(\S+) (\S.*) # ([^/\s]+)\/([^:\s]+):(\S+)$/gm),
    ({index, 0: line, 1: address = '', 2: names = '', 3: containerId = '', 4: network = '', 5: ifName = ''}) => ({
      offset: index,
      line,
      address,
      names: names.split(' '),
      owner: {containerId, network, ifName: decoded(ifName)},
    }),
  );

/** True if there is nobody's line in it. */
export const isIdle = (text: string): boolean => !text.includes(' # ', hostsHeaderEnd(text));

/** Takes away the owner's lines. */
export function withoutOwner(text: string, owner: Attachment): readonly Edit[] {
  const edits: Edit[] = [];
  const end = ` ${markOf(owner)}\n`;
  for (let at = text.indexOf(end); at >= 0; at = text.indexOf(end, at + end.length)) {
    const offset = text.lastIndexOf('\n', at) + 1;
    edits.push(blank(offset, at + end.length - 1 - offset));
  }
  return edits;
}

/** Takes away lines that are nobody's: what a write left that was cut off by the end of its process. */
export function withoutTorn(text: string): readonly Edit[] {
  const begin = hostsHeaderEnd(text);
  const torn = /^(?!\S+ \S.* # [^/\s]+\/[^:\s]+:\S+$)(?=.*\S).+$/gm;
  return Array.from(text.slice(begin).matchAll(torn), ({index, 0: line}) => blank(begin + index, line.length));
}

/** Those of the names that others have already, with who has them, and where the last of these lines ends. */
export function holdersOf(
  text: string,
  containerId: string,
  names: readonly string[],
): {readonly taken: readonly {readonly name: string; readonly by: string}[]; readonly end: number} {
  const lower = text.toLowerCase();
  // Most names are nobody else's, and looking for one is cheaper than taking all lines apart.
  const suspects = names.filter(name => lower.includes(` ${name.toLowerCase()} `, hostsHeaderEnd(text)));
  if (suspects.length === 0) return {taken: [], end: 0};
  const others = entriesOf(text).filter(({owner}) => owner.containerId !== containerId);
  const has = ({address, names: held}: Entry, name: string) =>
    address !== noAddress && held.some(other => other.toLowerCase() === name.toLowerCase());
  const holding = others.filter(entry => suspects.some(name => has(entry, name)));
  const taken = suspects.flatMap(name => {
    const holder = holding.find(entry => has(entry, name));
    return holder ? [{name, by: holder.owner.containerId}] : [];
  });
  const last = holding.at(-1);
  return {taken, end: last ? last.offset + last.line.length + 1 : 0};
}

/**
 * Puts lines into the first room that is free behind `from`, or at the end: a resolver takes the first line that it finds,
 * so who has a name keeps it as long as the one who came later stands behind.
 */
export function withLines(text: string, lines: string, from: number): Edit {
  const gap = text.indexOf('\n ', Math.max(0, from - 1));
  if (gap >= 0) {
    const room = new RegExp(`^[ \\n]{${lines.length},}`, 'gm');
    room.lastIndex = gap + 1;
    const found = room.exec(text);
    if (found) return {offset: found.index, text: lines};
  }
  const end = text.endsWith('\n') ? '' : '\n';
  return {offset: text.length, text: end + lines};
}

/** The text with the edits done, as the file will have it. */
export const edited = (text: string, edits: readonly Edit[]): string =>
  edits.reduce(
    (done, {offset, text: piece}) => done.slice(0, offset) + piece + done.slice(offset + piece.length),
    text,
  );

/** The write of the name may have been cut off. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const blank = (offset: number, length: number): Edit => ({offset, text: ' '.repeat(length)});

/** The header ends with the line of "::1". */
function hostsHeaderEnd(text: string): number {
  const last = text.indexOf('\n::1 localhost');
  return last < 0 ? 0 : text.indexOf('\n', last + 1) + 1;
}
