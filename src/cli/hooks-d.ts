// A hooks.d directory: our two files in it, and those of others. One file that podman can't read keeps it from starting any
// container, so each is written beside, read back by podman's rules, and only then given its name.
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {CniError, isKind, reasonOf} from '../spec/error.ts';
import {type HookStage, hookStages} from './hook-entry.ts';
import {hookFileText, parseHookFile} from './hook-file.ts';

/** The one that podman reads when nobody has told it another: not the one in /etc, whatever its manual says. */
export const defaultHooksDir = '/usr/share/containers/oci/hooks.d';

const nameOf: Readonly<Record<HookStage, string>> = {
  createRuntime: 'cni-hook-create-runtime.json',
  poststop: 'cni-hook-poststop.json',
};

export interface FileStatus {
  readonly file: string;
  readonly isOurs: boolean;
  /** `broken`: no container starts. `gone`: the executable is not there, and the hook is passed over in silence. */
  readonly state: 'ok' | 'idle' | 'gone' | 'broken' | 'missing';
  readonly stages: readonly string[];
  readonly path: string;
  readonly reason: string | undefined;
}

/** Writes our two files and returns their paths. The end comes before the start: no container may have the one alone. */
export function installHookFiles(directory: string, executable: string): readonly string[] {
  const stages = hookStages.toReversed();
  const beside = (stage: HookStage) => `${directory}/.${nameOf[stage]}.${process.pid}`;
  const written: HookStage[] = [];
  try {
    mkdirSync(directory, {recursive: true});
    for (const stage of stages) {
      written.push(stage);
      writeFileSync(beside(stage), hookFileText(stage, executable), {mode: 0o644});
      const {path} = parseHookFile(readFileSync(beside(stage), 'utf8'), beside(stage));
      accessSync(path, constants.X_OK);
    }
    for (const stage of stages) renameSync(beside(stage), `${directory}/${nameOf[stage]}`);
  } catch (cause) {
    for (const stage of written) rmSync(beside(stage), {force: true});
    throw new CniError('ioFailure', `cannot install the hooks in "${directory}": ${reasonOf(cause)}`, {cause});
  }
  return stages.map(stage => `${directory}/${nameOf[stage]}`);
}

/** Removes our two files, the start before the end, and returns the paths of those that were there. */
export function removeHookFiles(directory: string): readonly string[] {
  const there = hookStages
    .map(stage => `${directory}/${nameOf[stage]}`)
    .filter(file => statSync(file, {throwIfNoEntry: false}));
  try {
    for (const file of there) rmSync(file);
  } catch (cause) {
    throw new CniError('ioFailure', `cannot remove the hooks from "${directory}": ${reasonOf(cause)}`, {cause});
  }
  return there;
}

/** All files that podman reads there, and ours where they are missing. */
export function hookFilesIn(directory: string): readonly FileStatus[] {
  const ours: readonly string[] = Object.values(nameOf);
  const names = namesIn(directory);
  const missing = ours.filter(name => !names.includes(name));
  return [
    ...names.map(name => statusOf(`${directory}/${name}`, ours.includes(name))),
    ...missing.map(
      (name): FileStatus => ({
        file: `${directory}/${name}`,
        isOurs: true,
        state: 'missing',
        stages: [],
        path: '',
        reason: 'run "cni-hook hooks install"',
      }),
    ),
  ];
}

function statusOf(file: string, isOurs: boolean): FileStatus {
  try {
    const {path, stages, neverRuns} = parseHookFile(readFileSync(file, 'utf8'), file);
    const state = !statSync(path, {throwIfNoEntry: false}) ? 'gone' : neverRuns ? 'idle' : 'ok';
    if (state === 'ok' && !isExecutable(path)) {
      const reason = `no container that it is for starts: "${path}" can not be executed`;
      return {file, isOurs, state: 'broken', stages, path, reason};
    }
    return {file, isOurs, state, stages, path, reason: reasonFor(state, path)};
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return {file, isOurs, state: 'gone', stages: [], path: '', reason: 'it leads nowhere: podman passes it over'};
    }
    const told = isKind(error, 'invalidConfig') || isKind(error, 'decodingFailure');
    const reason = told ? reasonOf(error) : `cannot read it: ${reasonOf(error)}`;
    return {file, isOurs, state: 'broken', stages: [], path: '', reason: `podman starts no container: ${reason}`};
  }
}

/** True for a file that can be executed. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function reasonFor(state: FileStatus['state'], path: string): string | undefined {
  if (state === 'gone') return `there is no "${path}": podman passes this hook over, and says nothing`;
  return state === 'idle' ? 'it has no stage, or no condition in "when" that can be met, and never runs' : undefined;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter(name => name.endsWith('.json'))
      .sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CniError('ioFailure', `cannot read "${directory}": ${reasonOf(cause)}`, {cause});
  }
}
