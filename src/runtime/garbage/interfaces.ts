// Host ends of ours that no record knows. A pair goes with the container's netns, so one that is still there has a netns
// at its other end: if a process or a mount holds that, its record was lost and the interface stays.
import type {Link} from '../../kernel/facts.ts';
import {Kernel} from '../../kernel/kernel.ts';
import {type Attachment, parseVethAlias} from '../../kernel/names.ts';
import {closeNetns, type OpenNetns, openNetns} from '../../kernel/netns.ts';
import {allHostLinks, findLinkIn} from '../../kernel/observe.ts';
import {recordsFor} from '../record.ts';
import type {Settings} from '../settings.ts';
import {netnsPlaces} from '../signs.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findOrphanInterfaces(search: Search): Generator<Garbage> {
  const {kernel, settings} = search;
  for (const link of allHostLinks(kernel)) {
    const attachment = link.kind === 'veth' ? parseVethAlias(link.alias) : undefined;
    if (!attachment || !link.alias || !concerns(search, attachment.network)) continue;
    if (recordsFor(settings.stateDir, attachment).length > 0 || isUsed(settings, link, attachment)) continue;
    const op = {op: 'link.delete', netns: 'host', name: link.name, alias: link.alias} as const;
    yield {
      kind: 'interface',
      what: `interface "${link.name}" of container "${attachment.containerId}", which nobody knows any more`,
      network: attachment.network,
      containerId: attachment.containerId,
      takeBack: () => kernel.apply([op]),
    };
  }
}

/** True if a netns that somebody holds has the other end. */
function isUsed({stateDir}: Settings, link: Link, attachment: Attachment): boolean {
  const seen = new Set<number>();
  for (const path of netnsPlaces(stateDir)) {
    const netns = openOrNothing(path);
    if (!netns) continue;
    try {
      if (!seen.has(netns.identity.inode) && holdsPeer(netns, link, attachment)) return true;
      seen.add(netns.identity.inode);
    } finally {
      closeNetns(netns);
    }
  }
  return false;
}

function holdsPeer(netns: OpenNetns, link: Link, {ifName}: Attachment): boolean {
  const kernel = new Kernel(netns);
  try {
    const peer = link.peer === undefined ? undefined : findLinkIn(kernel, 'container', link.peer);
    return peer?.kind === 'veth' && peer.peer === link.index && peer.name === ifName;
  } finally {
    kernel.close();
  }
}

function openOrNothing(path: string): OpenNetns | undefined {
  try {
    return openNetns(path);
  } catch {
    return undefined;
  }
}
