// Networks from the conf dir, in libcni's order: every *.conflist by name, then every *.conf and *.json by name; the first
// that bears the name wins. One malformed file does not take the others down: it is reported if nothing else matches.
import {readdirSync, readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {CniError, reasonOf} from '../spec/error.ts';
import {Fields, isObject, type JsonObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {type Network, type PluginConfig, parseNetworkList, parsePlugin, parseSingleNetwork} from '../spec/network.ts';

export interface Loaded {
  readonly file: string;
  /** What the file describes, or what is wrong with it. */
  readonly network: Network | CniError;
}

/** Everything in the conf dir, file by file. A directory that is not there holds nothing. */
export function* loadAll(confDir: string): Generator<Loaded> {
  for (const name of confFiles(confDir)) {
    const file = `${confDir}/${name}`;
    yield {file, network: loadFile(file)};
  }
}

/** The network of that name. Throws `unknownNetwork`, and says which files could not be read. */
export function loadNetwork(confDir: string, name: string): Network {
  return firstThat(confDir, network => network.name === name, `no network "${name}" in ${confDir}`);
}

/** The first network of the conf dir. */
export function loadDefaultNetwork(confDir: string): Network {
  return firstThat(confDir, () => true, `no network in ${confDir}`);
}

function firstThat(confDir: string, wanted: (network: Network) => boolean, nothing: string): Network {
  const broken: string[] = [];
  const names: string[] = [];
  for (const {network} of loadAll(confDir)) {
    if (network instanceof CniError) broken.push(reasonOf(network));
    else if (wanted(network)) return network;
    else names.push(network.name);
  }
  const there = names.length > 0 ? ` (there: ${names.join(', ')})` : '';
  const unread = broken.length > 0 ? `; not readable: ${broken.join('; ')}` : '';
  throw new CniError(
    'unknownNetwork',
    `${nothing}${there}${unread}: put a .conflist there, or name another directory with --conf-dir`,
  );
}

function loadFile(file: string): Network | CniError {
  try {
    const json = readObject(file);
    if (!file.endsWith('.conflist')) return parseSingleNetwork(json, file);
    const {network, loadOnlyInlinedPlugins} = parseNetworkList(json, file);
    const plugins = [...network.plugins, ...(loadOnlyInlinedPlugins ? [] : pluginsBeside(file, network.name))];
    if (plugins.length === 0)
      throw new CniError('invalidConfig', `${file}: network "${network.name}" has no "plugins"`);
    return {...network, plugins};
  } catch (error) {
    return error instanceof CniError ? error : new CniError('ioFailure', `${file}: ${reasonOf(error)}`, {cause: error});
  }
}

/** The plugins in the directory that bears the network's name, beside its file. */
function pluginsBeside(file: string, network: string): readonly PluginConfig[] {
  const directory = `${dirname(file)}/${network}`;
  const names = namesIn(directory).filter(name => name.endsWith('.conf'));
  return names.map(name => parsePlugin(new Fields(readObject(`${directory}/${name}`), `${directory}/${name}`)));
}

function readObject(file: string): JsonObject {
  const json = parseJson(readFileSync(file, 'utf8'), file);
  if (!isObject(json)) throw new CniError('invalidConfig', `${file}: expected an object`);
  return json;
}

function confFiles(confDir: string): readonly string[] {
  const names = namesIn(confDir);
  return [...names.filter(name => name.endsWith('.conflist')), ...names.filter(name => /\.(conf|json)$/.test(name))];
}

/** Sorted; none if the directory is not there. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CniError('ioFailure', `cannot read the conf dir "${directory}": ${reasonOf(error)}`, {cause: error});
  }
}
