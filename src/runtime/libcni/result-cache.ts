// libcni's cache of results, one file per attachment, for whoever deletes or lists what we added, and the other way round.
// The name of a file is ambiguous ("a-b" and "c", or "a" and "b-c"), so what stands inside decides; and libcni takes every
// file of the directory for an attachment, so nothing else may ever lie there, not for a moment.
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import type {Attachment} from '../../kernel/names.ts';
import {formatCniArgs, parseCniArgs} from '../../spec/cni-args.ts';
import {Fields, isObject, type Json, type JsonObject} from '../../spec/fields.ts';
import {parseJson} from '../../spec/json.ts';
import {writeDurably} from '../durable-file.ts';
import type {CapabilityArgs} from '../wishes/request-config.ts';

export interface Cached extends Attachment {
  /** The list, or the single plugin's configuration, as it stood in its file; "" in a file of the form that had none. */
  readonly config: string;
  /** Where the writer did not tell, as before libcni 1.2.0, it is where the result has the interface; else empty. */
  readonly netns: string;
  /** CNI_ARGS. */
  readonly args: string;
  readonly capabilityArgs: CapabilityArgs;
  /** The result as its plugin gave it. */
  readonly result: JsonObject;
}

const kind = 'cniCacheV1';

export const cachePath = (cacheDir: string, {network, containerId, ifName}: Attachment): string =>
  `${cacheDir}/results/${network}-${containerId}-${ifName}`;

/** Undefined if there is none, if it is torn, or if it is another attachment's whose name comes out the same. */
export function readCached(cacheDir: string, attachment: Attachment): Cached | undefined {
  const cached = readFile(cachePath(cacheDir, attachment), attachment);
  return cached && isOf(cached, attachment) ? cached : undefined;
}

/** Every attachment that a file in the cache tells of; the old form, which does not tell whose it is, is left out. */
export function allCached(cacheDir: string): readonly Cached[] {
  const directory = `${cacheDir}/results`;
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  const nobody = {network: '', containerId: '', ifName: ''};
  return names
    .flatMap(name => readFile(`${directory}/${name}`, nobody) ?? [])
    .filter(cached => cached.containerId !== '');
}

/** Writes it to the disk, as a whole or not at all. A file of another attachment with the same name is left alone. */
export function writeCached(cacheDir: string, cached: Cached): void {
  const path = cachePath(cacheDir, cached);
  const there = readFile(path, cached);
  if (there && !isOf(there, cached)) return;
  const beside = `${cacheDir}/cni-hook/${path.slice(path.lastIndexOf('/') + 1)}.new`;
  mkdirSync(`${cacheDir}/cni-hook`, {recursive: true, mode: 0o700});
  mkdirSync(`${cacheDir}/results`, {recursive: true, mode: 0o700});
  writeDurably(path, beside, formatCached(cached));
}

/** Takes it away, if it is this attachment's. */
export function dropCached(cacheDir: string, attachment: Attachment): void {
  if (readCached(cacheDir, attachment)) rmSync(cachePath(cacheDir, attachment), {force: true});
}

/** The file's text, byte for byte as libcni writes it: Go prints the keys of a struct in order, those of a map sorted. */
export function formatCached({
  network,
  containerId,
  ifName,
  config,
  netns,
  args,
  capabilityArgs,
  result,
}: Cached): string {
  const pairs = [...parseCniArgs(args).values];
  const json = {
    kind,
    containerId,
    config: Buffer.from(config).toString('base64'),
    ifName,
    networkName: network,
    ...(netns !== '' && {netns}),
    ...(pairs.length > 0 && {cniArgs: pairs}),
    ...(Object.keys(capabilityArgs).length > 0 && {capabilityArgs: sorted(capabilityArgs)}),
    result: sorted(result),
  };
  return JSON.stringify(json).replaceAll(/[<>&\u2028\u2029]/g, escapeAsGo);
}

const escapeAsGo = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(item => sorted(item));
  // A number that is kept as it stood in its text is no object to be taken apart.
  if (!isObject(value) || typeof value.rawJSON === 'string') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

function readFile(path: string, attachment: Attachment): Cached | undefined {
  try {
    const json = parseJson(readFileSync(path, 'utf8'), path);
    return isObject(json) ? parseCached(json, path, attachment) : undefined;
  } catch {
    return undefined;
  }
}

/** A file of the old form is the bare result, and tells no more of whose it is than its name does. */
function parseCached(json: JsonObject, path: string, attachment: Attachment): Cached {
  const file = new Fields(json, path);
  if (file.string('kind') !== kind) {
    const {network, containerId, ifName} = attachment;
    return {network, containerId, ifName, config: '', netns: '', args: '', capabilityArgs: {}, result: json};
  }
  const result = file.child('result');
  const values = new Map(file.list('cniArgs').flatMap(pair => (isPair(pair) ? [pair] : [])));
  return {
    network: file.string('networkName'),
    containerId: file.string('containerId'),
    ifName: file.string('ifName'),
    config: Buffer.from(file.string('config'), 'base64').toString(),
    netns: file.string('netns') || sandboxIn(result, file.string('ifName')),
    args: formatCniArgs({values, ignoreUnknown: false}),
    capabilityArgs: file.child('capabilityArgs').object,
    result: result.object,
  };
}

const sandboxIn = (result: Fields, ifName: string): string =>
  result
    .children('interfaces')
    .find(link => link.string('name') === ifName && link.string('sandbox') !== '')
    ?.string('sandbox') ?? '';

const isPair = (pair: Json): pair is [string, string] =>
  Array.isArray(pair) && pair.length === 2 && pair.every(part => typeof part === 'string');

const isOf = (cached: Attachment, {network, containerId, ifName}: Attachment): boolean =>
  cached.network === network && cached.containerId === containerId && cached.ifName === ifName;
