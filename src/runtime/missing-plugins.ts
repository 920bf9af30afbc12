// Plugins that are files, looked for before anything is touched: one that is not there could not even take back.
import {ipamPlugins} from '../plugins/index.ts';
import {Fields} from '../spec/fields.ts';
import type {Network} from '../spec/network.ts';
import type {Chain} from './chain.ts';
import {findPlugin} from './foreign.ts';
import {isOwnPlugin} from './own-segment.ts';
import type {Settings} from './settings.ts';

/** Throws `unknownPlugin` for the first that is not there. What a plugin that is not ours calls in turn is its own affair. */
export function refuseMissing({pluginDirs}: Settings, network: Network, chain: Chain): void {
  for (const segment of chain.segments) {
    if (segment.kind === 'foreign') findPlugin(segment.type, pluginDirs, segment.where);
  }
  if (!chain.foreignIpam) return;
  for (const {type, json} of network.plugins.filter(plugin => isOwnPlugin(plugin.type))) {
    const where = `${network.file}: network "${network.name}", plugin "${type}"`;
    const ipam = new Fields(json, where).child('ipam').string('type');
    if (ipam !== '' && !ipamPlugins.some(plugin => plugin.type === ipam)) findPlugin(ipam, pluginDirs, where);
  }
}
