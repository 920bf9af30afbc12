// What to do when the container already has an interface of that name.
import type {Facts} from '../kernel/facts.ts';
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
  const owner = link.peer === undefined ? undefined : parseVethAlias(findLinkIn(kernel, 'host', link.peer)?.alias);
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
