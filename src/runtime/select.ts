// Which networks a container asks for: flags, else its annotation, else the first network of the conf dir.
import {CniError} from '../spec/error.ts';
import {checkIfName, checkNetworkName} from '../spec/names.ts';
import type {Network} from '../spec/network.ts';
import {loadDefaultNetwork, loadNetwork} from './load.ts';

export const networksAnnotation = 'io.cni-hook.networks';

export interface Selected {
  readonly network: Network;
  readonly ifName: string;
}

/** Each entry is `NAME` or `NAME:IFNAME`; without a name of its own an interface is the next free of eth0, eth1, … */
export function selectNetworks(
  confDir: string,
  flags: readonly string[],
  annotations: Readonly<Record<string, string>>,
): readonly Selected[] {
  const entries = flags.length > 0 ? flags : splitAnnotation(annotations[networksAnnotation]);
  if (entries.length === 0) return [{network: loadDefaultNetwork(confDir), ifName: 'eth0'}];
  const parsed = entries.map(entry => parseEntry(entry));
  const used = new Set(parsed.flatMap(({ifName}) => ifName ?? []));
  const selected = parsed.map(({name, ifName}) => ({
    network: loadNetwork(confDir, name),
    ifName: ifName ?? nextFree(used),
  }));
  const double = selected.find(({ifName}, i) => selected.findIndex(other => other.ifName === ifName) !== i);
  if (double)
    throw new CniError(
      'invalidConfig',
      `two networks want the interface name "${double.ifName}": ${entries.join(', ')}`,
    );
  return selected;
}

function splitAnnotation(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '');
}

function parseEntry(entry: string): {readonly name: string; readonly ifName: string | undefined} {
  const colon = entry.indexOf(':');
  if (colon < 0) return {name: checkNetworkName(entry), ifName: undefined};
  return {name: checkNetworkName(entry.slice(0, colon)), ifName: checkIfName(entry.slice(colon + 1))};
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
