// A file that a container will read, whoever its processes are and whatever the hook's umask is.
import {chmodSync, statSync, writeFileSync} from 'node:fs';

const rights = 0o644;

/** Writes it in place, for it may be mounted somewhere, and returns its path. */
export function writeReadable(path: string, text: string): string {
  writeFileSync(path, text, {mode: rights});
  if ((statSync(path).mode & rights) !== rights) chmodSync(path, rights);
  return path;
}
