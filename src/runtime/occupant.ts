// What to do when the container already has an interface of that name.
import type {Facts, Link} from '../kernel/facts.ts';
import type {Kernel} from '../kernel/kernel.ts';
import {type Attachment, parseVethAlias} from '../kernel/names.ts';
import {findLinkIn} from '../kernel/observe.ts';
import {CniError} from '../spec/error.ts';

/** Thrown where another container of ours brought the netns and its network along: this one joined it and needs none. */
export class JoinedNetns extends Error {
  override readonly name = 'JoinedNetns';
}

/** `names` are those that are to be made. Throws `attachmentExists` if one is taken, JoinedNetns if it is another container's whose netns this one shares. */
export function refuseTaken(kernel: Kernel, attachment: Attachment, names: readonly string[], facts: Facts): void {
  const link = names.map(name => facts.container[name]).find(found => found !== undefined);
  if (!link) return;
  const owner = ownerOf(kernel, link);
  if (owner && owner.containerId !== attachment.containerId) {
    throw new JoinedNetns(
      `container "${attachment.containerId}" shares the network namespace of container "${owner.containerId}", which has "${attachment.ifName}" in network "${owner.network}": left alone`,
    );
  }
  throw new CniError(
    'attachmentExists',
    `container "${attachment.containerId}" already has an interface "${attachment.ifName}": ask for another name, as in "${attachment.network}:${attachment.ifName}1"`,
  );
}

/** Whose a link of the container is: a macvlan says so itself, and of a pair the host's end. */
export function ownerOf(kernel: Kernel, link: Link): Attachment | undefined {
  const host = link.kind === 'macvlan' || link.peer === undefined ? undefined : findLinkIn(kernel, 'host', link.peer);
  return parseVethAlias(link.alias) ?? parseVethAlias(host?.alias);
}
