// Two executables in one file. The kernel maps both, each at its own addresses, and begins with the second, which chooses.
import {moved, readElf, setHeader} from './elf.ts';

// Of the largest page there is, so that what is mapped lies in the file as it lies in memory.
const alignment = 64 * 1024;

/**
 * `first` stays as it is, but for its header: its own table is still where it was, for ld.so to be told of. `second` has to be
 * static, and linked to addresses beyond those of `first`.
 */
export function joinExecutables(first: Uint8Array, second: Uint8Array): Uint8Array {
  const [one, other] = [readElf(first), readElf(second)];
  const secondAt = roundUp(first.length, alignment);
  const headersAt = roundUp(secondAt + second.length, 8);
  const headers = [
    ...one.headers.filter(({type}) => type === 'load' || type === 'stack'),
    ...other.headers.filter(({type}) => type === 'load').map(header => moved(header, secondAt)),
  ];
  const size = headers.reduce((sum, {bytes}) => sum + bytes.length, 0);
  const file = new Uint8Array(headersAt + size);
  file.set(first);
  file.set(second, secondAt);
  for (const [i, {bytes}] of headers.entries()) file.set(bytes, headersAt + i * bytes.length);
  setHeader(file, {entry: other.entry, headersAt, headers});
  return file;
}

const roundUp = (length: number, to: number): number => Math.ceil(length / to) * to;
