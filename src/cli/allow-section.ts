// The settings' "allow" as `hooks install` writes it: all else in the file stays, byte for byte, and what a person wrote there is
// never changed: to take a restriction away that is not ours would let tenants ask for anything.
import {mkdirSync, rmSync} from 'node:fs';
import {dirname} from 'node:path';
import {settingsFile} from '../runtime/settings.ts';
import {parsePermission} from '../runtime/wishes/permission.ts';
import {splitList} from '../spec/annotations.ts';
import {CniError, reasonOf} from '../spec/error.ts';
import {Fields, type Json, type JsonObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {append, remove, textAt} from '../spec/json-text.ts';
import {readConfig, writeConfig} from './bundle-file.ts';

/** Stands beside a section that we wrote. */
const mark = {key: 'allowedBy', value: 'cni-hook hooks install'} as const;

/** The section that `--allow KEY=VALUE,…` means. Throws `invalidConfig`. */
export function parseAllow(flags: readonly string[]): JsonObject {
  const allow: Record<string, string[]> = Object.create(null);
  for (const flag of flags) {
    const [key = '', ...value] = flag.split('=');
    if (value.length === 0)
      throw new CniError('invalidConfig', `--allow "${flag}" is not KEY=VALUE, such as networks=web,db`);
    allow[key] = [...(allow[key] ?? []), ...splitList(value.join('='))];
  }
  parsePermission(allow, '--allow');
  if (allow.networks?.length) return {...allow};
  const hint = `add --allow networks=NAME, or "networks=*" for all`;
  throw new CniError(
    'invalidConfig',
    `--allow: the hooks are for containers that name a network, and none is allowed: ${hint}`,
  );
}

/** Puts the section into the settings. Returns what puts them back as they were. Throws if there is one of somebody else's. */
export function writeAllow(allow: JsonObject): () => void {
  const before = readConfig(settingsFile);
  const text = before ?? '{}\n';
  const fields = new Fields(parseJson(text, settingsFile), settingsFile);
  if (fields.raw('allow') !== undefined && !isOurs(text)) {
    throw new CniError(
      'invalidConfig',
      `${settingsFile} has an "allow" that a person wrote: change it there, or take it away first`,
    );
  }
  store(put(put(text, 'allow', allow), mark.key, mark.value));
  return () => restore(before);
}

/** Takes the section away again, if it is ours; true if it was. */
export function removeAllow(): boolean {
  const text = readConfig(settingsFile);
  if (text === undefined || !isOurs(text)) return false;
  const rest = remove(remove(text, [mark.key]), ['allow']);
  restore(/^\{\s*\}\s*$/.test(rest) ? undefined : rest);
  return true;
}

const isOurs = (text: string): boolean => textAt(text, [mark.key]) === JSON.stringify(mark.value);

const put = (text: string, key: string, value: Json): string =>
  append(textAt(text, [key]) === undefined ? text : remove(text, [key]), [], value, key);

function restore(text: string | undefined): void {
  if (text === undefined) rmSync(settingsFile, {force: true});
  else store(text);
}

/** Read back, as a hook will read it. */
function store(text: string): void {
  try {
    mkdirSync(dirname(settingsFile), {recursive: true});
  } catch (cause) {
    throw new CniError('ioFailure', `cannot write "${settingsFile}": ${reasonOf(cause)}`, {cause});
  }
  const allow = new Fields(parseJson(text, settingsFile), settingsFile).child('allow');
  parsePermission(allow.object);
  writeConfig(settingsFile, text);
  if (readConfig(settingsFile) !== text) throw new CniError('ioFailure', `"${settingsFile}" is not as it was written`);
}
