// What one run of the hook asks of the kernel: counted, not timed, so it says the same on any machine. Only the main thread
// is looked at, which does all of our work; what the runtime does for itself (memory, threads, its own size) is left out.
import type {Host} from '../host.ts';

export interface Work {
  /** System calls on files, directories, sockets, locks and namespaces. */
  readonly calls: number;
  /** From files and sockets; the names in a directory come in so few calls that they count for nothing. */
  readonly bytesRead: number;
  readonly filesOpened: number;
}

const counted = '%file,%network,read,pread64,readv,write,pwrite64,writev,getdents64,flock,setns';

const trace = '/mnt/trace';

/** Runs the hook, which must succeed, and counts. */
export async function workOf(host: Host, hook: string, state: object, flags: readonly string[] = []): Promise<Work> {
  const under = ['strace', '-qq', '-y', '-e', `trace=${counted}`, '-o', trace];
  const {exitCode, stderr} = await host.hook(hook, state, flags, {under});
  if (exitCode !== 0) throw new Error(`${hook}: ${stderr}`);
  return countWork(host.read(trace));
}

/** From strace's lines: `openat(AT_FDCWD</>, "/run/…", O_RDONLY) = 5</run/…>`. */
export function countWork(text: string): Work {
  const lines = text.split('\n').filter(line => /^\w+\(/.test(line) && !/\/statm[">]/.test(line));
  const results = lines.map(line => ({
    call: line.slice(0, line.indexOf('(')),
    result: Number(/\) += (-?\d+)[^=]*$/.exec(line)?.[1] ?? -1),
  }));
  const readers = ['read', 'pread64', 'readv', 'recvfrom', 'recvmsg'];
  const read = results.filter(({call, result}) => readers.includes(call) && result > 0);
  return {
    calls: results.length,
    bytesRead: read.reduce((sum, {result}) => sum + result, 0),
    filesOpened: results.filter(({call, result}) => call === 'openat' && result >= 0).length,
  };
}
