// Addresses that are kept for a container which has ended: asked for by annotation or by the network, for a bounded time.
// The only thing that we sync to disk: a user asked for it to survive.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type {Attachment} from '../kernel/names.ts';
import {digest} from '../spec/digest.ts';
import type {Settings} from './settings.ts';

export interface Kept extends Attachment {
  /** Milliseconds since 1970. */
  readonly until: number;
  /** The lease directories in which it holds addresses. */
  readonly leases: readonly string[];
}

export function keep(settings: Settings, {network, containerId, ifName, until, leases}: Kept): void {
  const directory = directoryOf(settings);
  mkdirSync(directory, {recursive: true, mode: 0o700});
  const path = pathOf(settings, {network, containerId, ifName});
  writeSynced(`${path}.new`, JSON.stringify({network, containerId, ifName, until, leases}));
  renameSync(`${path}.new`, path);
  syncDirectory(directory);
}

export function findKept(settings: Settings, attachment: Attachment): Kept | undefined {
  return read(pathOf(settings, attachment));
}

export function allKept(settings: Settings): readonly Kept[] {
  const directory = directoryOf(settings);
  let names: readonly string[] = [];
  try {
    names = readdirSync(directory).filter(name => name.endsWith('.json'));
  } catch {
    // Nobody ever asked for it.
  }
  return names.flatMap(name => read(`${directory}/${name}`) ?? []);
}

export function forget(settings: Settings, attachment: Attachment): void {
  rmSync(pathOf(settings, attachment), {force: true});
}

const directoryOf = (settings: Settings): string => `${settings.cacheDir}/cni-hook/kept`;

/** A hash, because the three together may be longer than a file's name. */
const pathOf = (settings: Settings, {network, containerId, ifName}: Attachment): string =>
  `${directoryOf(settings)}/${digest(`${network}/${containerId}/${ifName}`)}.json`;

function read(path: string): Kept | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<Kept>;
    return typeof kept.until === 'number' && Array.isArray(kept.leases) ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}

function writeSynced(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
