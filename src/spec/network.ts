// A network as the conf dir describes it: a name and a chain of plugin configurations (SPEC.md section 1).
import {parseDuration} from './duration.ts';
import {CniError} from './error.ts';
import {Fields, type JsonObject} from './fields.ts';
import {checkNetworkName} from './names.ts';

export interface PluginConfig {
  readonly type: string;
  /** The object as it stands in the file. */
  readonly json: JsonObject;
}

export interface Network {
  readonly name: string;
  readonly cniVersion: string;
  readonly plugins: readonly PluginConfig[];
  /** For how long a container's addresses are kept for it when it has ended: seconds, 0 for not at all. Our own key, "keepIP". */
  readonly keepSeconds: number;
  /** The file that it came from. */
  readonly file: string;
}

/** Parses the JSON of a `.conflist`. Throws `invalidConfig`. */
export function parseNetworkList(json: JsonObject, file: string): Network {
  const list = new Fields(json, file);
  const plugins = list.children('plugins').map(plugin => parsePlugin(plugin));
  if (plugins.length === 0)
    throw new CniError('invalidConfig', `${file}: network "${list.string('name')}" has no "plugins"`);
  return {...common(list), plugins, file};
}

/** Parses the JSON of a `.conf` or `.json`: one plugin, which becomes a list of one. Throws `invalidConfig`. */
export function parseSingleNetwork(json: JsonObject, file: string): Network {
  const conf = new Fields(json, file);
  return {...common(conf), plugins: [parsePlugin(conf)], file};
}

function common(fields: Fields): Pick<Network, 'name' | 'cniVersion' | 'keepSeconds'> {
  const keep = fields.string('keepIP');
  return {
    name: checkNetworkName(fields.string('name')),
    cniVersion: fields.string('cniVersion', '0.1.0'),
    keepSeconds: keep === '' ? 0 : parseDuration(keep, `${fields.where}: "keepIP"`),
  };
}

function parsePlugin(fields: Fields): PluginConfig {
  const type = fields.string('type');
  if (type === '') throw new CniError('invalidConfig', `${fields.where}: the plugin has no "type"`);
  if (type.includes('/'))
    throw new CniError('invalidConfig', `${fields.where}: plugin type "${type}" may not hold a "/"`);
  return {type, json: fields.object};
}
