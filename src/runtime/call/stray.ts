// An attachment that no record of ours tells of: another implementation made it, or our state was lost.
import type {Link} from '../../kernel/facts.ts';
import {Kernel} from '../../kernel/kernel.ts';
import {closeNetns, isOwnNetns, type OpenNetns, openNetns} from '../../kernel/netns.ts';
import {findLinkIn} from '../../kernel/observe.ts';
import type {Parameters} from '../../spec/environment.ts';
import {isKind} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';
import {ownerOf} from '../occupant.ts';
import {findInterfacePlugin} from '../own-segment.ts';
import type {PluginCall} from './call.ts';
import {isNetns} from './is-netns.ts';

/**
 * Takes back what the plugin may have done in the container, and with it the host's end of a pair. A path that leads nowhere
 * any more, or to somebody else's netns (a pid that is used again), is no error, and nothing is touched there.
 */
export function removeStray({type, network, parameters, previous}: PluginCall): void {
  const opened = parameters.netns === '' ? undefined : openOrNothing(parameters.netns);
  const netns = opened && !isOwnNetns(opened) && isNetns(opened) ? opened : undefined;
  const kernel = new Kernel(netns);
  try {
    const link = netns && findLinkIn(kernel, 'container', parameters.ifName);
    const found = link && isTheirs(kernel, link, parameters, previous) ? link : undefined;
    kernel.takeBack(findInterfacePlugin(type)?.stray(found, {...parameters, network}, previous) ?? []);
  } finally {
    kernel.close();
    if (opened) closeNetns(opened);
  }
}

/** False if the result tells of another MAC, or the link is another container's. */
function isTheirs(
  kernel: Kernel,
  link: Link,
  {containerId, ifName}: Parameters,
  previous: Result | undefined,
): boolean {
  const told = previous?.interfaces.find(({name, sandbox}) => name === ifName && sandbox)?.mac;
  if (told !== undefined && told.toLowerCase() !== link.mac) return false;
  const owner = ownerOf(kernel, link);
  return owner === undefined || owner.containerId === containerId;
}

function openOrNothing(path: string): OpenNetns | undefined {
  try {
    return openNetns(path);
  } catch (error) {
    if (isKind(error, 'noNetns')) return undefined;
    throw error;
  }
}
