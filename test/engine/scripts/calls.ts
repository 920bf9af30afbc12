// The calls that the kernel's rooms make themselves (src/kernel/libc.ts, reader.ts, mount-calls.ts): what they return, and what
// they say when the kernel refuses. To be run in a mount and a network namespace of its own.
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {
  bindMount,
  closeFd,
  describeErrno,
  isFreeToBind,
  memoryFile,
  netlinkSocket,
  randomBytes,
  receive,
  send,
  setNetns,
  setSocketOption,
  tryFlock,
  unmount,
} from '../../../src/kernel/libc.ts';
import {
  cloneMount,
  inMountNamespace,
  keepingTimes,
  makeDirectory,
  moveMount,
  open,
  openBelow,
  removeEntry,
  resolve,
  statusOf,
  unmountBelow,
} from '../../../src/kernel/mount-calls.ts';
import {hasReader} from '../../../src/kernel/reader.ts';
import {own, show} from '../case.ts';

const [, , , links = ''] = process.argv;
const here = (name: string) => `${own}/${name}`;

show('what the numbers mean', () => Array.from({length: 200}, (_, i) => describeErrno(i - 2)));
show('random bytes', () => [randomBytes(0), randomBytes(16).length, new Set(randomBytes(256)).size > 100]);
show('a file without a name', () => {
  const fd = memoryFile('ünï');
  const written = writeSync(fd, 'text');
  const link = readdirSync('/proc/self/fd').includes(String(fd));
  const {size} = fstatSync(fd);
  closeSync(fd);
  return [written, size, link];
});
show('a file without a name, of too long a name', () => memoryFile('n'.repeat(300)));

show('locks', () => {
  const path = here('lock');
  const [one, other] = [openSync(path, 'a', 0o600), openSync(path, 'a', 0o600)];
  const taken = [tryFlock(one, 'exclusive'), tryFlock(other, 'exclusive'), tryFlock(other, 'shared')];
  const again = [tryFlock(one, 'shared'), tryFlock(other, 'shared'), tryFlock(one, 'exclusive')];
  closeSync(other);
  const last = tryFlock(one, 'exclusive');
  closeSync(one);
  return [taken, again, last];
});
for (const fd of [-1, 987_654]) {
  show(`a lock on ${fd}`, () => tryFlock(fd, 'shared'));
  show(`a netns of ${fd}`, () => setNetns(fd));
  show(`sent to ${fd}`, () => send(fd, Uint8Array.of(1)));
  show(`received from ${fd}`, () => receive(fd, new Uint8Array(4)));
  show(`an option of ${fd}`, () => setSocketOption(fd, 1, 8, Int32Array.of(1)));
  show(`closed ${fd}`, () => closeFd(fd));
  show(`status of ${fd}`, () => statusOf(fd));
}
show('a netns that is none', () => {
  const fd = openSync('/proc/self/ns/mnt', 'r');
  try {
    setNetns(fd);
  } finally {
    closeSync(fd);
  }
});
show('the netns where it is', () => {
  const fd = openSync('/proc/self/ns/net', 'r');
  setNetns(fd);
  closeSync(fd);
  return readFileSync('/proc/net/dev', 'utf8').split('\n').length;
});

/** RTM_GETLINK, of all links. */
const dump = Uint8Array.of(20, 0, 0, 0, 18, 0, 1, 3, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
show('a question to the kernel', () => {
  const fd = netlinkSocket(0, 5);
  send(fd, dump);
  const buffer = new Uint8Array(64 * 1024);
  const length = receive(fd, buffer);
  const done = receive(fd, new Uint8Array(64 * 1024));
  closeFd(fd);
  // What stands between is the link's own counters and clocks.
  return [length, buffer.subarray(0, 12), buffer.subarray(16, 40), done];
});
show('an answer that does not come', () => {
  const fd = netlinkSocket(0, 1);
  const before = performance.now();
  try {
    return receive(fd, new Uint8Array(16));
  } finally {
    closeFd(fd);
    show('so long', () => Math.round((performance.now() - before) / 1000));
  }
});
show('a protocol that is none', () => netlinkSocket(99, 1));
show('an option that is none', () => {
  const fd = netlinkSocket(0, 1);
  try {
    setSocketOption(fd, 270, 999, Int32Array.of(1));
  } finally {
    closeFd(fd);
  }
});
show('an option of eight bytes', () => {
  const fd = netlinkSocket(0, 1);
  setSocketOption(fd, 1, 20, BigUint64Array.of(2n, 500_000n));
  closeFd(fd);
});

/** struct sockaddr_in: 127.0.0.1, port 8080. */
const address = Uint8Array.of(2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
const ipv6 = Uint8Array.of(10, 0, 0x1f, 0x90, 0, 0, 0, 0, ...Array.from({length: 16}, () => 0), 0, 0, 0, 0);
show('ports', () => [isFreeToBind(1, 6, address), isFreeToBind(2, 17, address), isFreeToBind(1, 6, ipv6)]);
show('an address that is elsewhere', () =>
  isFreeToBind(1, 6, Uint8Array.of(2, 0, 0x1f, 0x90, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0)),
);
show('a family that is none', () => isFreeToBind(1, 6, Uint8Array.of(99, 0, 0, 0)));

show('readers', () => [0, 1, 3, 4, 5, 987].map(hasReader));

writeFileSync(here('source'), 'source');
writeFileSync(here('target'), 'target');
show('a mount of a file', () => {
  bindMount(here('source'), here('target'));
  const during = readFileSync(here('target'), 'utf8');
  unmount(here('target'));
  return [during, readFileSync(here('target'), 'utf8')];
});
show('a mount of nothing', () => bindMount(here('none'), here('target')));
show('a mount of a directory on a file', () => bindMount(own, here('target')));
show('no mount is taken away', () => unmount(here('target')));
show('the mount of nothing is taken away', () => unmount(here('none')));

const directory = openSync(own, open.path | open.directory);
const planted = openSync(links, open.path | open.directory);
const opened = (base: number, path: string, flags: number, how: number) => {
  const fd = openBelow(base, path, flags, how);
  const {type, size, isMountRoot} = statusOf(fd);
  closeSync(fd);
  return [type, size, isMountRoot];
};
const beneath = resolve.beneath | resolve.noMagicLinks;
const inRoot = resolve.inRoot | resolve.noMagicLinks;
for (const path of [
  'file',
  'directory',
  'directory/inside',
  'to-file',
  'to-directory',
  'nowhere',
  'round',
  'none',
  'file/x',
]) {
  for (const how of [0, beneath, inRoot]) {
    show(`opened below, ${how}: ${path}`, () => opened(planted, path, open.path, how));
    show(`opened below, no link, ${how}: ${path}`, () => opened(planted, path, open.path | open.noFollow, how));
  }
}
for (const path of ['..', '../x', '/', '/etc', '.', '', 'directory/../..', 'n'.repeat(300)]) {
  for (const how of [0, beneath, inRoot])
    show(`opened below, ${how}: ${path.slice(0, 20)}`, () => opened(planted, path, open.path, how)[0]);
}
show('opened below, a way that is none', () => openBelow(planted, 'file', open.path, 0x4000));
show('opened below, a directory', () => opened(planted, 'file', open.path | open.directory, beneath));
show('opened below, new', () => {
  const before = process.umask(0o077);
  const fd = openBelow(directory, 'new', open.newFile | open.noFollow, beneath);
  process.umask(before);
  closeSync(fd);
  return statSync(here('new')).mode.toString(8);
});
show('opened below, new, and there', () => openBelow(directory, 'new', open.newFile, beneath));

show('a directory is made, whatever the umask', () => {
  const before = process.umask(0o777);
  makeDirectory(directory, 'made');
  const mode = statSync(here('made')).mode.toString(8);
  return [mode, process.umask(before)];
});
show('a directory is made where there is one', () => makeDirectory(directory, 'made'));
show('a file is removed as a directory', () => removeEntry(directory, 'new', true));
show('a directory is removed as a file', () => removeEntry(directory, 'made', false));
show('removed', () => [removeEntry(directory, 'new', false), removeEntry(directory, 'made', true)]);
show('removed, not there', () => removeEntry(directory, 'made', true));

show('times stay', () => {
  utimesSync(own, 12, 1000.125);
  keepingTimes(directory, () => makeDirectory(directory, 'quietly'));
  const kept = statSync(own, {bigint: true}).mtimeNs;
  removeEntry(directory, 'quietly', true);
  return [kept, statSync(own, {bigint: true}).mtimeNs > kept];
});

show('a mount by descriptors', () => {
  const mount = cloneMount(here('source'));
  const target = openBelow(directory, 'target', open.path, beneath);
  moveMount(mount, target);
  const over = openBelow(directory, 'target', open.path, beneath);
  const {isMountRoot} = statusOf(over);
  const isElsewhere = statusOf(over).mountId !== statusOf(target).mountId;
  const text = readFileSync(here('target'), 'utf8');
  for (const fd of [mount, target, over]) closeSync(fd);
  unmountBelow(directory, 'target');
  process.umask(process.umask(0o22));
  return [isMountRoot, isElsewhere, text, readFileSync(here('target'), 'utf8')];
});
show('a mount by descriptors is read-only', () => {
  const mount = cloneMount(here('source'));
  const target = openBelow(directory, 'target', open.path, beneath);
  moveMount(mount, target);
  try {
    writeFileSync(here('target'), 'changed');
  } finally {
    unmountBelow(directory, 'target');
    for (const fd of [mount, target]) closeSync(fd);
  }
});
show('a mount of nothing by descriptors', () => cloneMount(here('none')));
show('a mount onto what is no place', () => {
  const mount = cloneMount(here('source'));
  try {
    moveMount(mount, planted);
  } finally {
    closeSync(mount);
  }
});
show('no mount by descriptors is taken away', () => unmountBelow(directory, 'target'));

show('what files are', () =>
  ['file', 'directory', 'fifo', 'sparse', 'to-file'].map(name => {
    const fd = openBelow(planted, name, open.path | open.noFollow, beneath);
    const {mountId, ...status} = statusOf(fd);
    closeSync(fd);
    return [name, status, mountId > 0];
  }),
);
show('in another mount namespace', () => {
  const other = openSync('/proc/1/ns/mnt', 'r');
  const before = [process.cwd(), statSync('/proc/self/ns/mnt').ino];
  const inside = inMountNamespace(other, () => statusOf(planted).type);
  const after = [process.cwd(), statSync('/proc/self/ns/mnt').ino];
  closeSync(other);
  return [inside, JSON.stringify(before) === JSON.stringify(after), readFileSync(here('source'), 'utf8')];
});
show('in another mount namespace, and it fails there', () => {
  const other = openSync('/proc/1/ns/mnt', 'r');
  try {
    inMountNamespace(other, () => openBelow(planted, 'none', open.path, beneath));
  } finally {
    closeSync(other);
  }
});
show('in a mount namespace that is none', () => inMountNamespace(planted, () => 0));
