// The end of a container's own directory, and of what is pinned in it.
import {rmSync} from 'node:fs';
import {unpinNetns} from '../kernel/pin.ts';
import {containerDir, recordsOf} from './record.ts';

/** Where the container's netns is pinned, if a foreign plugin of its chains may want to look into it at the end. */
export const pinPath = (stateDir: string, containerId: string): string =>
  `${containerDir(stateDir, containerId)}/netns`;

/** Takes the container's directory away if no record is left in it. Its lock must be held. */
export function dropContainerDir(stateDir: string, containerId: string): void {
  if (recordsOf(stateDir, containerId).length > 0) return;
  unpinNetns(pinPath(stateDir, containerId));
  rmSync(containerDir(stateDir, containerId), {recursive: true, force: true});
}
