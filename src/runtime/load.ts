// Networks from the conf dir, in libcni's order: every *.conflist by name, then every *.conf and *.json by name; the first
// that bears the name wins. One malformed file does not take the others down: it is reported if nothing else matches.
import {readdirSync, readFileSync} from 'node:fs';
import {CniError, reasonOf} from '../spec/error.ts';
import {isObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {type Network, parseNetworkList, parseSingleNetwork} from '../spec/network.ts';

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
    const json = parseJson(readFileSync(file, 'utf8'), file);
    if (!isObject(json)) throw new CniError('invalidConfig', `${file}: expected an object`);
    return file.endsWith('.conflist') ? parseNetworkList(json, file) : parseSingleNetwork(json, file);
  } catch (error) {
    return error instanceof CniError ? error : new CniError('ioFailure', `${file}: ${reasonOf(error)}`, {cause: error});
  }
}

function confFiles(confDir: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(confDir).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CniError('ioFailure', `cannot read the conf dir "${confDir}": ${reasonOf(error)}`, {cause: error});
  }
  return [...names.filter(name => name.endsWith('.conflist')), ...names.filter(name => /\.(conf|json)$/.test(name))];
}
