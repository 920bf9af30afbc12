// Networks as a program handles them: what they say, and the text that says it.
import {type Loaded, loadAll, loadWithText} from '../runtime/load.ts';
import {CniError} from '../spec/error.ts';
import {isObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {type Network, parseNetworkList, parseSingleNetwork} from '../spec/network.ts';

/** A network list, as libcni's NetworkConfigList. */
export interface NetworkList extends Network {
  /** The list as it stands in its file. */
  readonly text: string;
}

/** The list of that name, in libcni's order of files. Throws CniError 103 if there is none. */
export const loadNetworkList = (confDir: string, name: string): NetworkList => asList(loadWithText(confDir, name));

/** Every list of the directory that can be read; `onBroken` is told of the others. */
export function loadNetworkLists(confDir: string, onBroken?: (error: CniError) => void): readonly NetworkList[] {
  return [...loadAll(confDir)].flatMap(({network, ...loaded}) => {
    if (!(network instanceof CniError)) return [asList({...loaded, network})];
    onBroken?.(network);
    return [];
  });
}

/** A list from its text; `file` names it in messages. Throws CniError 6, 7. */
export function parseNetworkListText(text: string, file = 'the network list'): NetworkList {
  return {...parseNetworkList(objectOf(text, file), file).network, text};
}

/** A list of one from the text of a single plugin's configuration. Throws CniError 6, 7. */
export function parseNetworkText(text: string, file = 'the network'): NetworkList {
  const json = objectOf(text, file);
  const network = parseSingleNetwork(json, file);
  const {name, cniVersion} = network;
  return {...network, text: JSON.stringify({cniVersion, name, plugins: [json]})};
}

const asList = ({network, text}: Loaded<Network>): NetworkList => ({...network, text});

function objectOf(text: string, file: string) {
  const json = parseJson(text, file);
  if (!isObject(json)) throw new CniError('invalidConfig', `${file}: expected an object`);
  return json;
}
