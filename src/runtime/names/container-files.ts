// resolv.conf, hosts and hostname in a container: files of ours, mounted read-only over what its root has there. A container
// starts without them if need be, and the log says why; what its bundle mounts itself is left alone.
import {closeSync, openSync} from 'node:fs';
import {SystemError} from '../../kernel/libc.ts';
import {
  cloneMount,
  inMountNamespace,
  mountErrno,
  moveMount,
  open,
  statusOf,
  unmountBelow,
} from '../../kernel/mount-calls.ts';
import {
  closeTarget,
  openMountNamespace,
  openRoot,
  openTarget,
  sharedMounts,
  type Target,
} from '../../kernel/mount-target.ts';
import type {ContainerRoot} from './identity.ts';
import {hadMountPoints, prepareMountPoints, withMountPoints} from './mount-points.ts';

/** A file of the host that a container is to have at a path below its root. */
export interface ContainerFile {
  readonly path: 'etc/resolv.conf' | 'etc/hosts' | 'etc/hostname';
  readonly source: string;
}

export const containerPaths = ['etc/resolv.conf', 'etc/hosts', 'etc/hostname'] as const;

/** True for a file, by its identity as in FileStatus, that we may have mounted. */
export type IsOurs = (identity: string) => boolean;

/** Mounts what is not mounted yet, also over what is ours and older. Answers why a file was left as it is: one line each. */
export function mountFiles(
  stateDir: string,
  containerId: string,
  root: ContainerRoot,
  files: readonly ContainerFile[],
  isOurs: IsOurs,
): readonly string[] {
  const wanted = files.filter(({path}) => !root.mounted.includes(path));
  if (wanted.length === 0 && !hadMountPoints(stateDir)) return [];
  return withOpen(root, (rootFd, namespace, attempt) =>
    withMountPoints(stateDir, () => {
      const {hostPath, pid} = root;
      // What its bundle mounts on a file that another container needed goes with that file.
      const paths = [...wanted.map(({path}) => path), ...containerPaths.filter(path => root.mounted.includes(path))];
      if (hostPath !== undefined) {
        attempt('/etc', () => prepareMountPoints(stateDir, containerId, rootFd, hostPath, paths));
      }
      const shared = sharedMounts(pid);
      const places: Place[] = [];
      try {
        for (const {path, source} of wanted) {
          attempt(`/${path}`, () => places.push(...placeFor(rootFd, path, source, shared, isOurs)));
        }
        if (places.length === 0) return;
        inMountNamespace(namespace, () => {
          for (const {path, mount, target} of places) attempt(`/${path}`, () => moveMount(mount, target.fd));
        });
      } finally {
        for (const {mount, target} of places) {
          closeSync(mount);
          closeTarget(target);
        }
      }
    }),
  );
}

/** Takes away what is ours, down to what the container had before. */
export const unmountFiles = (
  root: ContainerRoot,
  paths: readonly ContainerFile['path'][],
  isOurs: IsOurs,
): readonly string[] =>
  withOpen(root, (rootFd, namespace, attempt) => {
    for (const path of paths) {
      attempt(`/${path}`, () => {
        // Who may mount in the container could go on with it for ever.
        for (let i = 0; i < mostMounts && unmountFile(rootFd, namespace, path, isOurs); i++);
      });
    }
  });

/** One for each change of the container's networks that found no way to take the one before away. */
const mostMounts = 100;

/** Which file it is, in the form of FileStatus. */
export function identityOf(path: string): string {
  const fd = openSync(path, open.path);
  try {
    return statusOf(fd).identity;
  } finally {
    closeSync(fd);
  }
}

/** What is to be mounted where. */
interface Place {
  readonly path: string;
  readonly mount: number;
  readonly target: Target;
}

/** None if it is mounted already. Throws LeftAlone where nothing of ours belongs. */
function placeFor(
  root: number,
  path: string,
  source: string,
  shared: ReadonlySet<number>,
  isOurs: IsOurs,
): readonly Place[] {
  const target = openTarget(root, path);
  if (!target) throw new LeftAlone('it is not there, and nothing can be made in its place');
  try {
    const {type, isMountRoot, identity, mountId} = target.status;
    const isDone = isMountRoot && identity === identityOf(source);
    if (isMountRoot && !isDone && !isOurs(identity)) throw new LeftAlone('something is mounted there already');
    if (type !== 'file' && type !== 'symlink') throw new LeftAlone('it is neither a file nor a link');
    if (shared.has(mountId)) throw new LeftAlone('its mount is shared, so others might see ours too');
    if (!isDone) return [{path, target, mount: cloneMount(source)}];
  } catch (error) {
    closeTarget(target);
    throw error;
  }
  closeTarget(target);
  return [];
}

/** True if there was something of ours. */
function unmountFile(root: number, namespace: number, path: string, isOurs: IsOurs): boolean {
  const target = openTarget(root, path);
  if (!target) return false;
  try {
    if (!target.status.isMountRoot || !isOurs(target.status.identity)) return false;
    inMountNamespace(namespace, () => unmountBelow(target.directory, path.slice(path.lastIndexOf('/') + 1)));
    return true;
  } finally {
    closeTarget(target);
  }
}

class LeftAlone extends Error {}

type Attempt = (what: string, work: () => void) => void;

/** Runs `work` with the root and its mount namespace open, and answers what failed of what it attempted. */
function withOpen(
  root: ContainerRoot,
  work: (root: number, namespace: number, attempt: Attempt) => void,
): readonly string[] {
  const notes: string[] = [];
  const attempt: Attempt = (what, task) => {
    try {
      task();
    } catch (error) {
      notes.push(`${what} of the container is left as it is: ${reasonToGoOn(error)}`);
    }
  };
  const namespace = openMountNamespace(root.pid);
  try {
    attempt('the root', () => {
      const rootFd = openRoot(root.path, root.pid);
      try {
        work(rootFd, namespace, attempt);
      } finally {
        closeSync(rootFd);
      }
    });
  } finally {
    closeSync(namespace);
  }
  return notes;
}

/** What the kernel refuses keeps no container from starting; all else does. */
function reasonToGoOn(error: unknown): string {
  if (error instanceof LeftAlone) return error.message;
  if (!(error instanceof SystemError)) throw error;
  return error.errno === mountErrno.ENOSYS ? `${error.message}: this needs Linux 5.12 or newer` : error.message;
}
