// What is said when the kernel refuses: code, errno, call, path and words, of each function that the house uses.
import {
  appendFileSync,
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {own, show} from '../case.ts';
import {functionsIn} from './file-functions.ts';

const now = `${own}/now`;
const [, , , links = '', readOnly = '', elsewhere = ''] = process.argv;

/** As it was before: no case leaves anything that the next one would meet. */
function restore(): void {
  rmSync(now, {recursive: true, force: true});
  mkdirSync(`${now}/full/er`, {recursive: true});
  writeFileSync(`${now}/file`, 'x');
  for (const name of ['nowhere', 'round']) linkSync(`${links}/${name}`, `${now}/${name}`);
}

const refused = (name: string, work: () => unknown): void => {
  restore();
  show(name, work);
};

const functions = functionsIn(now);

const long = 'n'.repeat(256);
const paths: Readonly<Record<string, string>> = {
  nothing: '',
  'not there': `${now}/none`,
  'below nothing': `${now}/none/such`,
  'below a file': `${now}/file/x`,
  'a link to nowhere': `${now}/nowhere`,
  'a link to itself': `${now}/round`,
  'below a link to itself': `${now}/round/x`,
  'a name too long': `${now}/${long}`,
  'read-only': `${readOnly}/new`,
  'read-only, several': `${readOnly}/new/er/still`,
  'read-only and there': `${readOnly}/file`,
  'read-only and full': `${readOnly}/full`,
  'of the kernel': '/proc/none',
  'of the kernel, several': '/proc/none/such/one',
  'a file of the kernel': '/proc/version',
  "a process that isn't": '/proc/4194305/fd',
};

for (const [what, path] of Object.entries(paths)) {
  for (const [name, call] of Object.entries(functions)) refused(`${name}, ${what}`, () => call(path));
}

// Here only the kind of error counts: Bun sees by itself that the kernel would not have these.
const impossible: Readonly<Record<string, string>> = {
  'a path too long': `${now}${'/directory'.repeat(500)}`,
  'with a zero byte': `${now}/file\0.json`,
  'with a zero byte, and not there': `${now}/none\0`,
};
for (const [what, path] of Object.entries(impossible)) {
  for (const [name, call] of Object.entries(functions)) {
    refused(`${name}, ${what}`, () => {
      try {
        return call(path);
      } catch (error) {
        const {name, code} = error as NodeJS.ErrnoException;
        return name === 'Error' ? code : name;
      }
    });
  }
}

const full = [
  'openSync r',
  'openSync r+',
  'openSync w',
  'openSync wx',
  'readFileSync',
  'writeFileSync',
  'appendFileSync',
];
const kept = [...full, 'mkdirSync', 'mkdirSync recursive', 'unlinkSync', 'rmdirSync', 'rmSync', 'rmSync force'];
for (const name of [...kept, 'linkSync from', 'linkSync to', 'readlinkSync', 'renameSync to']) {
  refused(`${name}, a directory that is not empty`, () => functions[name]?.(`${now}/full`));
}
for (const name of ['openSync wx', 'openSync directory', 'writeFileSync wx', 'mkdirSync', 'mkdirSync recursive']) {
  refused(`${name}, a file`, () => functions[name]?.(`${now}/file`));
}
for (const name of ['readdirSync', 'readdirSync withFileTypes', 'rmdirSync', 'linkSync to', 'readlinkSync']) {
  refused(`${name}, a file`, () => functions[name]?.(`${now}/file`));
}

refused('to another file system: rename', () => renameSync(`${now}/file`, `${elsewhere}/file`));
refused('to another file system: link', () => linkSync(`${now}/file`, `${elsewhere}/file`));
refused('a directory into itself', () => renameSync(`${now}/full`, `${now}/full/er/still`));
refused('a file over a directory', () => renameSync(`${now}/file`, `${now}/full`));
refused('a directory over one that is not empty', () => {
  mkdirSync(`${now}/other`);
  renameSync(`${now}/other`, `${now}/full`);
});
refused('a second name for a directory', () => linkSync(`${now}/full`, `${now}/second`));
refused('a full disk: writeFileSync', () => writeFileSync('/dev/full', 'text'));
refused('a full disk: appendFileSync', () => appendFileSync('/dev/full', 'text'));
refused('what nobody may write', () => writeFileSync('/proc/sys/kernel/random/boot_id', 'text'));
refused('what the kernel will not have', () => writeFileSync('/proc/sys/net/ipv4/ip_forward', 'text\n'));
refused('a directory of the kernel that stays', () => rmSync('/proc/sys/net', {recursive: true, force: true}));

show('a pipe that nobody reads', () => openSync(`${links}/fifo`, 0o4001));
show('a pipe has no places', () => {
  const fd = openSync(`${links}/fifo`, 0o2);
  try {
    return readSync(fd, new Uint8Array(1), 0, 1, 5);
  } finally {
    closeSync(fd);
  }
});

for (const fd of [987_654, 2 ** 31 - 1]) {
  refused(`closeSync of ${fd}`, () => closeSync(fd));
  refused(`fstatSync of ${fd}`, () => fstatSync(fd));
  refused(`fsyncSync of ${fd}`, () => fsyncSync(fd));
  refused(`readSync of ${fd}`, () => readSync(fd, new Uint8Array(1), 0, 1, null));
  refused(`readSync of ${fd} at`, () => readSync(fd, new Uint8Array(1), 0, 1, 0));
  refused(`writeSync to ${fd}`, () => writeSync(fd, 'x'));
  refused(`writeSync to ${fd} at`, () => writeSync(fd, 'x', 0));
  refused(`readFileSync of ${fd}`, () => readFileSync(fd, 'utf8'));
}

const descriptors: Readonly<Record<string, () => number>> = {
  'a directory': () => openSync(now, 'r'),
  'a file to be read': () => openSync(`${now}/file`, 'r'),
  'a file to be written': () => openSync(`${now}/file`, 'a'),
  'a place': () => openSync(`${now}/file`, 0o10000000),
  'a full disk': () => openSync('/dev/full', 'w'),
};
for (const [what, opened] of Object.entries(descriptors)) {
  const on = (name: string, call: (fd: number) => unknown) =>
    refused(`${name}, ${what}`, () => {
      const fd = opened();
      try {
        return call(fd);
      } finally {
        closeSync(fd);
      }
    });
  on('readSync', fd => readSync(fd, new Uint8Array(4), 0, 4, null));
  on('readFileSync', fd => readFileSync(fd, 'utf8'));
  on('writeSync', fd => writeSync(fd, 'xyz'));
  on('writeSync at', fd => writeSync(fd, 'xyz', 2));
  on('fsyncSync', fd => fsyncSync(fd));
}
