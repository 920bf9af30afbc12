// As much of an executable's format as it takes to put two of them into one file (elf(5)): the header, and the table that tells
// the kernel what to map where. For 64 bits, little-endian.

const headerSize = 64;
const entrySize = 56;
/** Linked to addresses of its own: ET_EXEC. */
const fixed = 2;
const place = {class: 4, type: 16, entry: 24, headersAt: 32, headerSize: 54, headerCount: 56} as const;
const PT_GNU_STACK = 0x6474e551;
const types: Readonly<Record<number, ProgramHeader['type']>> = {1: 'load', 3: 'interpreter', [PT_GNU_STACK]: 'stack'};

export interface ProgramHeader {
  readonly type: 'load' | 'interpreter' | 'stack' | 'other';
  readonly offset: number;
  readonly address: number;
  /** The entry as it stands in the table. */
  readonly bytes: Uint8Array;
}

export interface Elf {
  readonly entry: number;
  /** Where in the file the table is. */
  readonly headersAt: number;
  readonly headers: readonly ProgramHeader[];
}

/** Throws an Error if that is no executable of 64 bits, or one that would be put at any address. */
export function readElf(bytes: Uint8Array): Elf {
  const view = viewOf(bytes);
  const isElf = bytes.length > headerSize && view.getUint32(0) === 0x7f454c46;
  if (!isElf || bytes[place.class] !== 2 || view.getUint16(place.headerSize, true) !== entrySize) {
    throw new Error('this is no executable of 64 bits');
  }
  if (view.getUint16(place.type, true) !== fixed) throw new Error('this executable has no addresses of its own');
  const headersAt = Number(view.getBigUint64(place.headersAt, true));
  const count = view.getUint16(place.headerCount, true);
  const places = Array.from({length: count}, (_, i) => headersAt + i * entrySize);
  const headers = places.map(at => readHeader(bytes.slice(at, at + entrySize)));
  return {entry: Number(view.getBigUint64(place.entry, true)), headersAt, headers};
}

function readHeader(bytes: Uint8Array): ProgramHeader {
  const view = viewOf(bytes);
  return {
    type: types[view.getUint32(0, true)] ?? 'other',
    offset: Number(view.getBigUint64(8, true)),
    address: Number(view.getBigUint64(16, true)),
    bytes,
  };
}

/** The same entry for what lies so many bytes further back in the file. */
export function moved(header: ProgramHeader, by: number): ProgramHeader {
  const bytes = header.bytes.slice();
  const offset = header.offset + by;
  viewOf(bytes).setBigUint64(8, BigInt(offset), true);
  return {...header, offset, bytes};
}

/** Changes the header of `file`: where it begins to run, and where its table is. */
export function setHeader(file: Uint8Array, {entry, headersAt, headers}: Elf): void {
  const view = viewOf(file);
  view.setBigUint64(place.entry, BigInt(entry), true);
  view.setBigUint64(place.headersAt, BigInt(headersAt), true);
  view.setUint16(place.headerCount, headers.length, true);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
