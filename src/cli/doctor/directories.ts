// Our directories and their rights. Whoever may write where networks, plugins or records are decides what root does next.
import {accessSync, constants, type Stats, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {quoted} from '../../kernel/shell.ts';
import {type Fault, fault, type Part} from '../../runtime/doctor/finding.ts';

export const directories: Part = {
  area: 'directories',
  inOrder: 'our directories belong to root, and nobody else may write there',
  examine: function* ({settings}) {
    const {confDir, pluginDirs, stateDir, cacheDir, dataDir} = settings;
    for (const path of [confDir, ...pluginDirs]) yield* wrongRights(path);
    for (const path of new Set([stateDir, cacheDir, dataDir])) {
      yield* wrongRights(path);
      yield* notWritable(path);
    }
    yield* wrongRights(process.execPath);
  },
};

const writableByOthers = 0o022;

function* wrongRights(path: string): Generator<Fault> {
  const stats = statOrNothing(path);
  if (!stats) return;
  if (path !== process.execPath && !stats.isDirectory()) {
    yield fault('error', `${path} is no directory`, `mv ${quoted(path)} ${quoted(`${path}.old`)}`);
    return;
  }
  if (stats.uid !== 0) {
    yield fault('error', `${path} belongs to user ${stats.uid}, and not to root`, `chown root ${quoted(path)}`);
  }
  if ((stats.mode & writableByOthers) !== 0) {
    const mode = (stats.mode & 0o7777).toString(8);
    yield fault('error', `others than root may write to ${path}: its mode is ${mode}`, `chmod go-w ${quoted(path)}`);
  }
}

/** What is not there yet will be made, if its parent may be written to. */
function* notWritable(path: string): Generator<Fault> {
  const there = existing(path);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EROFS') yield fault('error', `${there} is mounted read-only`, `mount -o remount,rw ${quoted(there)}`);
    else yield fault('error', `we may not write to ${there}: ${code}`);
  }
}

const existing = (path: string): string => (statOrNothing(path) || path === '/' ? path : existing(dirname(path)));

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
