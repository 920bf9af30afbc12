// Plugins that do nothing themselves but say what another shall do: each is put aside for its delegate before a chain is
// prepared, so that what is recorded is what was done, whatever the host's part in an overlay is by the time of the DEL.
import {readFileSync} from 'node:fs';
import {delegateOf, flannelType, subnetFileOf} from '../plugins/flannel/flannel.ts';
import {CniError, reasonOf} from '../spec/error.ts';
import {Fields, type JsonObject} from '../spec/fields.ts';
import type {Network, PluginConfig} from '../spec/network.ts';
import {requestConfig} from './wishes/request-config.ts';

/** The network without plugins that delegate. Throws `pluginNotAvailable` if the host has no part in the overlay yet. */
export const resolveDelegates = (network: Network): Network => ({
  ...network,
  plugins: network.plugins.map(plugin => resolve(network, plugin)),
});

/** What flannel delegates. */
export function readDelegate(conf: Fields): JsonObject {
  const file = subnetFileOf(conf);
  let environment: string;
  try {
    environment = readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = `${conf.where}: cannot read "${file}": ${reasonOf(cause)}: is flanneld running?`;
    throw new CniError('pluginNotAvailable', reason, {cause});
  }
  return delegateOf(conf, environment);
}

function resolve(network: Network, plugin: PluginConfig): PluginConfig {
  if (plugin.type !== flannelType) return plugin;
  const where = `${network.file}: network "${network.name}", plugin "${plugin.type}"`;
  const conf = new Fields(requestConfig(network, plugin, {}), where);
  if (conf.child('cni-hook').boolean('external')) return plugin;
  const json = readDelegate(conf);
  return {type: new Fields(json, where).string('type'), json};
}
