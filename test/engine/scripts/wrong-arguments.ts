// What nobody should hand to the host's functions, and to the stand-ins above them. Only for QuickJS: it must not crash, and must
// not do anything either. A number where the kernel expects an address is the one thing that nobody can check.
import {closeSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync} from 'node:fs';
import {isCaught, own, show} from '../case.ts';

type Any = (...args: readonly unknown[]) => unknown;
const {host} = globalThis as unknown as {
  host: Readonly<Record<string, Any>> & {numbers: Readonly<Record<string, number>>};
};

const throwing = {
  valueOf: () => {
    throw new Error('no number');
  },
  toString: () => {
    throw new Error('no text');
  },
  get length(): number {
    throw new Error('no length');
  },
};
/** A typed array whose bytes were taken away, where the engine can do that. */
function detached(): Uint8Array {
  const bytes = new Uint8Array(64);
  (bytes.buffer as unknown as {transfer?: () => unknown}).transfer?.();
  return bytes;
}
/** A number that takes them away while it is asked for. */
function taking(bytes: Uint8Array): object {
  return {
    valueOf: () => {
      (bytes.buffer as unknown as {transfer?: (length: number) => unknown}).transfer?.(0);
      return 1;
    },
  };
}

const things: readonly unknown[] = [
  undefined,
  null,
  true,
  1.5,
  -1,
  Number.NaN,
  1e300,
  'text',
  'a\0b',
  '\ud800',
  1n,
  Symbol('s'),
  {},
  [],
  ['a', 1, null],
  [Symbol('s')],
  {length: -1},
  {length: 2, 0: 'x'},
  () => 1,
  new Uint8Array(0),
  new Uint8Array(8),
  new BigInt64Array(2),
  new ArrayBuffer(8),
  new DataView(new ArrayBuffer(8)),
  throwing,
  detached(),
];

/** Calls it with each, and with each two, and counts what throws. */
function tried(call: Any): readonly number[] {
  let thrown = 0;
  let returned = 0;
  const attempt = (...args: readonly unknown[]) => {
    if (isCaught(() => call(...args))) thrown++;
    else returned++;
  };
  attempt();
  for (const one of things) {
    attempt(one);
    for (const other of things) attempt(one, other);
  }
  return [thrown, returned];
}

const {getpid = 0, openat = 0, close = 0} = host.numbers;

show(
  'no such call',
  () => things.filter(one => typeof one !== 'number' && !isCaught(() => host.syscall?.(one))).length,
);
show('a call that there is not', () => [host.syscall?.(-1), host.syscall?.(99_999)]);
show('too many arguments', () => isCaught(() => host.syscall?.(getpid, 1, 2, 3, 4, 5, 6, 7)));
show('arguments of a call', () => tried((...args) => host.syscall?.(getpid, ...args)));
show(
  'a path that is none',
  () => things.filter(one => !isCaught(() => host.syscall?.(openat, -100, one, 0, 0))).length,
);
show('addresses', () => tried((...args) => host.addressOf?.(...args)));
show('encoded', () => tried((...args) => host.encode?.(...args)));
show('decoded', () => tried((...args) => host.decode?.(...args)));
show('decoded from bytes', () => tried((...args) => host.decode?.(new Uint8Array(8), ...args)));
show('decoded, and taken away meanwhile', () => {
  const [one, other] = [new Uint8Array(100_000), new Uint8Array(100_000)];
  return [
    isCaught(() => host.decode?.(one, taking(one), 90_000)),
    isCaught(() => host.decode?.(other, 0, taking(other))),
  ].length;
});
show('described', () => tried((...args) => host.describe?.(...args)));
show('odd JSON', () => tried((...args) => host.isOddJson?.(...args)));
show('the time', () => tried((...args) => host.now?.(...args)));
show('no program', () => tried((...args) => host.spawn?.(...args)));
show('no program, by its path', () => tried((...args) => host.spawn?.('/none/such', ...args)));
show('no program, by its streams', () => tried((...args) => host.spawn?.('/none/such', [], [], ...args)));
show('no program, by all but one stream', () => [
  host.spawn?.('/none/such', [], [], -1, -1, -1),
  host.spawn?.('/none/such', [], [], 0, 1, 99_999),
]);

const wrong = (call: Any) => things.filter(one => typeof one !== 'number' && !isCaught(() => call(one))).length;
writeFileSync(`${own}/file`, 'content');
const fd = openSync(`${own}/file`, 'r+');
show('files that are none', () =>
  [openSync, statSync, readFileSync].map(call => wrong(one => (call as Any)(one, 'utf8'))),
);
show('bytes that are none, to be read', () => wrong(one => (readSync as Any)(fd, one, 0, 4, 0)));
show('bytes that are none, to be written', () => wrong(one => (writeSync as Any)(fd, one, 0)));
show('descriptors that are none', () => wrong(one => (closeSync as Any)(one)));
show('programs that are none', () => wrong(one => (Bun.spawnSync as Any)(one, one)));
show('the file is still there', () => [readFileSync(`${own}/file`, 'utf8').length > 0, host.syscall?.(close, fd)]);
