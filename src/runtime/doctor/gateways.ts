// The networks that this host is the gateway of, as they are configured or still in use: those whose packets must get through
// forwarding and firewalls. With a bridge they come by one interface, which for a VLAN is not the bridge itself; with ptp each
// container has its own, made with it, so that a firewall can only be told of the subnet. A network that can't be parsed is another part's finding.
import {parseBridgeConfig} from '../../plugins/bridge/config.ts';
import {parseRangeSets} from '../../plugins/host-local/ranges.ts';
import type {Cidr} from '../../spec/address.ts';
import {noCniArgs} from '../../spec/cni-args.ts';
import {CniError} from '../../spec/error.ts';
import {Fields} from '../../spec/fields.ts';
import type {Network} from '../../spec/network.ts';
import {loadAll} from '../load.ts';
import {type AttachmentRecord, undoOfRecord} from '../record.ts';

export interface GatewayNetwork {
  readonly name: string;
  /** The name of its bridge, whether it is there or not. Networks of ptp have none. */
  readonly bridge: string | undefined;
  /** The interfaces of the host by which its packets come: the one that has the gateway's address, or the ends of pairs. */
  readonly links: readonly string[];
  readonly forceAddress: boolean;
  readonly ranges: readonly {readonly subnet: Cidr; readonly gateway: Cidr}[];
}

/** A configuration of the conf dir goes before the one with which a container was attached. */
export function networksOf(confDir: string, records: readonly AttachmentRecord[]): readonly Network[] {
  const configured = [...loadAll(confDir)].flatMap(({network}) => (network instanceof CniError ? [] : [network]));
  const inUse = records.map(({config}) => config);
  return [...new Map([...inUse, ...configured.toReversed()].map(network => [network.name, network])).values()];
}

export const gatewayNetworks = (
  networks: readonly Network[],
  records: readonly AttachmentRecord[],
): readonly GatewayNetwork[] => networks.flatMap(network => gatewaysOf(network, records));

function gatewaysOf({name, plugins}: Network, records: readonly AttachmentRecord[]): readonly GatewayNetwork[] {
  return plugins.flatMap(({type, json}) => {
    const conf = new Fields(json, name);
    try {
      if (type === 'bridge') return bridgeOf(name, conf);
      if (type !== 'ptp') return [];
      const own = records.filter(({network}) => network === name);
      return [{name, bridge: undefined, links: own.flatMap(endsOf), forceAddress: false, ranges: rangesOf(conf)}];
    } catch {
      return [];
    }
  });
}

function bridgeOf(name: string, conf: Fields): readonly GatewayNetwork[] {
  const {bridge, gatewayLink, isGateway, forceAddress} = parseBridgeConfig(conf, noCniArgs);
  return isGateway ? [{name, bridge, links: [gatewayLink], forceAddress, ranges: rangesOf(conf)}] : [];
}

const endsOf = (record: AttachmentRecord): readonly string[] =>
  undoOfRecord(record).flatMap(op => (op.op === 'link.delete' && op.netns === 'host' ? [op.name] : []));

function rangesOf(conf: Fields): GatewayNetwork['ranges'] {
  const ipam = conf.child('ipam');
  if (ipam.string('type') !== 'host-local') return [];
  return parseRangeSets(ipam, conf.child('runtimeConfig'))
    .flat()
    .map(({subnet, gateway}) => ({subnet, gateway: {address: gateway, length: subnet.length}}));
}
