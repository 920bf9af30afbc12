// `node:path`, for each path of a file of JSON.
import {readFileSync} from 'node:fs';
import {basename, dirname, posix} from 'node:path';
import {show} from '../case.ts';

const [, , , values = ''] = process.argv;

for (const path of JSON.parse(readFileSync(values, 'utf8')) as string[]) {
  show(JSON.stringify(path), () => [basename(path), dirname(path), posix.normalize(path)]);
}
