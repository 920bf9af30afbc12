// Puts the hooks into the text of a bundle's config.json, and takes them out again. What was added is noted in an annotation,
// so that the way back needs nothing but the text, wherever the bundle has been since; what somebody has added in between
// stays. What a person wrote by hand is never ours: it is left where it is.
import {basename} from 'node:path';
import {annotation} from '../spec/annotations.ts';
import {CniError} from '../spec/error.ts';
import {isObject, type Json} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {append, keysAt, type Path, remove, replaceAt, textAt} from '../spec/json-text.ts';
import {type HookStage, hookEntry, hookStages} from './hook-entry.ts';

export const wiredAnnotation = annotation.wired;

export interface Wishes {
  /** The executable that the hooks are to call. */
  readonly executable: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A text on its way, with a note of all that was done to it, in order. */
interface Draft {
  readonly text: string;
  readonly notes: readonly string[];
}

/** The text with what is missing. `file` names it in messages. What an earlier call has added is taken out before. */
export function wire(text: string, wishes: Wishes, file: string): string {
  const clean = unwire(text, file);
  const config = valueAt(clean, [], file);
  if (!isObject(config) || config.ociVersion === undefined) {
    throw new CniError(
      'invalidConfig',
      `${file}: there is no "ociVersion" in it: this is not the config.json of a bundle`,
    );
  }
  refuseDouble(clean, file);
  let draft = addNetns({text: clean, notes: []}, file);
  for (const stage of hookStages) draft = addHook(draft, stage, wishes.executable, file);
  for (const [key, value] of Object.entries(wishes.annotations)) draft = addAnnotation(draft, key, value, file);
  draft = addHostname(draft, wishes.annotations[annotation.hostname], file);
  return draft.notes.length === 0 ? clean : addNotes(draft, file);
}

/** The text without what `wire` has added: as it was before, but for what others have changed. */
export function unwire(text: string, file: string): string {
  const notes = valueAt(text, ['annotations', wiredAnnotation], file);
  if (typeof notes !== 'string') return text;
  return notes
    .split(';')
    .reverse()
    .reduce((rest, note) => takeBack(rest, note, file), remove(text, ['annotations', wiredAnnotation]));
}

// --- there ---

/** Of two equal keys crun reads the first and runc the last, of objects both: what we add would be there for one alone. */
function refuseDouble(text: string, file: string): void {
  for (const path of [[], ['linux'], ['hooks'], ['annotations']]) {
    const keys = keysAt(text, path);
    const double = keys.find((key, i) => keys.indexOf(key) !== i);
    if (double === undefined) continue;
    const name = [...path, double].join('.');
    throw new CniError('invalidConfig', `${file}: "${name}" stands there twice: take one away`);
  }
}

function addNetns(draft: Draft, file: string): Draft {
  const opened = openAt(openAt(draft, ['linux'], {}, file), ['linux', 'namespaces'], [], file);
  const network = listAt(opened.text, ['linux', 'namespaces'], file).find(isNetworkNamespace);
  if (!network) return noted(append(opened.text, ['linux', 'namespaces'], {type: 'network'}), opened, 'network');
  if (network.path === undefined || network.path === '') return draft;
  throw new CniError(
    'invalidConfig',
    `${file}: the container joins the network namespace "${String(network.path)}": take that "path" away, to let it have one of its own`,
  );
}

function addHook(draft: Draft, stage: HookStage, executable: string, file: string): Draft {
  if (hookIndex(draft.text, stage, file) >= 0 || (stage === 'createRuntime' && hasPrestart(draft.text, file)))
    return draft;
  const opened = openAt(openAt(draft, ['hooks'], {}, file), ['hooks', stage], [], file);
  return noted(append(opened.text, ['hooks', stage], hookEntry(stage, executable)), opened, stage);
}

function addAnnotation(draft: Draft, key: string, value: string, file: string): Draft {
  const there = valueAt(draft.text, ['annotations', key], file);
  if (there === value) return draft;
  if (there !== undefined) {
    throw new CniError(
      'invalidConfig',
      `${file}: the annotation "${key}" is ${JSON.stringify(there)} already: take it away first`,
    );
  }
  const opened = openAt(draft, ['annotations'], {}, file);
  return noted(append(opened.text, ['annotations'], value, key), opened, key);
}

/** The container's own view of its name, where it can have one: a runtime refuses it to a container in the host's UTS namespace. */
function addHostname(draft: Draft, hostname: string | undefined, file: string): Draft {
  const isItsOwn = listAt(draft.text, ['linux', 'namespaces'], file).some(
    item => isObject(item) && item.type === 'uts',
  );
  const before = valueAt(draft.text, ['hostname'], file);
  if (hostname === undefined || !isItsOwn || before === hostname) return draft;
  const raw = textAt(draft.text, ['hostname']);
  if (raw === undefined) return noted(append(draft.text, [], hostname, 'hostname'), draft, 'hostname');
  const replaced = replaceAt(draft.text, ['hostname'], JSON.stringify(hostname));
  return noted(replaced, draft, `hostname=${encodeURIComponent(raw)}`);
}

function addNotes(draft: Draft, file: string): string {
  const {text, notes} = openAt(draft, ['annotations'], {}, file);
  return append(text, ['annotations'], notes.join(';'), wiredAnnotation);
}

/** Sees to it that there is an object or a list at that path; an empty one is noted with its text, to be put back as it was. */
function openAt(draft: Draft, path: Path, empty: Json[] | {[key: string]: Json}, file: string): Draft {
  const value = valueAt(draft.text, path, file);
  const name = path.join('.');
  if (value === undefined) return noted(append(draft.text, path.slice(0, -1), empty, String(path.at(-1))), draft, name);
  if (value !== null && (typeof value !== 'object' || Array.isArray(value) !== Array.isArray(empty))) {
    throw new CniError('invalidConfig', `${file}: "${name}" is not ${Array.isArray(empty) ? 'a list' : 'an object'}`);
  }
  return isEmpty(value) ? {...draft, notes: [...draft.notes, `${name}=${textAt(draft.text, path)}`]} : draft;
}

const noted = (text: string, {notes}: Draft, note: string): Draft => ({text, notes: [...notes, note]});

// --- and back ---

function takeBack(text: string, note: string, file: string): string {
  if (note === 'network') return without(text, ['linux', 'namespaces'], ownNetworkIndex(text, file));
  if (isStage(note)) return without(text, ['hooks', note], hookIndex(text, note, file));
  if (/^hostname(=|$)/.test(note)) return takeBackHostname(text, note.slice('hostname='.length), file);
  const [, name = '', raw] = /^([^=]*)(?:=(null|\{\s*\}|\[\s*\]))?$/.exec(note) ?? [];
  if (!containers.has(name)) return textAt(text, ['annotations', name]) ? remove(text, ['annotations', name]) : text;
  const path = name.split('.');
  const value = valueAt(text, path, file);
  if (value === undefined || !isEmpty(value)) return text;
  return raw === undefined ? remove(text, path) : replaceAt(text, path, raw);
}

/** Unless somebody has chosen another since. What a note puts back is a string, and nothing else. */
function takeBackHostname(text: string, note: string, file: string): string {
  const hostname = valueAt(text, ['hostname'], file);
  if (hostname === undefined || hostname !== valueAt(text, ['annotations', annotation.hostname], file)) return text;
  if (note === '') return remove(text, ['hostname']);
  const raw = decoded(note);
  return /^("([^"\\]|\\.)*"|null)$/.test(raw) ? replaceAt(text, ['hostname'], raw) : text;
}

/** Empty for what `wire` never wrote. */
function decoded(note: string): string {
  try {
    return decodeURIComponent(note);
  } catch {
    return '';
  }
}

const containers = new Set([
  'annotations',
  'hooks',
  'linux',
  'linux.namespaces',
  ...hookStages.map(stage => `hooks.${stage}`),
]);

const isStage = (note: string): note is HookStage => hookStages.some(stage => stage === note);

const without = (text: string, path: Path, index: number): string =>
  index < 0 ? text : remove(text, [...path, index]);

// --- what stands where ---

/** The last one: ours was appended. */
const hookIndex = (text: string, stage: string, file: string): number =>
  listAt(text, ['hooks', stage], file).findLastIndex(item => calls(item, stage));

const hasPrestart = (text: string, file: string): boolean => hookIndex(text, 'prestart', file) >= 0;

function calls(item: Json, stage: string): boolean {
  if (!isObject(item) || !Array.isArray(item.args) || item.args[1] !== stage) return false;
  return item.args[0] === 'cni-hook' || (typeof item.path === 'string' && basename(item.path) === 'cni-hook');
}

const isNetworkNamespace = (item: Json): item is {[key: string]: Json} => isObject(item) && item.type === 'network';

const ownNetworkIndex = (text: string, file: string): number =>
  listAt(text, ['linux', 'namespaces'], file).findLastIndex(item => isNetworkNamespace(item) && !item.path);

const isEmpty = (value: Json): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

function listAt(text: string, path: Path, file: string): readonly Json[] {
  const value = valueAt(text, path, file) ?? [];
  if (!Array.isArray(value)) throw new CniError('invalidConfig', `${file}: "${path.join('.')}" is not a list`);
  return value;
}

function valueAt(text: string, path: Path, file: string): Json | undefined {
  let value: Json | undefined = parseJson(text, file);
  for (const step of path) value = isObject(value) && typeof step === 'string' ? value[step] : undefined;
  return value;
}
