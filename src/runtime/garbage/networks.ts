// What was set up for networks that nobody is attached to: on request; and always what no record knows any more.
import {nftTable} from '../../kernel/names.ts';
import {findTool, runTool} from '../../kernel/tool.ts';
import {lockNetwork} from '../network-lock.ts';
import {allRecords, knownNetworks, readNetworkRecord} from '../record.ts';
import type {Settings} from '../settings.ts';
import {takeDownIfIdle} from '../take-down.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findIdleNetworks(search: Search): Generator<Garbage> {
  const {settings, kernel} = search;
  for (const network of search.idleNetworks ? knownNetworks(settings.stateDir) : []) {
    if (!concerns(search, network) || !readNetworkRecord(settings.stateDir, network)) continue;
    if (isInUse(settings, network)) continue;
    yield {
      kind: 'network',
      what: `network "${network}", to which nobody is attached`,
      network,
      takeBack: () => alone(settings, network, () => takeDownIfIdle(settings, network, kernel)),
    };
  }
}

export function* findOrphanRules(search: Search): Generator<Garbage> {
  const {settings, kernel} = search;
  for (const network of masqueradedNetworks()) {
    if (!concerns(search, network) || readNetworkRecord(settings.stateDir, network) || isInUse(settings, network))
      continue;
    yield {
      kind: 'rules',
      what: `masquerade rules of network "${network}", which nobody knows any more`,
      network,
      takeBack: () => alone(settings, network, () => kernel.takeBack([{op: 'masquerade.set', network, subnets: []}])),
    };
  }
}

function isInUse(settings: Settings, network: string): boolean {
  return allRecords(settings.stateDir).some(record => record.network === network);
}

function alone(settings: Settings, network: string, work: () => readonly Error[]): void {
  const lock = lockNetwork(settings.stateDir, network, 'exclusive');
  try {
    const [failure] = work();
    if (failure) throw failure;
  } finally {
    lock.release();
  }
}

const prefix = 'masquerade-';

/** The networks that have a chain in our table, by the chain's name. Without nft there can be none of ours. */
function masqueradedNetworks(): readonly string[] {
  if (!findTool('nft')) return [];
  const {nftables} = JSON.parse(runTool('nft', ['-j', 'list', 'chains'])) as {
    nftables: readonly {readonly chain?: {readonly table: string; readonly name: string}}[];
  };
  const ours = nftables.flatMap(({chain}) => (chain?.table === nftTable ? [chain.name] : []));
  return ours.filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length));
}
