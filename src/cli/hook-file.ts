// A hooks.d file by the rules of podman and CRI-O (containers/common pkg/hooks, oci-hooks(5)): which they accept, which they pass
// over in silence, and which make every container fail.
import {CniError} from '../spec/error.ts';
import {Fields, isObject, type Json} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {problemInGo} from './go-pattern.ts';
import {type HookStage, hookEntry} from './hook-entry.ts';

/** Only containers that ask for a network by name are touched. */
const when = {annotations: {'^io\\.cni-hook\\.networks$': '.+'}};

/** What the file for that stage holds. */
export const hookFileText = (stage: HookStage, executable: string): string =>
  `${JSON.stringify({version: '1.0.0', hook: hookEntry(stage, executable), when, stages: [stage]}, undefined, 2)}\n`;

export interface HookFile {
  readonly path: string;
  readonly args: readonly string[];
  readonly stages: readonly string[];
  /** Without a condition it never runs. */
  readonly neverRuns: boolean;
}

// Those of the runtime specification, and podman's own two.
const knownStages = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
  'precreate',
];

/** Throws with the reason for which podman would refuse to start any container at all. */
export function parseHookFile(text: string, file: string): HookFile {
  const fields = new Fields(parseJson(text, file), file);
  const version = fields.string('version');
  // As podman has it: a file without a version is of the first.
  if (version === '0.1.0' || version === '') return parseFirstVersion(fields);
  if (version !== '1.0.0') throw fields.wrong('version', '"1.0.0"', fields.raw('version'));
  const hook = fields.child('hook');
  const path = pathIn(hook, 'path');
  const args = stringsIn(hook, 'args');
  stringsIn(hook, 'env');
  hook.integer('timeout', 0, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const when = fields.child('when');
  const annotations = annotationPatterns(when);
  const commands = stringsIn(when, 'commands');
  checkPatterns([...annotations, ...commands], when);
  const flags = [flagIn(when, 'always'), flagIn(when, 'hasBindMounts')];
  const stages = stagesIn(fields, 'stages');
  const hasCondition = annotations.length > 0 || commands.length > 0 || flags.includes(true);
  // All conditions must be met, and one that is false never is.
  return {path, args, stages, neverRuns: stages.length === 0 || flags.includes(false) || !hasCondition};
}

/** The form before: a path and its stages on the top level, lists under either of two names, one condition of which is enough. */
function parseFirstVersion(fields: Fields): HookFile {
  const [stageKey, commandKey, annotationKey] = (
    [
      ['stages', 'stage'],
      ['cmds', 'cmd'],
      ['annotations', 'annotation'],
    ] as const
  ).map(([many, one]) => {
    if (fields.raw(one) === undefined) return many;
    if (fields.raw(many) === undefined) return one;
    throw fields.wrong(one, `left out beside "${many}"`, fields.raw(one));
  }) as [string, string, string];
  const path = pathIn(fields, 'hook');
  const args = stringsIn(fields, 'arguments');
  const stages = stagesIn(fields, stageKey);
  const patterns = [...stringsIn(fields, commandKey), ...stringsIn(fields, annotationKey)];
  checkPatterns(patterns, fields);
  const hasCondition = patterns.length > 0 || flagIn(fields, 'hasbindmounts') === true;
  return {path, args, stages, neverRuns: stages.length === 0 || !hasCondition};
}

function pathIn(fields: Fields, key: string): string {
  const path = fields.string(key);
  if (path === '') throw fields.wrong(key, 'the path of an executable', fields.raw(key));
  return path;
}

function stagesIn(fields: Fields, key: string): readonly string[] {
  if (fields.raw(key) === undefined) throw fields.wrong(key, 'a list of stages', undefined);
  const stages = stringsIn(fields, key);
  const unknown = stages.find(stage => !knownStages.includes(stage));
  if (unknown !== undefined) throw fields.wrong(key, `of ${knownStages.join(', ')}`, unknown);
  return stages;
}

/** A null among them is an empty string to Go. */
const stringsIn = (fields: Fields, key: string): readonly string[] =>
  fields.list(key).map(item => {
    if (item !== null && typeof item !== 'string') throw fields.wrong(key, 'a list of strings', item);
    return item ?? '';
  });

const flagIn = (fields: Fields, key: string): boolean | undefined =>
  fields.raw(key) === undefined ? undefined : fields.boolean(key);

function annotationPatterns(condition: Fields): readonly string[] {
  const annotations: Json = condition.raw('annotations') ?? {};
  if (!isObject(annotations)) throw condition.wrong('annotations', 'an object', annotations);
  return Object.entries(annotations).flatMap(([key, value]) => {
    if (value !== null && typeof value !== 'string')
      throw condition.wrong('annotations', 'an object of strings', value);
    return [key, value ?? ''];
  });
}

function checkPatterns(patterns: readonly string[], fields: Fields): void {
  for (const pattern of patterns) {
    const problem = problemInGo(pattern);
    if (problem === undefined) continue;
    const what = `${JSON.stringify(pattern)} is not a regular expression: ${problem}`;
    throw new CniError('invalidConfig', `${fields.where}: ${what}`);
  }
}
