// What programs expect to find without importing it, and the engine does not have.
import './json.ts';
import {timespec} from './ffi.ts';
import {closeSync} from './fs.ts';
import {check, errorOf, host, numbers} from './host.ts';

const [called = '', ...words] = host.args;

const pairs = host.environment.map(line => {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)] as const;
});

const stream = (fd: number) => ({
  /** That nobody hears it is no reason to end otherwise. */
  write(text: string): boolean {
    const bytes = host.encode(text);
    for (let at = 0, written = 0; at < bytes.length; at += written) {
      written = host.syscall(numbers.write, fd, bytes.subarray(at), bytes.length - at);
      if (written < 0) return false;
    }
    return true;
  },
});

const process = {
  argv: [called, called, ...words],
  argv0: called,
  env: Object.fromEntries(pairs),
  stdout: stream(1),
  stderr: stream(2),
  get pid(): number {
    return host.syscall(numbers.getpid);
  },
  exit: (code: number): never => host.leave(code),
  umask: (mask: number): number => host.syscall(numbers.umask, mask),
  geteuid: (): number => host.syscall(numbers.geteuid),
  cwd(): string {
    const bytes = new Uint8Array(4096);
    const length = check(host.syscall(numbers.getcwd, bytes, bytes.length), 'getcwd');
    return host.decode(bytes, 0, length - 1);
  },
};

class TextEncoder {
  encode(text: string): Uint8Array {
    return host.encode(text);
  }
}

class TextDecoder {
  decode(bytes = new Uint8Array()): string {
    const text = host.decode(bytes, 0, bytes.length);
    return text.startsWith('\ufeff') ? text.slice(1) : text;
  }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** `Buffer.from(text, 'base64').toString()`, and nothing else of it. */
const Buffer = {
  from(text: string, encoding: 'base64') {
    if (encoding !== 'base64') throw new TypeError('a Buffer reads base64 here');
    const bytes: number[] = [];
    let bits = 0;
    let count = 0;
    const [main = ''] = text.replaceAll('-', '+').replaceAll('_', '/').split('=');
    for (const digit of main.replaceAll(/[^A-Za-z0-9+/]/g, '')) {
      bits = ((bits << 6) | digits.indexOf(digit)) & 0xffff;
      count += 6;
      if (count >= 8) {
        count -= 8;
        bytes.push((bits >> count) & 0xff);
      }
    }
    return {toString: () => host.decode(Uint8Array.from(bytes), 0, bytes.length)};
  },
};

const performance = {timeOrigin: host.began, now: () => host.now()};

/** `Atomics.wait`: nobody else could wake us, so to wait is to sleep. */
function wait(_where: unknown, _index: number, _value: number, milliseconds: number): void {
  host.syscall(numbers.ppoll, null, 0, timespec(milliseconds), null, 0);
}

interface SpawnOptions {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly env: NodeJS.ProcessEnv;
  readonly timeout: number;
}

const SIGKILL = 9;
const POLLIN = 1;
const EINTR = 4;

// In the order of their numbers (signal(7)).
const signals =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS';

/** `Bun.spawnSync` with files for streams. The program is killed when the time is up. */
function spawnSync([path = '', ...args]: readonly string[], options: SpawnOptions) {
  const environment = Object.entries(options.env).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${value}`,
  );
  const pid = host.spawn(path, [path, ...args], environment, options.stdin, options.stdout, options.stderr);
  if (pid < 0) throw errorOf(-pid, 'posix_spawn', path);
  const exitedDueToTimeout = !hasEnded(pid, options.timeout);
  if (exitedDueToTimeout) host.syscall(numbers.kill, pid, SIGKILL);
  const status = new Int32Array(1);
  check(host.syscall(numbers.wait4, pid, status, 0, null), 'wait4');
  const [ended = 0] = status;
  const signal = ended & 0x7f;
  if (signal === 0) return {exitCode: ended >> 8, signalCode: undefined, exitedDueToTimeout};
  return {exitCode: null, signalCode: `SIG${signals.split(' ')[signal - 1] ?? signal}`, exitedDueToTimeout};
}

/** Waits until our child has ended, so many milliseconds at the most. */
function hasEnded(pid: number, milliseconds: number): boolean {
  const fd = check(host.syscall(numbers.pidfd_open, pid, 0), 'pidfd_open');
  // struct pollfd: the descriptor in two halves, what is asked for, and what is the case.
  const asked = Int16Array.of(fd, fd >> 16, POLLIN, 0);
  const end = host.now() + milliseconds;
  let found = -EINTR;
  while (found === -EINTR) {
    found = host.syscall(numbers.ppoll, asked, 1, timespec(Math.max(0, end - host.now())), null, 0);
  }
  closeSync(fd);
  return found !== 0;
}

Object.assign(globalThis, {
  process,
  performance,
  Atomics: {wait},
  Buffer,
  Bun: {spawnSync},
  SharedArrayBuffer: ArrayBuffer,
  TextDecoder,
  TextEncoder,
});
