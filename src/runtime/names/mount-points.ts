// The empty files that something of ours is mounted on because a root had none there, so that at the end it is as it was found.
// Several containers may have one root at the same time, and to remove a file takes away what others have mounted on it: so
// each of them stands in STATE/mount-points/ROOT/FILE/, and the last one removes the file.
import {closeSync, existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
import {takeLock} from '../../kernel/flock.ts';
import {SystemError} from '../../kernel/libc.ts';
import {statusOf} from '../../kernel/mount-calls.ts';
import {closeTarget, directoryOf, makeTarget, openRoot, openTarget, removeTarget} from '../../kernel/mount-target.ts';
import {readOrNothing} from '../../kernel/netns.ts';
import {isObject} from '../../spec/fields.ts';
import {log} from '../log.ts';
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
const rootsDir = (stateDir: string): string => `${stateDir}/${mountPointsName}`;
const rootDir = (stateDir: string, identity: string): string => `${rootsDir(stateDir)}/${identity}`;
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

/** False if no container of this boot had any. */
export const hadMountPoints = (stateDir: string): boolean => existsSync(rootsDir(stateDir));

/**
 * Makes those of the files that are not there, with their directory, and joins in the use of what others have made. They are
 * made in the root as the host has it: what can't be taken away there can't be made there either.
 */
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
  noteUse(stateDir, containerId, {hostPath, identity, paths});
  withRoot({hostPath, identity}, onHost => {
    for (const path of paths) {
      const directory = directoryOf(root, path);
      if (directory)
        makeOrJoin(usersDir(stateDir, identity, path), containerId, directory, () =>
          makeTarget(onHost, path, directory),
        );
    }
  });
}

/** Gives up the container's use, and removes what nobody else uses. What can't be reached any more has gone with its root. */
export function releaseMountPoints(stateDir: string, containerId: string): void {
  const use = readUse(usePath(stateDir, containerId));
  if (use) withMountPoints(stateDir, () => release(stateDir, containerId, use));
}

/** Beside what it has in use of the same root; an earlier container with this id may have left some of another one. */
function noteUse(stateDir: string, containerId: string, use: InUse): void {
  const path = usePath(stateDir, containerId);
  const before = readUse(path);
  const isSame = before?.identity === use.identity;
  if (before && !isSame) release(stateDir, containerId, before);
  const paths = [...new Set([...(isSame ? before.paths : []), ...use.paths])].sort();
  writeFileSync(`${path}.new`, JSON.stringify({...use, paths}), {mode: 0o600});
  renameSync(`${path}.new`, path);
}

/** Each user notes which directory it is in. What has that name in another one at the end was not made for it. */
function makeOrJoin(users: string, containerId: string, directory: string, make: () => boolean): void {
  let isOurs = existsSync(users);
  mkdirSync(users, {recursive: true, mode: 0o700});
  writeFileSync(`${users}/${containerId}`, directory, {mode: 0o600});
  try {
    isOurs = make() || isOurs;
  } finally {
    if (!isOurs) giveUp(users, containerId);
  }
}

function release(stateDir: string, containerId: string, {hostPath, identity, paths}: InUse): void {
  const unused = [...paths].reverse().flatMap(path => {
    const directory = giveUp(usersDir(stateDir, identity, path), containerId);
    return directory === undefined ? [] : [{path, directory}];
  });
  removeIfEmpty(rootDir(stateDir, identity));
  withRoot({hostPath, identity}, root => {
    for (const {path, directory} of unused) {
      try {
        removeTarget(root, path, directory);
      } catch (error) {
        // The container may have put anything in its place. That keeps nothing else from going.
        if (!(error instanceof SystemError)) throw error;
        const msg = `/${path}, made in "${hostPath}" to mount a file on, is left there: ${error.message}`;
        log(stateDir, {level: 'warning', event: 'names', id: containerId, msg});
      }
    }
  });
}

/** With the root as the host has it, if it still is the same one. */
function withRoot({hostPath, identity}: Pick<InUse, 'hostPath' | 'identity'>, work: (root: number) => void): void {
  const root = openOrNothing(hostPath);
  if (root === undefined) return;
  try {
    if (statusOf(root).identity === identity) work(root);
  } finally {
    closeSync(root);
  }
}

function isMissing(root: number, path: string): boolean {
  const target = openTarget(root, path);
  if (target) closeTarget(target);
  return target === undefined;
}

/** The directory that it is in, if the container was the last that used it. */
function giveUp(users: string, containerId: string): string | undefined {
  const user = `${users}/${containerId}`;
  const directory = readOrNothing(user);
  rmSync(user, {force: true});
  return removeIfEmpty(users) ? directory : undefined;
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
