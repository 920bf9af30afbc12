// The keys of a bridge network, parsed once and checked against each other.
import type {CniArgs} from '../../spec/cni-args.ts';
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import {checkIfName} from '../../spec/names.ts';
import type {Dns} from '../../spec/result.ts';
import {checked, parseDns} from '../../spec/route.ts';
import {parseContainerMac} from '../interface/mac.ts';

export interface BridgeConfig {
  readonly bridge: string;
  readonly isGateway: boolean;
  readonly isDefaultGateway: boolean;
  readonly forceAddress: boolean;
  readonly ipMasq: boolean;
  /** Bytes; undefined leaves it to the kernel. */
  readonly mtu: number | undefined;
  readonly hairpin: boolean;
  readonly promisc: boolean;
  /** The container's MAC, if one is asked for. */
  readonly mac: string | undefined;
  readonly ipam: string | undefined;
  readonly dns: Dns;
}

/** Throws `invalidConfig`. */
export function parseBridgeConfig(conf: Fields, args: CniArgs): BridgeConfig {
  const hairpin = conf.boolean('hairpinMode');
  const promisc = conf.boolean('promiscMode');
  if (hairpin && promisc) {
    throw new CniError(
      'invalidConfig',
      `${conf.where}: "hairpinMode" and "promiscMode" exclude each other: set one of them`,
    );
  }
  const isDefaultGateway = conf.boolean('isDefaultGateway');
  return {
    bridge: conf.string('bridge') === '' ? 'cni0' : checked(conf, 'bridge', checkIfName),
    isGateway: conf.boolean('isGateway') || isDefaultGateway,
    isDefaultGateway,
    forceAddress: conf.boolean('forceAddress'),
    ipMasq: conf.boolean('ipMasq'),
    mtu: conf.integer('mtu', 0, 0, 65535) || undefined,
    hairpin,
    promisc,
    mac: parseContainerMac(conf, args),
    ipam: conf.child('ipam').string('type') || undefined,
    dns: parseDns(conf.child('dns')),
  };
}
