// A network as it is used for one container: what is wished for is in the configurations of the plugins that are to bring it
// about, so that the record, which holds them, says it all for DEL, CHECK and repair.
import {type Address, parseAddress, parseCidr, sameAddress} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import {Fields, isObject, type JsonObject} from '../../spec/fields.ts';
import type {Network, PluginConfig} from '../../spec/network.ts';
import type {PortMapping} from '../../spec/port-mapping.ts';
import type {Result} from '../../spec/result.ts';
import {runsInside} from '../chain.ts';
import {resolveDelegates} from '../delegates.ts';
import type {OwnWishes} from './placement.ts';
import {type CapabilityArgs, grantCapabilities} from './request-config.ts';
import type {Wishes} from './wishes.ts';

/** What the plugins get that declare the capability. */
export function capabilitiesOf({capabilityArgs}: Wishes, {ips, mac, ports}: OwnWishes): CapabilityArgs {
  return {
    ...capabilityArgs,
    ...(ips.length > 0 && {ips: [...ips]}),
    ...(mac !== undefined && {mac}),
    ...(ports.length > 0 && {portMappings: ports.map(port => ({...port}))}),
  };
}

/**
 * The network with the wishes granted. Plugins of ours get addresses and MACs whether they declare the capability or not; where
 * none declares "portMappings", our portmap is added. Throws `invalidConfig` if there is nobody to grant a wish.
 */
export function grantWishes(configured: Network, wishes: Wishes, own: OwnWishes): Network {
  const network = resolveDelegates(grantCapabilities(configured, capabilitiesOf(wishes, own)));
  const {ips, mac, ports} = own;
  if (ips.length === 0 && mac === undefined && ports.length === 0) return network;
  const given = {...(ips.length > 0 && {ips: [...ips]}), ...(mac !== undefined && {mac})};
  const granted = {...network, plugins: network.plugins.map(plugin => giveOurs(network, plugin, given))};
  for (const name of Object.keys(given)) checkHeard(granted, name);
  return publish(granted, ports);
}

/** Throws `invalidConfig` if the result is not what was asked for: somebody else's plugin did not listen. */
export function checkGranted(network: string, ifName: string, {ips, mac}: OwnWishes, result: Result): void {
  const got = result.ips.map(({address}) => parseCidr(address).address);
  const lost = ips.filter(text => !got.some(address => sameAddress(address, addressOf(text))));
  if (lost.length > 0) throw unheard(network, lost.join(', '), result.ips.map(({address}) => address).join(', '));
  const made = result.interfaces.find(({name, sandbox}) => name === ifName && sandbox !== undefined)?.mac;
  if (mac !== undefined && made !== undefined && made.toLowerCase() !== mac) throw unheard(network, mac, made);
}

function giveOurs(network: Network, {type, json}: PluginConfig, given: JsonObject): PluginConfig {
  const where = `${network.file}: network "${network.name}", plugin "${type}"`;
  if (!runsInside(type, new Fields(json, where))) return {type, json};
  return {type, json: {...json, runtimeConfig: {...given, ...runtimeConfigOf(json)}}};
}

function publish(network: Network, ports: readonly PortMapping[]): Network {
  if (ports.length === 0 || network.plugins.some(({json}) => runtimeConfigOf(json).portMappings !== undefined))
    return network;
  const runtimeConfig = {portMappings: ports.map(port => ({...port}))};
  const portmap = {type: 'portmap', json: {type: 'portmap', snat: true, runtimeConfig}};
  return {...network, plugins: [...network.plugins, portmap]};
}

function checkHeard({name, file, plugins}: Network, capability: string): void {
  if (plugins.some(({json}) => runtimeConfigOf(json)[capability] !== undefined)) return;
  const types = plugins.map(({type}) => type).join(', ');
  const hint = `add "capabilities": {"${capability}": true} to the one that can in ${file}`;
  throw new CniError(
    'invalidConfig',
    `network "${name}" takes no "${capability}": its plugins (${types}) are not ours: ${hint}`,
  );
}

const unheard = (network: string, asked: string, got: string): CniError =>
  new CniError('invalidConfig', `network "${network}" was asked for ${asked}, and its plugins gave ${got || 'none'}`);

/** Of an address with or without a prefix length. */
export const addressOf = (text: string): Address => (text.includes('/') ? parseCidr(text).address : parseAddress(text));

const runtimeConfigOf = ({runtimeConfig}: JsonObject): JsonObject => (isObject(runtimeConfig) ? runtimeConfig : {});
