// Published ports of which no record tells any more: elements in the maps, the chains of those on conditions, and at last the
// rules themselves. What a record tells of goes with its attachment.
import {
  type Attachment,
  isOurs,
  ownerComment,
  parseVethAlias,
  portRuleChains,
  portRuleChainsOf,
} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import {dropElements, elementsByHolder} from '../../kernel/ports/holders.ts';
import {lookupChain} from '../../kernel/ports/tables.ts';
import {lockNetwork, unlessPublishing} from '../network-lock.ts';
import {recordsOfHolder} from '../port-holders.ts';
import {allRecords, undoOfRecord} from '../record.ts';
import type {Settings} from '../settings.ts';
import {host, undoOf} from '../shared-undo.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';
import {chainsIn} from './networks.ts';

export function* findOrphanPorts(search: Search): Generator<Garbage> {
  const {settings, kernel} = search;
  for (const [holder, elements] of elementsByHolder(kernel.netfilter())) {
    if (!isOurs(holder)) continue;
    const attachment = parseVethAlias(holder);
    if (!concerns(search, attachment?.network ?? '') || recordsOfHolder(settings, holder).length > 0) continue;
    if (search.unrecorded().some(living => ownerComment(living) === holder)) continue;
    yield {
      kind: 'rules',
      what: `published ports of ${wordsFor(attachment)}, which nobody knows any more`,
      network: attachment?.network ?? '',
      ...(attachment && {containerId: attachment.containerId}),
      takeBack: () => {
        if (recordsOfHolder(settings, holder).length === 0) dropElements(kernel.netfilter(), elements);
      },
    };
  }
  yield* findOrphanChains(search);
}

const wordsFor = (attachment: Attachment | undefined): string =>
  attachment === undefined ? 'somebody' : `container "${attachment.containerId}" in network "${attachment.network}"`;

function* findOrphanChains({settings, kernel, network, unrecorded}: Search): Generator<Garbage> {
  // A chain bears no network's name.
  if (network !== undefined) return;
  const chains = chainsIn('inet');
  const known = new Set(allRecords(settings.stateDir).flatMap(record => portRuleChains(record)));
  const isLiving = (name: string) => unrecorded().some(living => portRuleChains(living).includes(name));
  const orphans = chains.filter(name => isOfAttachment(name) && !known.has(name) && !isLiving(name));
  const drop = (ops: readonly Op[]) => {
    const [failure] = kernel.takeBack(ops);
    if (failure) throw failure;
  };
  for (const rules of orphans) {
    const what = 'rules of published ports of a container that nobody knows any more';
    const chains = portRuleChainsOf(rules.slice('ports-of-'.length));
    const op = {
      op: 'ports.rules',
      chains,
      present: false,
      ports: [],
      conditions: {4: undefined, 6: undefined},
    } as const;
    yield {kind: 'rules', what, network: '', takeBack: () => drop([op])};
  }
  if (!chains.includes(lookupChain) || isRecorded(settings)) return;
  const takeBack = () => {
    const lock = lockNetwork(settings.stateDir, host, 'exclusive');
    try {
      unlessPublishing(settings.stateDir, () => {
        if (!isRecorded(settings)) drop([{op: 'ports.set', present: false}]);
        return [];
      });
    } finally {
      lock.release();
    }
  };
  yield {kind: 'rules', what: 'rules for published ports, of which there are none', network: '', takeBack};
}

const isOfAttachment = (name: string): boolean => /^ports-of-[0-9a-f]{20}$/.test(name);

/** True if the host's record tells of the rules, or an attachment relies on them. */
const isRecorded = (settings: Settings): boolean =>
  undoOf(settings.stateDir, host).some(({op}) => op === 'ports.set') ||
  allRecords(settings.stateDir).some(record => undoOfRecord(record).some(({op}) => op === 'ports.delete'));
