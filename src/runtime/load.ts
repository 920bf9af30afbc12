// Networks from the conf dir, in libcni's order: every *.conflist by name, then every *.conf and *.json by name; the first
// that bears the name wins. One malformed file does not take the others down: it is reported if nothing else matches.
import {readdirSync, readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {CniError, reasonOf} from '../spec/error.ts';
import {Fields, isObject, type JsonObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {type Network, type PluginConfig, parseNetworkList, parsePlugin, parseSingleNetwork} from '../spec/network.ts';

export interface Loaded<T = Network | CniError> {
  readonly file: string;
  /** What the file describes, or what is wrong with it. */
  readonly network: T;
  /** The file as a list: as it stands, or made from a single plugin's. */
  readonly text: string;
}

/**
 * Everything in the conf dir, file by file, but for what was read and whose text is not `ofInterest`. A directory that is
 * not there holds nothing.
 */
export function* loadAll(confDir: string, ofInterest = (_text: string): boolean => true): Generator<Loaded> {
  for (const name of confFiles(confDir)) {
    const file = `${confDir}/${name}`;
    const loaded = loadFile(file, ofInterest);
    if (loaded) yield {file, ...loaded};
  }
}

/** The network of that name. Throws `unknownNetwork`, and says which files could not be read. */
export const loadNetwork = (confDir: string, name: string): Network => loadWithText(confDir, name).network;

/** The same with the text that describes it. */
export function loadWithText(confDir: string, name: string): Loaded<Network> {
  const isIt = (network: Network): boolean => network.name === name;
  // Parsing costs more than reading, and most files are of other networks. JSON may spell any character as \uXXXX.
  const mayBeIt = (text: string): boolean => text.includes(name) || text.includes('\\u');
  for (const {network, ...loaded} of loadAll(confDir, mayBeIt)) {
    if (!(network instanceof CniError) && isIt(network)) return {...loaded, network};
  }
  return firstThat(confDir, isIt, `no network "${name}" in ${confDir}`);
}

/** The first network of the conf dir. */
export function loadDefaultNetwork(confDir: string): Network {
  return firstThat(confDir, () => true, `no network in ${confDir}`).network;
}

function firstThat(confDir: string, wanted: (network: Network) => boolean, nothing: string): Loaded<Network> {
  const broken: string[] = [];
  const names: string[] = [];
  for (const {network, ...loaded} of loadAll(confDir)) {
    if (network instanceof CniError) broken.push(reasonOf(network));
    else if (wanted(network)) return {...loaded, network};
    else names.push(network.name);
  }
  const there = names.length > 0 ? ` (there: ${names.join(', ')})` : '';
  const unread = broken.length > 0 ? `; not readable: ${broken.join('; ')}` : '';
  throw new CniError(
    'unknownNetwork',
    `${nothing}${there}${unread}: put a .conflist there, or name another directory with --conf-dir`,
  );
}

function loadFile(file: string, ofInterest: (text: string) => boolean): Omit<Loaded, 'file'> | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    if (!ofInterest(text)) return undefined;
    const json = parseObject(text, file);
    return file.endsWith('.conflist') ? {text, network: loadList(json, file)} : loadSingle(json, file);
  } catch (error) {
    const reason = new CniError('ioFailure', `${file}: ${reasonOf(error)}`, {cause: error});
    return {text: '', network: error instanceof CniError ? error : reason};
  }
}

function loadList(json: JsonObject, file: string): Network {
  const {network, loadOnlyInlinedPlugins} = parseNetworkList(json, file);
  const plugins = [...network.plugins, ...(loadOnlyInlinedPlugins ? [] : pluginsBeside(file, network.name))];
  if (plugins.length === 0) throw new CniError('invalidConfig', `${file}: network "${network.name}" has no "plugins"`);
  return {...network, plugins};
}

function loadSingle(json: JsonObject, file: string): Omit<Loaded, 'file'> {
  const network = parseSingleNetwork(json, file);
  const {name, cniVersion} = network;
  return {network, text: JSON.stringify({cniVersion, name, plugins: [json]})};
}

/** The plugins in the directory that bears the network's name, beside its file. */
function pluginsBeside(file: string, network: string): readonly PluginConfig[] {
  const directory = `${dirname(file)}/${network}`;
  const names = namesIn(directory).filter(name => name.endsWith('.conf'));
  return names.map(name => parsePlugin(new Fields(readObject(`${directory}/${name}`), `${directory}/${name}`)));
}

const readObject = (file: string): JsonObject => parseObject(readFileSync(file, 'utf8'), file);

function parseObject(text: string, file: string): JsonObject {
  const json = parseJson(text, file);
  if (!isObject(json)) throw new CniError('invalidConfig', `${file}: expected an object`);
  return json;
}

function confFiles(confDir: string): readonly string[] {
  const names = namesIn(confDir);
  return [
    ...names.filter(name => name.endsWith('.conflist')),
    ...names.filter(name => name.endsWith('.conf') || name.endsWith('.json')),
  ];
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
