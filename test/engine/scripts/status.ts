// What is known of a file: which it is, how long, what kind, what rights, and when it was changed, to the nanosecond.
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {own, show} from '../case.ts';

const [, , , links = ''] = process.argv;
const known = ({dev, ino, mode, size, mtimeMs}: Stats) => ({dev, ino, mode, size, mtimeMs});
const kinds = (stats: Stats) => [stats.isFile(), stats.isDirectory(), stats.isSymbolicLink()];

const places = ['file', 'directory', 'fifo', 'to-file', 'to-directory', 'to-link', 'suid', 'sparse', 'old', '.'];
const paths = [
  ...places.map(name => `${links}/${name}`),
  '/',
  '/proc',
  '/proc/uptime',
  '/dev/null',
  '/dev/pts',
  '/sys',
];
const special = [
  '/dev/tty',
  '/dev/zero',
  '/dev/shm',
  '/proc/self/ns/net',
  '/proc/self/ns/mnt',
  '/proc/thread-self/ns/net',
];
const isStill = (path: string) => !path.startsWith('/proc/') || path.includes('/ns/');

for (const path of [...paths, ...special].filter(isStill)) {
  const {mtimeMs, ...others} = known(statSync(path));
  // A namespace's are the time of the first look.
  const isNamespace = path.includes('/ns/');
  show(`stat ${path.replace(links, 'LINKS')}`, () => [others, !isNamespace && mtimeMs, kinds(statSync(path))]);
  if (isNamespace) continue;
  show(`its nanoseconds ${path.replace(links, 'LINKS')}`, () => statSync(path, {bigint: true}).mtimeNs);
}
for (const path of paths.filter(isStill)) {
  show(`lstat ${path.replace(links, 'LINKS')}`, () => [known(lstatSync(path)), kinds(lstatSync(path))]);
}
show('lstat of a link of the kernel', () => kinds(lstatSync('/proc/self/ns/net')));

for (const name of ['none', 'nowhere', 'file/x', 'round', 'x'.repeat(256)]) {
  const path = `${links}/${name}`;
  show(`stat, and nothing there: ${name}`, () => statSync(path, {throwIfNoEntry: false}));
  show(`lstat, and nothing there: ${name}`, () => lstatSync(path, {throwIfNoEntry: false})?.isSymbolicLink());
  show(`stat, that throws: ${name}`, () => statSync(path));
  show(`exists: ${name}`, () => existsSync(path));
}
show('nothing has no name', () => [existsSync(''), statSync('', {throwIfNoEntry: false})]);
show('nothing has no name, that throws', () => statSync(''));

show('of what is open', () => {
  const fd = openSync(`${links}/sparse`, 'r');
  const stats = fstatSync(fd);
  closeSync(fd);
  return [known(stats), kinds(stats)];
});
show('of what is open and a directory', () => {
  const fd = openSync(`${links}/directory`, 'r');
  const stats = fstatSync(fd);
  closeSync(fd);
  return [known(stats), kinds(stats)];
});
show('of what is open as a place', () => {
  const fd = openSync(`${links}/to-file`, 0o10000000 | 0o400000);
  const stats = fstatSync(fd);
  closeSync(fd);
  return [known(stats), kinds(stats)];
});

const times = [0, 1, 0.5, 1.25, 1e9, 1_700_000_000.123, 1_763_712_345.678_901, 1_763_712_345.999_99, 4e9 + 0.75];
for (const time of times) {
  show(`a time that was set: ${time}`, () => {
    const path = `${own}/timed`;
    writeFileSync(path, '');
    utimesSync(path, 12, time);
    const {mtimeNs} = statSync(path, {bigint: true});
    return [mtimeNs, statSync(path).mtimeMs];
  });
}

show('rights', () =>
  [0o600, 0o644, 0o777, 0o4755, 0o1777, 0o000].map(mode => {
    const path = `${own}/rights`;
    writeFileSync(path, '');
    chmodSync(path, mode);
    return statSync(path).mode.toString(8);
  }),
);
show('a time that just passed', () => {
  const before = performance.timeOrigin + performance.now();
  writeFileSync(`${own}/now`, '');
  const {mtimeMs} = statSync(`${own}/now`);
  return Math.abs(mtimeMs - before) < 2000;
});
