// The end of a container's own directory, and of what is pinned in it.
import {existsSync, readdirSync, rmdirSync, rmSync} from 'node:fs';
import {unpinNetns} from '../kernel/pin.ts';
import {mountPointsName, releaseMountPoints} from './names/mount-points.ts';
import {containerDir, recordsOf} from './record.ts';

/** Where the container's netns is pinned, if a foreign plugin of its chains may want to look into it at the end. */
export const pinPath = (stateDir: string, containerId: string): string =>
  `${containerDir(stateDir, containerId)}/netns`;

const lockName = 'lock';

/** The file that who works for the container locks; it goes with the directory. */
export const lockPath = (stateDir: string, containerId: string): string =>
  `${containerDir(stateDir, containerId)}/${lockName}`;

/**
 * Takes the container's directory away if no record is left in it. Its lock must be held, and its file goes last: from then
 * on the next one may be at work in there, so the directory is taken away only if nothing is in it.
 */
export function dropContainerDir(stateDir: string, containerId: string): void {
  const directory = containerDir(stateDir, containerId);
  if (!existsSync(directory) || recordsOf(stateDir, containerId).length > 0) return;
  unpinNetns(pinPath(stateDir, containerId));
  const others = readdirSync(directory).filter(name => name !== lockName);
  if (others.includes(mountPointsName)) releaseMountPoints(stateDir, containerId);
  for (const name of [...others, lockName]) rmSync(`${directory}/${name}`, {recursive: true, force: true});
  try {
    rmdirSync(directory);
  } catch {
    // Somebody else's by now, or gone already.
  }
}
