// What is said when somebody may not. To be run without the power to do so nevertheless. Each case has a directory of its own, as
// not all of them could be cleared away.
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {own, show} from '../case.ts';
import {functionsIn} from './file-functions.ts';

// Nothing at all; nothing new; its names and no more.
const rights = {closed: 0o000, locked: 0o500, listed: 0o400} as const;

function prepare(now: string): void {
  for (const name of Object.keys(rights)) {
    mkdirSync(`${now}/${name}/full/er`, {recursive: true});
    writeFileSync(`${now}/${name}/file`, 'x');
  }
  writeFileSync(`${now}/file`, 'x');
  writeFileSync(`${now}/unreadable`, 'x', {mode: 0o000});
  writeFileSync(`${now}/unwritable`, 'x', {mode: 0o400});
  for (const [name, mode] of Object.entries(rights)) chmodSync(`${now}/${name}`, mode);
}

const ends = ['', '/file', '/none', '/full', '/full/er', '/file/x', '/new/er'];
const paths = ['unreadable', 'unwritable', ...Object.keys(rights).flatMap(name => ends.map(end => name + end))];
// What is said of rmSync differs anyway (test/engine/files.test.ts).
const names = Object.keys(functionsIn(own)).filter(name => !name.startsWith('rmSync'));
let count = 0;
for (const path of paths) {
  for (const name of names) {
    const now = `${own}/${count++}`;
    prepare(now);
    show(`${name}, ${path}`, () => functionsIn(now)[name]?.(`${now}/${path}`));
  }
}
