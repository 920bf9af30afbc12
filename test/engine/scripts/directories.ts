// Directories and names: made, listed, renamed, linked, resolved and removed. What a link leads to is never removed.
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {own, show} from '../case.ts';

const [, , , links = '', noise = ''] = process.argv;
const rightsOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

for (const umask of [0o000, 0o022, 0o077]) {
  show(`rights of directories under umask ${umask.toString(8)}`, () => {
    const before = process.umask(umask);
    try {
      const top = `${own}/made-${umask}`;
      mkdirSync(top);
      mkdirSync(`${top}/plain`, {mode: 0o750});
      mkdirSync(`${top}/a/b/c`, {recursive: true, mode: 0o700});
      mkdirSync(`${top}/d/e`, {recursive: true, mode: 0o755});
      mkdirSync(`${top}/f/g`, {recursive: true});
      mkdirSync(`${top}/a/b/c`, {recursive: true, mode: 0o777});
      return ['', '/plain', '/a', '/a/b', '/a/b/c', '/d', '/d/e', '/f', '/f/g'].map(name => rightsOf(top + name));
    } finally {
      process.umask(before);
    }
  });
}

show('odd ways to name a new directory', () => {
  for (const name of ['x//y', 'z/', 'p/./q', 'r/../s', 't///', 'u/v/'])
    mkdirSync(`${own}/odd/${name}`, {recursive: true});
  return [readdirSync(`${own}/odd`).sort(), readdirSync(`${own}/odd/p`), readdirSync(`${own}/odd/u`)];
});

show('a directory where a file is', () => {
  writeFileSync(`${own}/file`, '');
  mkdirSync(`${own}/file`, {recursive: true});
});
show('a directory below a file', () => mkdirSync(`${own}/file/below/it`, {recursive: true}));
show('a directory by a link that leads nowhere', () => mkdirSync(`${links}/nowhere`, {recursive: true}));
show('a directory where there is one', () => mkdirSync(own, {mode: 0o700}));
show('a directory below none', () => mkdirSync(`${own}/none/such`));
show('a directory of the kernel', () => mkdirSync('/proc/none/such', {recursive: true}));
show('the root, and nothing', () => [mkdirSync('/', {recursive: true}), mkdirSync('/tmp', {recursive: true})]);

show('some thousand names', () => {
  const directory = `${own}/many`;
  mkdirSync(directory);
  const names = Array.from({length: 3000}, (_, i) => `${i}-${'n'.repeat(i % 200)}`);
  for (const name of names) closeSync(openSync(`${directory}/${name}`, 'w', 0o600));
  const found = readdirSync(directory).sort();
  const same = JSON.stringify(found) === JSON.stringify(names.sort());
  rmSync(directory, {recursive: true});
  return [found.length, same, existsSync(directory)];
});

show('names of every kind', () => readdirSync(links).sort());
show('names with what they name', () =>
  readdirSync(links, {withFileTypes: true})
    .map(entry => `${entry.name} ${entry.isDirectory()}`)
    .sort(),
);
show('names that are no text', () => readdirSync(noise).sort());
show('an empty directory', () => {
  mkdirSync(`${own}/empty`);
  return [
    readdirSync(`${own}/empty`),
    readdirSync(`${own}/empty/`),
    readdirSync(`${own}/empty`, {withFileTypes: true}),
  ];
});
show('processes', () => {
  const names = readdirSync('/proc');
  return [names.includes(String(process.pid)), names.includes('self'), names.includes('.')];
});
show('descriptors of its own', () => readdirSync('/proc/self/fd').includes('0'));

show('links', () =>
  readdirSync(links)
    .sort()
    .filter(name => lstatSync(`${links}/${name}`).isSymbolicLink())
    .map(name => [name, readlinkSync(`${links}/${name}`), existsSync(`${links}/${name}`)]),
);
for (const name of ['to-file', 'to-directory', 'to-link', 'directory/../file', './/file', 'to-directory/', 'fifo']) {
  show(`the real path of ${name}`, () => realpathSync(`${links}/${name}`).replace(links, 'LINKS'));
}
show('real paths', () => [realpathSync('/'), realpathSync('/proc/self/../..'), realpathSync('/dev/null')]);
show('the real path of where we are', () => realpathSync('.') === realpathSync(process.cwd()));
for (const name of ['nowhere', 'round', 'none', 'file/x']) {
  show(`there is no real path of ${name}`, () => realpathSync(`${links}/${name}`));
}

show('a second name', () => {
  writeFileSync(`${own}/one`, 'content', {mode: 0o600});
  linkSync(`${own}/one`, `${own}/two`);
  unlinkSync(`${own}/one`);
  return [readFileSync(`${own}/two`, 'utf8'), existsSync(`${own}/one`)];
});
show('a second name that is taken', () => linkSync(`${own}/two`, `${own}/file`));
show('a second name for a link names the link', () => {
  linkSync(`${links}/to-file`, `${own}/link`);
  const isLink = lstatSync(`${own}/link`).isSymbolicLink();
  unlinkSync(`${own}/link`);
  return isLink;
});

show('a rename over what is there', () => {
  writeFileSync(`${own}/three`, 'newer');
  renameSync(`${own}/three`, `${own}/two`);
  return [readFileSync(`${own}/two`, 'utf8'), existsSync(`${own}/three`)];
});
show('a rename of nothing', () => renameSync(`${own}/three`, `${own}/two`));
show('a rename of a directory over a file', () => renameSync(`${own}/empty`, `${own}/two`));

show('removed with everything below, but nothing that a link leads to', () => {
  const top = `${own}/top`;
  mkdirSync(`${top}/a/b/c/d`, {recursive: true});
  for (const path of ['x', 'a/x', 'a/b/c/d/x']) writeFileSync(`${top}/${path}`, 'x', {mode: 0o400});
  linkSync(`${links}/to-directory`, `${top}/a/to-directory`);
  linkSync(`${links}/round`, `${top}/a/b/round`);
  linkSync(`${links}/nowhere`, `${top}/nowhere`);
  rmSync(top, {recursive: true, force: true});
  return [existsSync(top), readdirSync(`${links}/directory`)];
});
show('removed is the link and not the directory', () => {
  linkSync(`${links}/to-directory`, `${own}/to-directory`);
  rmSync(`${own}/to-directory`, {recursive: true});
  return [existsSync(`${own}/to-directory`), readdirSync(`${links}/directory`)];
});
show('removed with names that are no text', () => {
  // A copy of what is there, as only a link can be given such a name from here.
  renameSync(noise, `${own}/noise`);
  rmSync(`${own}/noise`, {recursive: true, force: true});
  return existsSync(`${own}/noise`);
});
show('removed or not there', () => [
  rmSync(`${own}/none`, {force: true}),
  rmSync(`${own}/none/such`, {force: true}),
  rmSync(`${own}/none`, {force: true, recursive: true}),
  rmSync(`${own}/two`),
  existsSync(`${own}/two`),
]);
show('below a file there is nothing to remove', () => rmSync(`${own}/file/x`, {force: true}));
show('below a file there is nothing to remove, with all below it', () =>
  rmSync(`${own}/file/x`, {force: true, recursive: true}),
);
show('removed, not there', () => rmSync(`${own}/none`));
show('removed, a directory', () => rmSync(`${own}/empty`));
show('removed, a directory, whatever is there', () => rmSync(`${own}/empty`, {force: true}));
show('an empty directory is removed', () => [rmdirSync(`${own}/empty`), existsSync(`${own}/empty`)]);
show('one that is not empty is not', () => rmdirSync(`${own}/odd`));
