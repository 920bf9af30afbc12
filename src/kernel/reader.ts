// Whether anybody still reads what we write: for who writes rarely, and would learn it from EPIPE with the next line only.
// In a library of its own, because a symbol costs every start that loads it, and few runs ask.
import {dlopen} from 'bun:ffi';

const {symbols} = dlopen('libc.so.6', {poll: {args: ['ptr', 'u64', 'i32'], returns: 'i32'}});

const POLLERR = 8;
const POLLHUP = 16;

/** False if `fd` is a pipe, a socket or a terminal whose other end is closed (poll(2)). Does not wait. */
export function hasReader(fd: number): boolean {
  // struct pollfd: the descriptor in two halves, what is asked for, and what is the case.
  const asked = Int16Array.of(fd, 0, 0, 0);
  const found = symbols.poll(asked, 1, 0);
  return found <= 0 || ((asked[3] ?? 0) & (POLLERR | POLLHUP)) === 0;
}
