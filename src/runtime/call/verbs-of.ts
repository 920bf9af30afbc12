// Which verbs a plugin of ours has, by its type.
import {flannelType} from '../../plugins/flannel/flannel.ts';
import {interfacePlugins, ipamPlugins} from '../../plugins/index.ts';
import type {Verbs} from './call.ts';
import {flannelVerbs} from './flannel-verbs.ts';
import {interfaceVerbs} from './interface-verbs.ts';
import {ipamVerbs} from './ipam-verbs.ts';

/** Undefined if we have no plugin of that name. */
export function verbsOf(type: string): Verbs | undefined {
  if (type === flannelType) return flannelVerbs;
  if (interfacePlugins.some(plugin => plugin.type === type)) return interfaceVerbs;
  return ipamPlugins.some(plugin => plugin.type === type) ? ipamVerbs : undefined;
}
