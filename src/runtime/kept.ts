// Promises to keep a container's addresses for it when it has ended: asked for by annotation or by the network, for a
// bounded time. They are on the disk: a user asked for them to survive, also a power cut while the container runs.
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import type {Attachment} from '../kernel/names.ts';
import {digest} from '../spec/digest.ts';
import {sync, writeDurably} from './durable-file.ts';
import type {Settings} from './settings.ts';

export interface Kept extends Attachment {
  readonly seconds: number;
  /** When the container ended: milliseconds since 1970; undefined as long as nobody has seen it end. */
  readonly ended?: number | undefined;
  /** The lease directories in which it holds addresses. */
  readonly leases: readonly string[];
}

/** `addresses` are those that it holds. */
export function keep(settings: Settings, kept: Kept, addresses: readonly string[]): void {
  const {network, containerId, ifName, seconds, ended, leases} = kept;
  const directory = promisesDir(settings);
  mkdirSync(directory, {recursive: true, mode: 0o700});
  const path = pathOf(settings, {network, containerId, ifName});
  writeDurably(path, `${path}.new`, JSON.stringify({network, containerId, ifName, seconds, ended, leases}));
  const files = leases.flatMap(place => addresses.map(address => `${place}/${address}`));
  for (const changed of [...files, ...leases, directory].filter(existsSync)) sync(changed);
}

/** Until when: milliseconds since 1970. Who was not seen to end did so at the last boot at the latest. */
export const keptUntil = ({seconds, ended}: Kept, bootTime: number): number => (ended ?? bootTime) + seconds * 1000;

export function findKept(settings: Settings, attachment: Attachment): Kept | undefined {
  return read(pathOf(settings, attachment));
}

export function allKept(settings: Settings): readonly Kept[] {
  const directory = promisesDir(settings);
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

export const promisesDir = (settings: Settings): string => `${settings.cacheDir}/cni-hook/kept`;

/** A hash, because the three together may be longer than a file's name. */
const pathOf = (settings: Settings, {network, containerId, ifName}: Attachment): string =>
  `${promisesDir(settings)}/${digest(`${network}/${containerId}/${ifName}`)}.json`;

function read(path: string): Kept | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<Kept>;
    return typeof kept.seconds === 'number' && Array.isArray(kept.leases) ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}
