// Runs in Bun: does the same with src/engine/files.ts and with node:fs, each in a directory of its own, and prints what differs.
import * as node from 'node:fs';
import * as nodePath from 'node:path';
import * as light from '../../src/engine/files.ts';
import * as lightPath from '../../src/engine/paths.ts';

type Files = Record<string, (...args: never[]) => unknown>;
type Step = readonly [name: string, ...args: readonly unknown[]];

const long = 'ä'.repeat(200_000);

/** `@` stands for the directory. Numbers of open files are not compared, nor is what differs from file to file. */
const steps: readonly Step[] = [
  ['mkdirSync', '@/a'],
  ['mkdirSync', '@/a'],
  ['mkdirSync', '@/a', {recursive: true}],
  ['mkdirSync', '@/b/c/d', {recursive: true, mode: 0o700}],
  ['mkdirSync', '@/x/y'],
  ['writeFileSync', '@/a/f', 'one\n', {mode: 0o600}],
  ['writeFileSync', '@/a/f', 'zwei ä\n'],
  ['writeFileSync', '@/a/f', 'x', {flag: 'wx'}],
  ['writeFileSync', '@/a/bytes', Buffer.from([1, 2, 255])],
  ['writeFileSync', '@/none/f', 'x'],
  ['writeFileSync', '@/a/long', long],
  ['writeFileSync', '@/a/empty', ''],
  ['appendFileSync', '@/a/f', 'three'],
  ['appendFileSync', '@/a/new', 'first', {mode: 0o640}],
  ['readFileSync', '@/a/f', 'utf8'],
  ['readFileSync', '@/a/long', 'utf8'],
  ['readFileSync', '@/a/empty', 'utf8'],
  ['readFileSync', '@/a/bytes', 'utf8'],
  ['readFileSync', '@/none', 'utf8'],
  ['readFileSync', '@/a', 'utf8'],
  ['readFileSync', '@/a/f/under', 'utf8'],
  ['readFileSync', `@/${'n'.repeat(300)}`, 'utf8'],
  ['readFileSync', '/proc/self/mounts', 'utf8'],
  ['readFileSync', '/proc/sys/net/ipv4/ip_forward', 'utf8'],
  ['existsSync', '@/a'],
  ['existsSync', '@/none'],
  ['existsSync', '@/a\0/f'],
  ['statSync', '@/a'],
  ['statSync', '@/a/f'],
  ['statSync', '/dev/null'],
  ['statSync', '/proc/self/ns/net'],
  ['statSync', '@/none'],
  ['statSync', '@/none', {throwIfNoEntry: false}],
  ['statSync', '@/a/f/under', {throwIfNoEntry: false}],
  ['symlinkSync', 'f', '@/a/link'],
  ['symlinkSync', 'nowhere', '@/a/dangling'],
  ['lstatSync', '@/a/link'],
  ['statSync', '@/a/link'],
  ['statSync', '@/a/dangling'],
  ['existsSync', '@/a/dangling'],
  ['readlinkSync', '@/a/link'],
  ['realpathSync', '@/a/link'],
  ['readdirSync', '@/a'],
  ['readdirSync', '@/none'],
  ['readdirSync', '@/a/f'],
  ['linkSync', '@/a/f', '@/a/second'],
  ['linkSync', '@/a/f', '@/a/second'],
  ['linkSync', '@/none', '@/a/third'],
  ['renameSync', '@/a/second', '@/a/moved'],
  ['renameSync', '@/none', '@/a/moved'],
  ['utimesSync', '@/a/f', 1_700_000_000.25, 1_600_000_000.5],
  ['statSync', '@/a/f'],
  ['utimesSync', '@/none', 1, 1],
  ['chmodSync', '@/a/f', 0o644],
  ['unlinkSync', '@/a/moved'],
  ['unlinkSync', '@/a/moved'],
  ['unlinkSync', '@/a'],
  ['rmdirSync', '@/a'],
  ['rmdirSync', '@/none'],
  ['rmSync', '@/a/new'],
  ['rmSync', '@/a/new'],
  ['rmSync', '@/a/new', {force: true}],
  ['rmSync', '@/b'],
  ['rmSync', '@/b', {recursive: true, force: true}],
  ['readdirSync', '@'],
  ['rmSync', '@/a', {recursive: true}],
  ['readdirSync', '@'],
];

/** An open file, from its making to its end. */
function throughNumbers(files: Files, directory: string): readonly unknown[] {
  const fs = files as unknown as typeof node;
  const fd = fs.openSync(`${directory}/numbers`, 'w', 0o600);
  const written = [fs.writeSync(fd, 'hello world'), fs.writeSync(fd, Buffer.from('!')), fs.writeSync(fd, 'HE', 0)];
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  const reading = fs.openSync(`${directory}/numbers`, 'r');
  const bytes = Buffer.alloc(20);
  const read = [fs.readSync(reading, bytes, 1, 4, 0), fs.readSync(reading, bytes, 5, 20 - 5, null)];
  const text = fs.readFileSync(reading, 'utf8');
  const {size, mode} = fs.fstatSync(reading);
  fs.closeSync(reading);
  const closedTwice = outcome(() => fs.closeSync(reading), directory);
  return [written, read, bytes.toString('latin1'), text, size, mode, closedTwice];
}

const statKeys = ['mode', 'nlink', 'uid', 'gid', 'size', 'blksize', 'rdev', 'dev'];
const ownTimes = ['@/a/f'];

function outcome(call: () => unknown, directory: string): unknown {
  try {
    return plain(call());
  } catch (error) {
    const {message, code, errno, syscall, path, dest} = error as NodeJS.ErrnoException & {dest?: string};
    const here = (text: string | undefined) => text?.replaceAll(directory, '@');
    // The words between code and call are each library's own.
    return {message: here(message)?.replace(/: .*?, /, ': '), code, errno, syscall, path: here(path), dest: here(dest)};
  }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return [...value].sort();
  if (typeof value !== 'object' || value === null || !('isFile' in value)) return value;
  const stats = value as node.Stats;
  const kinds = [stats.isFile(), stats.isDirectory(), stats.isSymbolicLink(), stats.isSocket(), stats.isFIFO()];
  return [...statKeys.map(key => stats[key as keyof node.Stats]), kinds, stats.ino > 0, typeof stats.mtimeMs];
}

function run(files: Files): {name: string; args: string; outcome: unknown}[] {
  const directory = node.mkdtempSync('/tmp/engine-files-');
  try {
    const done = steps.map(([name, ...args]) => {
      const here = args.map(arg => (typeof arg === 'string' ? arg.replace('@', directory) : arg));
      const result = outcome(() => files[name]?.(...(here as never[])), directory);
      const times = ownTimes.includes(String(args[0])) && name === 'statSync' ? timesOf(files, String(here[0])) : [];
      // The first directory that mkdir made is of no use to anybody here.
      const text = name === 'mkdirSync' && typeof result === 'string' ? undefined : result;
      const shown = typeof text === 'string' ? text.replace(directory, '@') : text;
      return {name, args: JSON.stringify(args).slice(0, 80), outcome: [shown, times]};
    });
    return [...done, {name: 'open files', args: '', outcome: throughNumbers(files, directory)}];
  } finally {
    node.rmSync(directory, {recursive: true});
  }
}

/** Only after utimes are they the same for both. */
function timesOf(files: Files, path: string): unknown {
  const stats = files.statSync?.(path as never) as node.Stats | undefined;
  return stats?.mtimeMs === 1_600_000_000_500 ? [stats.mtimeMs, stats.atimeMs] : [];
}

const [ours, theirs] = [run(light as unknown as Files), run(node as unknown as Files)];
const differences = ours.flatMap(({outcome: found, ...step}, i) => {
  const expected = theirs[i]?.outcome;
  return Bun.deepEquals(found, expected) ? [] : [{...step, found, expected}];
});
const paths = ['/', '', 'a', '/a', '/a/', '/a/b', 'a/b/', '.', '..', '/a.json', 'b/a.json/', '/.json'];
const wrongPaths = paths.filter(
  path =>
    lightPath.dirname(path) !== nodePath.dirname(path) ||
    lightPath.basename(path) !== nodePath.basename(path) ||
    lightPath.basename(path, '.json') !== nodePath.basename(path, '.json'),
);
console.log(JSON.stringify({steps: ours.length, differences, wrongPaths}));
