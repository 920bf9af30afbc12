// A network as the conf dir describes it: a name and a chain of plugin configurations (SPEC.md section 1).
import {parseDuration} from './duration.ts';
import {CniError} from './error.ts';
import {Fields, type JsonObject} from './fields.ts';
import {checkNetworkName} from './names.ts';
import {compareVersions, newest} from './version.ts';

export interface PluginConfig {
  readonly type: string;
  /** The object as it stands in the file. */
  readonly json: JsonObject;
}

export interface Network {
  readonly name: string;
  readonly cniVersion: string;
  readonly plugins: readonly PluginConfig[];
  readonly disableCheck: boolean;
  readonly disableGC: boolean;
  /** For how long a container's addresses are kept for it when it has ended: seconds, 0 for not at all. Our own key, "keepIP". */
  readonly keepSeconds: number;
  /** The file that it came from. */
  readonly file: string;
}

/** A `.conflist` as it stands, before the plugins that lie beside it are added. */
export interface ParsedList {
  readonly network: Network;
  readonly loadOnlyInlinedPlugins: boolean;
}

/** Parses the JSON of a `.conflist`. Throws `invalidConfig`. */
export function parseNetworkList(json: JsonObject, file: string): ParsedList {
  const list = new Fields(json, file);
  const inlinedOnly = flag(list, 'loadOnlyInlinedPlugins');
  const listed = list.raw('plugins') !== undefined;
  if (!listed && inlinedOnly)
    throw new CniError('invalidConfig', `${file}: "loadOnlyInlinedPlugins" without "plugins"`);
  const plugins = list.children('plugins').map(plugin => parsePlugin(plugin));
  if (listed && plugins.length === 0) throw new CniError('invalidConfig', `${file}: "plugins" is empty`);
  const flags = {disableCheck: flag(list, 'disableCheck'), disableGC: flag(list, 'disableGC')};
  return {network: {...common(list), ...flags, plugins, file}, loadOnlyInlinedPlugins: inlinedOnly};
}

/** Parses the JSON of a `.conf` or `.json`: one plugin, which becomes a list of one. Throws `invalidConfig`. */
export function parseSingleNetwork(json: JsonObject, file: string): Network {
  const conf = new Fields(json, file);
  return {...common(conf), disableCheck: false, disableGC: false, plugins: [parsePlugin(conf)], file};
}

/** Parses one plugin's object. Throws `invalidConfig`. */
export function parsePlugin(fields: Fields): PluginConfig {
  const type = fields.string('type');
  if (type === '') throw new CniError('invalidConfig', `${fields.where}: the plugin has no "type"`);
  if (type.includes('/')) {
    throw new CniError('invalidConfig', `${fields.where}: plugin type "${type}" may not hold a "/"`);
  }
  return {type, json: fields.object};
}

function common(fields: Fields): Pick<Network, 'name' | 'cniVersion' | 'keepSeconds'> {
  const keep = fields.string('keepIP');
  return {
    name: checkNetworkName(fields.string('name')),
    cniVersion: highestVersion(fields),
    keepSeconds: keep === '' ? 0 : parseDuration(keep, `${fields.where}: "keepIP"`),
  };
}

/** The highest of `cniVersions` and `cniVersion` that we know; what is newer than all we know is for others. */
function highestVersion(fields: Fields): string {
  const single = fields.string('cniVersion') || '0.1.0';
  const offered = fields.strings('cniVersions').filter(version => compareVersions(version, newest) <= 0);
  return offered.reduce((best, version) => (compareVersions(version, best) > 0 ? version : best), single);
}

/** True or false, also as a string in any case, as libcni takes it. */
function flag(fields: Fields, key: string): boolean {
  const value = fields.raw(key);
  if (typeof value !== 'string') return fields.boolean(key);
  const words: Readonly<Record<string, boolean>> = {true: true, false: false};
  const known = words[value.toLowerCase()];
  if (known === undefined) throw fields.wrong(key, 'true or false', value);
  return known;
}
