// The bridge networks that this host is the gateway of, as they are configured or still in use: those whose packets
// must get through forwarding and firewalls. A network that can't be parsed is another part's finding.
import {parseBridgeConfig} from '../../plugins/bridge/config.ts';
import {parseRangeSets} from '../../plugins/host-local/ranges.ts';
import type {Cidr} from '../../spec/address.ts';
import {noCniArgs} from '../../spec/cni-args.ts';
import {CniError} from '../../spec/error.ts';
import {Fields} from '../../spec/fields.ts';
import type {Network} from '../../spec/network.ts';
import {loadAll} from '../load.ts';
import type {AttachmentRecord} from '../record.ts';

export interface GatewayNetwork {
  readonly name: string;
  readonly bridge: string;
  readonly forceAddress: boolean;
  readonly ranges: readonly {readonly subnet: Cidr; readonly gateway: Cidr}[];
}

/** A configuration of the conf dir goes before the one with which a container was attached. */
export function gatewayNetworks(confDir: string, records: readonly AttachmentRecord[]): readonly GatewayNetwork[] {
  const configured = [...loadAll(confDir)].flatMap(({network}) => (network instanceof CniError ? [] : [network]));
  const inUse = records.map(({config}) => config);
  const byName = new Map([...inUse, ...configured.toReversed()].map(network => [network.name, network]));
  return [...byName.values()].flatMap(network => gatewaysOf(network));
}

function gatewaysOf({name, plugins}: Network): readonly GatewayNetwork[] {
  return plugins.flatMap(({type, json}) => {
    if (type !== 'bridge') return [];
    try {
      const conf = new Fields(json, name);
      const {bridge, isGateway, forceAddress} = parseBridgeConfig(conf, noCniArgs);
      if (!isGateway) return [];
      return [{name, bridge, forceAddress, ranges: rangesOf(conf)}];
    } catch {
      return [];
    }
  });
}

function rangesOf(conf: Fields): GatewayNetwork['ranges'] {
  const ipam = conf.child('ipam');
  if (ipam.string('type') !== 'host-local') return [];
  return parseRangeSets(ipam, conf.child('runtimeConfig'))
    .flat()
    .map(({subnet, gateway}) => ({subnet, gateway: {address: gateway, length: subnet.length}}));
}
