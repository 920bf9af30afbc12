// A hooks.d file by the rules of podman and CRI-O (containers/common pkg/hooks, oci-hooks(5)): which they accept, which they pass
// over in silence, and which make every container fail. Their regular expressions are Go's: what only these know is
// let through here, as a wrong alarm is worse than none.
import {reasonOf} from '../spec/error.ts';
import {Fields, isObject, type Json} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
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
  if (version === '0.1.0') return parseFirstVersion(fields);
  if (version !== '1.0.0') throw fields.wrong('version', '"1.0.0"', fields.raw('version'));
  const hook = fields.child('hook');
  const path = hook.string('path');
  if (path === '') throw hook.wrong('path', 'the path of an executable', hook.raw('path'));
  const args = hook.strings('args');
  hook.strings('env');
  hook.integer('timeout', 0, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const condition = fields.child('when');
  const patterns = [...annotationPatterns(condition), ...condition.strings('commands')];
  for (const pattern of patterns) checkPattern(pattern, condition);
  condition.boolean('hasBindMounts');
  const neverRuns = ['always', 'hasBindMounts', 'annotations', 'commands'].every(
    key => condition.raw(key) === undefined,
  );
  condition.boolean('always');
  if (fields.raw('stages') === undefined) throw fields.wrong('stages', 'a list of stages', undefined);
  const stages = fields.strings('stages');
  const unknown = stages.find(stage => !knownStages.includes(stage));
  if (unknown !== undefined) throw fields.wrong('stages', `of ${knownStages.join(', ')}`, unknown);
  return {path, args, stages, neverRuns};
}

/** The form before: a path and its stages on the top level. */
function parseFirstVersion(fields: Fields): HookFile {
  return {
    path: fields.string('hook'),
    args: fields.strings('arguments'),
    stages: fields.strings('stages'),
    neverRuns: false,
  };
}

function annotationPatterns(condition: Fields): readonly string[] {
  const annotations: Json = condition.raw('annotations') ?? {};
  if (!isObject(annotations)) throw condition.wrong('annotations', 'an object', annotations);
  return Object.entries(annotations).flatMap(([key, value]) => {
    if (typeof value !== 'string') throw condition.wrong('annotations', 'an object of strings', value);
    return [key, value];
  });
}

/** Go knows groups that JavaScript does not, so only what no dialect allows is refused. */
function checkPattern(pattern: string, condition: Fields): void {
  if (/\(\?|\\[AzQEpP]|\[\[:/.test(pattern)) return;
  try {
    new RegExp(pattern);
  } catch (error) {
    throw condition.wrong('annotations', `of regular expressions: ${reasonOf(error)}`, pattern);
  }
}
