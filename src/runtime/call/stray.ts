// A container's interface that no record of ours tells of: another implementation made it, or our state was lost.
import {Kernel} from '../../kernel/kernel.ts';
import {parseVethAlias} from '../../kernel/names.ts';
import {closeNetns, isOwnNetns, type OpenNetns, openNetns} from '../../kernel/netns.ts';
import {findLinkIn} from '../../kernel/observe.ts';
import type {Parameters} from '../../spec/environment.ts';
import {isKind} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';

/**
 * Takes the container's end of a pair away, and the other end with it. A path that leads nowhere any more, or to
 * somebody else's netns (a pid that is used again), is no error, and nothing is touched there.
 */
export function removeStray({netns: path, containerId, ifName}: Parameters, previous: Result | undefined): void {
  const netns = path === '' ? undefined : openOrNothing(path);
  if (!netns) return;
  const kernel = new Kernel(netns);
  try {
    const link = isOwnNetns(netns) ? undefined : findLinkIn(kernel, 'container', ifName);
    if (link?.kind !== 'veth') return;
    const told = previous?.interfaces.find(({name, sandbox}) => name === ifName && sandbox)?.mac;
    if (told !== undefined && told.toLowerCase() !== link.mac) return;
    const owner = link.peer === undefined ? undefined : parseVethAlias(findLinkIn(kernel, 'host', link.peer)?.alias);
    if (owner && owner.containerId !== containerId) return;
    kernel.takeBack([{op: 'link.delete', netns: 'container', name: ifName, alias: link.alias}]);
  } finally {
    kernel.close();
    closeNetns(netns);
  }
}

function openOrNothing(path: string): OpenNetns | undefined {
  try {
    return openNetns(path);
  } catch (error) {
    if (isKind(error, 'noNetns')) return undefined;
    throw error;
  }
}
