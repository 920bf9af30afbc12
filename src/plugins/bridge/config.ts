// The keys of a bridge network, parsed once and checked against each other.
import type {CniArgs} from '../../spec/cni-args.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import {checkIfName} from '../../spec/names.ts';
import type {Dns} from '../../spec/result.ts';
import {checked, parseDns} from '../../spec/route.ts';
import {checkBackend} from '../interface/backend.ts';
import {parseContainerMac} from '../interface/mac.ts';
import {parseVlans, type Vlans} from './vlans.ts';

export interface BridgeConfig {
  readonly bridge: string;
  /** The interface that carries the gateway's address: the bridge, or with a VLAN "BRIDGE.VLAN". */
  readonly gatewayLink: string;
  readonly isGateway: boolean;
  readonly isDefaultGateway: boolean;
  readonly forceAddress: boolean;
  readonly ipMasq: boolean;
  /** Bytes; undefined leaves it to the kernel. */
  readonly mtu: number | undefined;
  readonly hairpin: boolean;
  readonly promisc: boolean;
  /** Whether containers reach the gateway only, and not each other. */
  readonly isolated: boolean;
  readonly vlans: Vlans;
  /** Whether a port stays in the VLAN that the bridge puts every new port into. */
  readonly keepDefaultVlan: boolean;
  /** Whether what comes from a container with another MAC than its own is dropped. */
  readonly guarded: boolean;
  readonly detectDuplicates: boolean;
  /** Whether the container's end is brought up. */
  readonly containerUp: boolean;
  /** The container's MAC, if one is asked for. */
  readonly mac: string | undefined;
  readonly ipam: string | undefined;
  readonly dns: Dns;
}

/** Throws `invalidConfig`. */
export function parseBridgeConfig(conf: Fields, args: CniArgs): BridgeConfig {
  const hairpin = conf.boolean('hairpinMode');
  const promisc = conf.boolean('promiscMode');
  const containerUp = !conf.boolean('disableContainerInterface');
  const ipam = conf.child('ipam').string('type') || undefined;
  if (hairpin && promisc) throw exclusive(conf, 'hairpinMode', 'promiscMode');
  if (ipam !== undefined && !containerUp) throw exclusive(conf, 'ipam', 'disableContainerInterface');
  checkBackend(conf);
  const bridge = conf.string('bridge') === '' ? 'cni0' : checked(conf, 'bridge', checkIfName);
  const vlans = parseVlans(conf);
  const isDefaultGateway = conf.boolean('isDefaultGateway');
  const isGateway = conf.boolean('isGateway') || isDefaultGateway;
  return {
    bridge,
    gatewayLink: isGateway && vlans.gateway !== 0 ? nameVlanLink(conf, bridge, vlans.gateway) : bridge,
    isGateway,
    isDefaultGateway,
    forceAddress: conf.boolean('forceAddress'),
    ipMasq: conf.boolean('ipMasq'),
    mtu: conf.integer('mtu', 0, 0, 65535) || undefined,
    hairpin,
    promisc,
    isolated: conf.boolean('portIsolation'),
    vlans,
    keepDefaultVlan: conf.boolean('preserveDefaultVlan'),
    guarded: conf.boolean('macspoofchk'),
    detectDuplicates: conf.boolean('enabledad'),
    containerUp,
    mac: parseContainerMac(conf, args),
    ipam,
    dns: parseDns(conf.child('dns')),
  };
}

function nameVlanLink(conf: Fields, bridge: string, vlan: number): string {
  try {
    return checkIfName(`${bridge}.${vlan}`);
  } catch (cause) {
    throw new CniError('invalidConfig', `${conf.where}: the gateway of "vlan" ${vlan}: ${reasonOf(cause)}`, {cause});
  }
}

const exclusive = (conf: Fields, a: string, b: string): CniError =>
  new CniError('invalidConfig', `${conf.where}: "${a}" and "${b}" exclude each other: set one of them`);
