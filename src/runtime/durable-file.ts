// What outlives a boot: on the disk before it has its name, so that it is there as a whole or not at all. Nothing else in the
// house waits for a disk (docs/decisions/0008).
import {closeSync, fsyncSync, openSync, renameSync, writeSync} from 'node:fs';

/** Root's alone. `beside` is its name while it is written, on the same file system. */
export function writeDurably(path: string, beside: string, text: string): void {
  const fd = openSync(beside, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, path);
}

/** Waits until the file, or what the directory names, is on the disk. */
export function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
