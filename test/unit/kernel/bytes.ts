// Reads requests.txt and replies.txt: sections of hexadecimal bytes under a title, with comments behind "#".
import {readFileSync} from 'node:fs';

export const sectionsOf = (file: string): ReadonlyMap<string, Uint8Array> => {
  const [, ...sections] = readFileSync(new URL(file, import.meta.url), 'utf8').split(/^== /m);
  return new Map(
    sections.map(section => {
      const [title = '', ...lines] = section.split('\n');
      return [title, Uint8Array.from(Buffer.from(lines.map(withoutComment).join(''), 'hex'))];
    }),
  );
};

/** Lines of sixteen bytes, so that a difference is shown where it is. */
export const dump = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/(..)/g, '$1 ')
    .replace(/(.{48})/g, '$1\n');

const withoutComment = (line: string): string => line.replace(/#.*/, '').replaceAll(' ', '');
