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
import type {Garbage, Search} from './garbage.ts';

interface Unrecorded {
  readonly name: string;
  readonly alias: string;
  readonly attachment: Attachment;
  /** Whether a netns that somebody holds has the other end. */
  readonly isUsed: boolean;
}

export function* findOrphanInterfaces({kernel, settings, network}: Search): Generator<Garbage> {
  for (const {name, alias, attachment, isUsed} of unrecordedInterfaces(kernel, settings, network)) {
    if (isUsed) continue;
    yield {
      kind: 'interface',
      what: `interface "${name}" of container "${attachment.containerId}", which nobody knows any more`,
      network: attachment.network,
      containerId: attachment.containerId,
      takeBack: () => kernel.apply([{op: 'link.delete', netns: 'host', name, alias}]),
    };
  }
}

/** The attachments that live without a record that can be read. */
export const unrecordedAttachments = (kernel: Kernel, settings: Settings): readonly Attachment[] =>
  [...unrecordedInterfaces(kernel, settings, undefined)].flatMap(({isUsed, attachment}) =>
    isUsed ? [attachment] : [],
  );

function* unrecordedInterfaces(kernel: Kernel, settings: Settings, network: string | undefined): Generator<Unrecorded> {
  for (const link of allHostLinks(kernel)) {
    const {name, alias} = link;
    const attachment = link.kind === 'veth' ? parseVethAlias(alias) : undefined;
    if (!attachment || !alias || (network !== undefined && attachment.network !== network)) continue;
    if (recordsFor(settings.stateDir, attachment).length > 0) continue;
    yield {name, alias, attachment, isUsed: isUsed(settings, link, attachment)};
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
