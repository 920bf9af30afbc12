// What is in files: read and written whole, in pieces, at positions, appended, and how rights and umask go together.
import {
  appendFileSync,
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {own, show} from '../case.ts';

const path = `${own}/file`;
const rightsOf = (file: string): string => (statSync(file).mode & 0o7777).toString(8);

/** A number that changes with one in seven characters and their places. */
const sumOf = (text: string): number => {
  let sum = text.length;
  for (let i = 0; i < text.length; i += 7) sum = (sum * 31 + text.charCodeAt(i)) % 1_000_000_007;
  return sum;
};

const sizes = [0, 1, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 262_144, 1_048_576, 5_000_001];
for (const size of sizes) {
  show(`text of ${size} bytes, there and back`, () => {
    const text = 'abcdefgh\n'.repeat(Math.ceil(size / 9)).slice(0, size);
    writeFileSync(path, text);
    return [statSync(path).size, sumOf(text), sumOf(readFileSync(path, 'utf8')), readFileSync(path, 'utf8') === text];
  });
}

show('characters of several bytes across the ends of pieces', () => {
  const texts = [0, 1, 2, 3].map(shift => `${'a'.repeat(shift)}${'é𐍈網'.repeat(30_000)}`);
  return texts.map(text => {
    writeFileSync(path, text, {mode: 0o600});
    return [statSync(path).size, readFileSync(path, 'utf8') === text];
  });
});

for (const umask of [0o000, 0o022, 0o077, 0o177, 0o777]) {
  show(`rights under umask ${umask.toString(8)}`, () => {
    const before = process.umask(umask);
    try {
      return [undefined, 0o600, 0o644, 0o666, 0o777, 0o400].map((mode, i) => {
        const file = `${own}/rights-${umask}-${i}`;
        if (mode === undefined) writeFileSync(file, 'x');
        else writeFileSync(file, 'x', {mode});
        const appended = `${file}-a`;
        if (mode === undefined) appendFileSync(appended, 'x');
        else appendFileSync(appended, 'x', {mode});
        const opened = `${file}-o`;
        closeSync(mode === undefined ? openSync(opened, 'a') : openSync(opened, 'w', mode));
        return [file, appended, opened].map(rightsOf);
      });
    } finally {
      process.umask(before);
    }
  });
}

show('what is there keeps its rights and loses its content', () => {
  const file = `${own}/kept`;
  writeFileSync(file, 'long content', {mode: 0o640});
  writeFileSync(file, 'short', {mode: 0o600});
  const first = [rightsOf(file), readFileSync(file, 'utf8')];
  chmodSync(file, 0o4711);
  closeSync(openSync(file, 'w', 0o600));
  return [...first, rightsOf(file), readFileSync(file, 'utf8')];
});

show('a new file only', () => {
  const file = `${own}/new`;
  writeFileSync(file, 'first', {flag: 'wx', mode: 0o600});
  return readFileSync(file, 'utf8');
});
show('a new file only, where there is one', () => writeFileSync(`${own}/new`, 'second', {flag: 'wx', mode: 0o600}));
show('which keeps its content', () => readFileSync(`${own}/new`, 'utf8'));

show('appended pieces', () => {
  const file = `${own}/log`;
  for (const text of ['one\n', '', 'zwei\n', 'três\n']) appendFileSync(file, text, {mode: 0o600});
  return [readFileSync(file, 'utf8'), rightsOf(file)];
});

show('written text: how many bytes, and where the file is then', () => {
  const fd = openSync(`${own}/written`, 'w', 0o600);
  const counts = [writeSync(fd, 'häh'), writeSync(fd, ''), writeSync(fd, 'end\n')];
  fsyncSync(fd);
  const {size} = fstatSync(fd);
  closeSync(fd);
  return [counts, size, readFileSync(`${own}/written`, 'utf8')];
});

show('text at positions', () => {
  const file = `${own}/positions`;
  writeFileSync(file, '0123456789');
  const fd = openSync(file, 'r+');
  const counts = [writeSync(fd, 'ab', 3), writeSync(fd, 'Z', 0), writeSync(fd, 'far', 14), writeSync(fd, '!')];
  const text = readFileSync(fd, 'utf8');
  closeSync(fd);
  return [counts, text, readFileSync(file, 'utf8')];
});

show('a descriptor is read from where it is', () => {
  const file = `${own}/half`;
  writeFileSync(file, 'first half, second half');
  const fd = openSync(file, 'r');
  const bytes = new Uint8Array(12);
  const count = readSync(fd, bytes, 0, 10, null);
  const rest = readFileSync(fd, 'utf8');
  const nothing = readFileSync(fd, 'utf8');
  const again = readSync(fd, bytes, 1, 5, 6);
  const end = readSync(fd, bytes, 0, 5, 1000);
  const none = readSync(fd, bytes, 0, 0, 0);
  closeSync(fd);
  return [count, bytes, rest, nothing, again, end, none];
});

show('bytes', () => {
  const fd = openSync(`${own}/bytes`, 'w');
  const all = Uint8Array.from({length: 256}, (_, i) => i);
  const counts = [writeSync(fd, all), writeSync(fd, all.subarray(250)), writeSync(fd, new Uint8Array(0))];
  closeSync(fd);
  const back = openSync(`${own}/bytes`, 'r');
  const bytes = new Uint8Array(300);
  const length = readSync(back, bytes, 0, 300, 0);
  closeSync(back);
  return [counts, length, bytes];
});

for (const [offset, length] of [
  [0, 11],
  [8, 3],
  [11, 0],
  [12, 1],
  [-1, 2],
  [0, -1],
] as const) {
  show(`no byte is read beyond the buffer: ${length} from ${offset}`, () => {
    const fd = openSync(`${own}/half`, 'r');
    try {
      const bytes = new Uint8Array(10);
      try {
        return [readSync(fd, bytes, offset, length, 0), bytes];
      } catch (error) {
        return [(error as Error).name, bytes];
      }
    } finally {
      closeSync(fd);
    }
  });
}

const ofTheKernel = ['/proc/cmdline', '/proc/sys/kernel/random/boot_id', '/proc/self/environ', '/proc/filesystems'];
for (const file of [
  ...ofTheKernel,
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/kallsyms',
  '/dev/null',
  '/proc/self/comm',
]) {
  show(`${file}, which says that it is empty`, () => {
    const text = readFileSync(file, 'utf8');
    // The name of a process, of course, is its own.
    return file.endsWith('/comm') ? text.endsWith('\n') : [statSync(file).size, text.length, sumOf(text)];
  });
}

const names = ['ünï 網 𐍈', 'line\nbreak', 'quote\'and"', '-dash', ' space ', '...', '\u{feff}bom', 'x'.repeat(255)];
for (const name of names) {
  show(`a file named ${JSON.stringify(name)}`, () => {
    writeFileSync(`${own}/${name}`, name);
    const text = readFileSync(`${own}/${name}`, 'utf8');
    unlinkSync(`${own}/${name}`);
    return text === name;
  });
}
