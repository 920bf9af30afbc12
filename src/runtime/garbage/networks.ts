// What was set up for networks that nobody is attached to: on request; and always what no record knows any more.
import {firewallNote, guardNames, masqueradeChain, nftTable} from '../../kernel/names.ts';
import type {TableFamily} from '../../kernel/netlink/nfnetlink.ts';
import {allHostLinks} from '../../kernel/observe.ts';
import type {Op} from '../../kernel/op.ts';
import {findTool, runTool} from '../../kernel/tool.ts';
import {areRulesIdle, takeIdleRules} from '../idle-rules.ts';
import {lockNetwork} from '../network-lock.ts';
import {allRecords, knownContainers, knownNetworks, readNetworkRecord} from '../record.ts';
import type {Settings} from '../settings.ts';
import {undoOf} from '../shared-undo.ts';
import {isHostLeftOver, isUsedByOthers, takeDownIfIdle, takeHostBack} from '../take-down.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findIdleNetworks(search: Search): Generator<Garbage> {
  const {settings, kernel} = search;
  for (const network of search.idleNetworks ? bridgesLast(search) : []) {
    if (!concerns(search, network) || !readNetworkRecord(settings.stateDir, network)) continue;
    if (isUsedByOthers(settings, network, kernel)) continue;
    if (isInUse(settings, network) || search.unrecorded().some(living => living.network === network)) continue;
    yield {
      kind: 'network',
      what: `network "${network}", to which nobody is attached`,
      network,
      takeBack: () => alone(settings, network, () => takeDownIfIdle(settings, network, kernel)),
    };
  }
}

/** Networks may share a bridge. Whose ADD made it goes last, when the other networks' ports have gone. */
function bridgesLast({settings, kernel}: Search): readonly string[] {
  const bridges = new Set(allHostLinks(kernel).flatMap(({kind, name}) => (kind === 'bridge' ? [name] : [])));
  const hasBridge = (network: string) =>
    undoOf(settings.stateDir, network).some(op => op.op === 'link.delete' && bridges.has(op.name));
  const networks = knownNetworks(settings.stateDir);
  return [...networks.filter(network => !hasBridge(network)), ...networks.filter(hasBridge)];
}

/** What the last network leaves if its end is interrupted. */
export function* findLeftOverHost({settings, kernel, network, idleNetworks}: Search): Generator<Garbage> {
  if (!idleNetworks || network !== undefined || !isHostLeftOver(settings)) return;
  const takeBack = () => {
    const [failure] = takeHostBack(settings, kernel);
    if (failure) throw failure;
  };
  yield {kind: 'network', what: 'what was changed on the host for networks that are gone', network: '', takeBack};
}

/** What the last container leaves if its end is interrupted. */
export function* findIdleRules({settings, kernel, network}: Search): Generator<Garbage> {
  if (network !== undefined || knownContainers(settings.stateDir).length > 0 || !areRulesIdle(settings, kernel)) return;
  const takeBack = () => {
    const [failure] = takeIdleRules(settings);
    if (failure) throw failure;
  };
  yield {kind: 'rules', what: 'rules for published ports or in the firewall, and no container', network: '', takeBack};
}

export function* findOrphanRules(search: Search): Generator<Garbage> {
  const {settings, kernel} = search;
  const chains = ourChains();
  // In this order: what is set up while we look has its record first.
  const known = chains.length > 0 ? knownChains(settings) : new Set();
  for (const {chain, kind} of chains) {
    // Of a long name only a digest stands in the chain's, and that makes the same chain again.
    const network = chain.slice(kind.length + 1);
    if (!concerns(search, network) || known.has(chain)) continue;
    const {words, undo} = rules[kind];
    const drop = () => kernel.takeBack([undo(network)]);
    yield {
      kind: 'rules',
      what: `${words} of network "${network}", which nobody knows any more`,
      network,
      takeBack: () => alone(settings, network, () => (knownChains(settings).has(chain) ? [] : drop())),
    };
  }
}

/** The chains of networks which are set up, or are being set up, as records say. */
function knownChains({stateDir}: Settings): ReadonlySet<string> {
  const setUp = knownNetworks(stateDir).filter(network => readNetworkRecord(stateDir, network));
  const attached = allRecords(stateDir).map(({network}) => network);
  const networks = [...new Set([...setUp, ...attached])];
  return new Set(
    networks.flatMap(network => [masqueradeChain(network), guardNames(network).chain, firewallNote(network)]),
  );
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

/** The network's own note tells the rest. */
const anyFirewall = {backend: 'auto', adminChain: {name: 'CNI-ADMIN', make: false}, zone: 'trusted'} as const;

/** What a chain of ours may be for, by what its name begins with. */
const rules = {
  masquerade: {
    family: 'inet',
    words: 'masquerade rules',
    undo: (network: string): Op => ({op: 'masquerade.set', network, subnets: []}),
  },
  firewall: {
    family: 'inet',
    words: 'rules in the firewall',
    undo: (network: string): Op => ({op: 'firewall.clear', network, subnets: [], ...anyFirewall}),
  },
  guard: {
    family: 'bridge',
    words: 'guard against forged MACs',
    undo: (network: string): Op => ({op: 'guard.set', network, present: false}),
  },
} as const;
type Kind = keyof typeof rules;
const kinds = Object.keys(rules) as readonly Kind[];

/** The chains in our tables. Without nft there can be none of ours. */
const ourChains = (): readonly {readonly chain: string; readonly kind: Kind}[] =>
  kinds.flatMap(kind =>
    chainsIn(rules[kind].family)
      .filter(name => name.startsWith(`${kind}-`))
      .map(chain => ({chain, kind})),
  );

/** The names of the chains in our table of that family. */
export function chainsIn(family: TableFamily): readonly string[] {
  if (!findTool('nft')) return [];
  const {nftables} = JSON.parse(runTool('nft', ['-j', 'list', 'chains', family])) as {
    nftables: readonly {readonly chain?: {readonly table: string; readonly name: string}}[];
  };
  return nftables.flatMap(({chain}) => (chain?.table === nftTable ? [chain.name] : []));
}
