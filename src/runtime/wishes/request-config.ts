// What one plugin of a chain gets on stdin (SPEC.md section 3, "Deriving execution configuration from plugin configuration").
import {isObject, type Json, type JsonObject} from '../../spec/fields.ts';
import type {Network, PluginConfig} from '../../spec/network.ts';

/** What a runtime has to say for the capabilities of plugins, by capability. */
export type CapabilityArgs = Readonly<Record<string, Json>>;

/** The plugin's own object with the network's name and version, what it gets for its capabilities, and the result so far. */
export function requestConfig(
  network: Pick<Network, 'name' | 'cniVersion'>,
  plugin: PluginConfig,
  capabilityArgs: CapabilityArgs,
  prevResult?: JsonObject,
): JsonObject {
  const {capabilities, ...own} = plugin.json;
  const wanted = isObject(capabilities) ? Object.keys(capabilities).filter(name => capabilities[name] === true) : [];
  const given = wanted
    .filter(name => capabilityArgs[name] !== undefined)
    .map(name => [name, capabilityArgs[name] ?? null]);
  return {
    ...own,
    name: network.name,
    cniVersion: network.cniVersion,
    ...(given.length > 0 && {runtimeConfig: Object.fromEntries(given)}),
    ...(prevResult && {prevResult}),
  };
}

/** The network with the arguments for its plugins' capabilities in their configurations. */
export const grantCapabilities = (network: Network, capabilityArgs: CapabilityArgs): Network => ({
  ...network,
  plugins: network.plugins.map(plugin => ({...plugin, json: requestConfig(network, plugin, capabilityArgs)})),
});
