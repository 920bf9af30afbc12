// Which networks a container asks for: flags, else its annotation, else the first network of the conf dir.
import {type Annotations, annotation, parsePlace, splitList} from '../spec/annotations.ts';
import {CniError} from '../spec/error.ts';
import type {Network} from '../spec/network.ts';
import {loadDefaultNetwork, loadNetwork} from './load.ts';

export interface Selected {
  readonly network: Network;
  readonly ifName: string;
}

/** Each entry is `NAME` or `NAME:IFNAME`; without a name of its own an interface is the next free of eth0, eth1, … */
export function selectNetworks(
  confDir: string,
  flags: readonly string[],
  annotations: Annotations,
): readonly Selected[] {
  const entries = flags.length > 0 ? flags : splitList(annotations[annotation.networks]);
  if (entries.length === 0) return [{network: loadDefaultNetwork(confDir), ifName: 'eth0'}];
  return nameInterfaces(entries).map(({network, ifName}) => ({network: loadNetwork(confDir, network), ifName}));
}

/** More would take longer than a hook has, and of one small network every address. */
const mostNetworks = 100;

/** The networks by name, and each one's interface. Throws `invalidConfig`, `invalidEnvironment`. */
export function nameInterfaces(
  entries: readonly string[],
): readonly {readonly network: string; readonly ifName: string}[] {
  if (entries.length > mostNetworks) {
    const what = `${entries.length} networks are too many for one container`;
    throw new CniError('invalidConfig', `${what}: ${mostNetworks} at the most`);
  }
  const places = entries.map(entry => parsePlace(entry));
  const used = new Set(places.flatMap(({ifName}) => ifName ?? []));
  const named = places.map(({network, ifName}) => ({network, ifName: ifName ?? nextFree(used)}));
  const double = named.find(({ifName}, i) => named.findIndex(other => other.ifName === ifName) !== i);
  if (!double) return named;
  throw new CniError('invalidConfig', `two networks want the interface name "${double.ifName}": ${entries.join(', ')}`);
}

function nextFree(used: Set<string>): string {
  for (let i = 0; ; i++) {
    const name = `eth${i}`;
    if (!used.has(name)) {
      used.add(name);
      return name;
    }
  }
}
