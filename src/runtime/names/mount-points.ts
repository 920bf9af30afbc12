// The empty files that something of ours is mounted on because a root had none there, so that at the end it is as it was found.
// Several containers may have one root at the same time, and to remove a file takes away what others have mounted on it: so
// each of them stands in STATE/mount-points/ROOT/FILE/, and the last one removes the file.
import {closeSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
import {takeLock} from '../../kernel/flock.ts';
import {statusOf} from '../../kernel/mount-calls.ts';
import {closeTarget, isElsewhere, makeTarget, openRoot, openTarget, removeTarget} from '../../kernel/mount-target.ts';
import {isObject} from '../../spec/fields.ts';
import {containerDir} from '../record.ts';

/** What a container has in use: recorded before it is made. */
interface InUse {
  /** Where the root lies on the host, and which directory it is. */
  readonly hostPath: string;
  readonly identity: string;
  /** Below the root, directories before what is in them. */
  readonly paths: readonly string[];
}

export const mountPointsName = 'mount-points';
const usePath = (stateDir: string, containerId: string): string =>
  `${containerDir(stateDir, containerId)}/${mountPointsName}`;
const rootDir = (stateDir: string, identity: string): string => `${stateDir}/${mountPointsName}/${identity}`;
const usersDir = (stateDir: string, identity: string, path: string): string =>
  `${rootDir(stateDir, identity)}/${path.replaceAll('/', ',')}`;

/** Makes and removes mount points while nobody else does. */
export function withMountPoints<T>(stateDir: string, work: () => T): T {
  const lock = takeLock(`${stateDir}/${mountPointsName}.lock`, 'exclusive');
  try {
    return work();
  } finally {
    lock.release();
  }
}

/** Makes those of the files that are not there, with their directory, and joins in the use of what others have made. */
export function prepareMountPoints(
  stateDir: string,
  containerId: string,
  root: number,
  hostPath: string,
  files: readonly string[],
): void {
  const {identity} = statusOf(root);
  const othersMade = existsSync(rootDir(stateDir, identity));
  const isWanted = (path: string) =>
    isMissing(root, path) || (othersMade && existsSync(usersDir(stateDir, identity, path)));
  const wanted = files.filter(file => isWanted(file));
  if (wanted.length === 0) return;
  const directories = [...new Set(wanted.map(file => file.slice(0, file.lastIndexOf('/'))))];
  const paths = [...directories.filter(directory => isWanted(directory)), ...wanted];
  writeFileSync(usePath(stateDir, containerId), JSON.stringify({hostPath, identity, paths}), {mode: 0o600});
  for (const path of paths) {
    if (isElsewhere(root, path)) continue;
    mkdirSync(usersDir(stateDir, identity, path), {recursive: true, mode: 0o700});
    writeFileSync(`${usersDir(stateDir, identity, path)}/${containerId}`, '');
    makeTarget(root, path);
  }
}

/** Gives up the container's use, and removes what nobody else uses. What can't be reached any more has gone with its root. */
export function releaseMountPoints(stateDir: string, containerId: string): void {
  const use = readUse(usePath(stateDir, containerId));
  if (!use) return;
  withMountPoints(stateDir, () => {
    const unused = [...use.paths]
      .reverse()
      .filter(path => !isUsedByOthers(usersDir(stateDir, use.identity, path), containerId));
    removeIfEmpty(rootDir(stateDir, use.identity));
    const root = openOrNothing(use.hostPath);
    if (root === undefined) return;
    try {
      if (statusOf(root).identity === use.identity) for (const path of unused) removeTarget(root, path);
    } finally {
      closeSync(root);
    }
  });
}

function isMissing(root: number, path: string): boolean {
  const target = openTarget(root, path);
  if (target) closeTarget(target);
  return target === undefined;
}

function isUsedByOthers(users: string, containerId: string): boolean {
  rmSync(`${users}/${containerId}`, {force: true});
  return !removeIfEmpty(users);
}

/** True if it is gone, or was not there. */
function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function openOrNothing(path: string): number | undefined {
  try {
    return openRoot(path);
  } catch {
    return undefined;
  }
}

function readUse(path: string): InUse | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isWhole = isObject(json) && typeof json.hostPath === 'string' && Array.isArray(json.paths);
    return isWhole ? (json as unknown as InUse) : undefined;
  } catch {
    return undefined;
  }
}
