// Host ends of ours that no record knows. A pair goes with the container's netns, so one that is still there has a netns
// at its other end: if a process lives in that, its record was lost and the interface stays.
import {readdirSync} from 'node:fs';
import type {Link} from '../../kernel/facts.ts';
import {Kernel} from '../../kernel/kernel.ts';
import {type Attachment, parseVethAlias} from '../../kernel/names.ts';
import {closeNetns, netnsPathOf, type OpenNetns, openNetns} from '../../kernel/netns.ts';
import {allHostLinks, findLinkIn} from '../../kernel/observe.ts';
import {recordsFor} from '../record.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findOrphanInterfaces(search: Search): Generator<Garbage> {
  const {kernel, settings} = search;
  for (const link of allHostLinks(kernel)) {
    const attachment = link.kind === 'veth' ? parseVethAlias(link.alias) : undefined;
    if (!attachment || !link.alias || !concerns(search, attachment.network)) continue;
    if (recordsFor(settings.stateDir, attachment).length > 0 || isUsed(link, attachment)) continue;
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

/** True if some process's netns holds the other end. */
function isUsed(link: Link, attachment: Attachment): boolean {
  const seen = new Set<number>();
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    const netns = openOrNothing(Number(pid));
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

function openOrNothing(pid: number): OpenNetns | undefined {
  try {
    return openNetns(netnsPathOf(pid));
  } catch {
    return undefined;
  }
}
