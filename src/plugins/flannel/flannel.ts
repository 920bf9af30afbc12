// flannel: no plugin that does anything, but one that says what another shall do: from the lease that flanneld wrote into
// subnet.env to the configuration of a bridge. Pure. Keys and defaults are those of flannel's own CNI plugin.
import {formatCidr, parseCidr, subnetOf} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {Fields, JsonObject} from '../../spec/fields.ts';

export const flannelType = 'flannel';

const defaultSubnetFile = '/run/flannel/subnet.env';
const defaultDataDir = '/var/lib/cni/flannel';

/** Where flanneld says which subnet this host has. */
export const subnetFileOf = (conf: Fields): string => conf.string('subnetFile') || defaultSubnetFile;

/** The file in which the delegate's configuration is remembered between ADD and DEL. */
export const memoryOf = (conf: Fields, containerId: string): string =>
  `${conf.string('dataDir') || defaultDataDir}/${containerId}`;

/** The delegate's configuration. `environment` is the text of the subnet file. Throws `invalidConfig`. */
export function delegateOf(conf: Fields, environment: string): JsonObject {
  const lease = parseLease(environment, subnetFileOf(conf));
  const delegate = conf.child('delegate');
  for (const key of ['name', 'ipam']) {
    if (delegate.raw(key) === undefined) continue;
    throw new CniError('invalidConfig', `${delegate.where}: "${key}" is set by flannel: take it out`);
  }
  const type = delegate.string('type') || 'bridge';
  const runtimeConfig = conf.raw('runtimeConfig');
  const cniVersion = conf.string('cniVersion');
  return {
    ...(type === 'bridge' && {isGateway: true}),
    // Who masquerades: flanneld, or else the delegate.
    ipMasq: !lease.ipMasq,
    mtu: lease.mtu,
    ...delegate.object,
    type,
    name: conf.string('name'),
    ...(cniVersion !== '' && {cniVersion}),
    ...(runtimeConfig !== undefined && {runtimeConfig}),
    ipam: ipamOf(conf.child('ipam'), lease),
  };
}

function ipamOf(ipam: Fields, {networks, subnets}: Lease): JsonObject {
  return {
    type: 'host-local',
    ...ipam.object,
    ranges: [...ipam.list('ranges'), ...subnets.map(subnet => [{subnet}])],
    routes: [...ipam.list('routes'), ...networks.map(dst => ({dst}))],
  };
}

interface Lease {
  /** The whole overlay: what is reached through the gateway. */
  readonly networks: readonly string[];
  /** This host's part of it, one for each family. */
  readonly subnets: readonly string[];
  readonly mtu: number;
  readonly ipMasq: boolean;
}

/** The four lines KEY=VALUE that flanneld writes, and two more where there is IPv6. */
function parseLease(text: string, file: string): Lease {
  const lines = text.split('\n').map(line => line.trim().split('='));
  const values = new Map(lines.map(([key = '', ...value]) => [key, value.join('=')]));
  const both = (name: string) => [values.get(`FLANNEL_${name}`), values.get(`FLANNEL_IPV6_${name}`)];
  const networks = both('NETWORK').flatMap(value => (value ? value.split(',') : []));
  // What flanneld gives is the address of its own bridge in the subnet.
  const subnets = both('SUBNET').flatMap(value => (value ? [subnetIn(value, file)] : []));
  const mtu = Number(values.get('FLANNEL_MTU'));
  const ipMasq = values.get('FLANNEL_IPMASQ');
  const missing = [
    ...(networks.length > 0 ? [] : ['FLANNEL_NETWORK']),
    ...(subnets.length > 0 ? [] : ['FLANNEL_SUBNET']),
    ...(mtu > 0 ? [] : ['FLANNEL_MTU']),
    ...(ipMasq === undefined ? ['FLANNEL_IPMASQ'] : []),
  ];
  if (missing.length > 0)
    throw new CniError('invalidConfig', `${file}: no ${missing.join(', ')}: is flanneld running?`);
  return {networks: networks.map(network => network.trim()), subnets, mtu, ipMasq: ipMasq === 'true'};
}

function subnetIn(text: string, file: string): string {
  try {
    return formatCidr(subnetOf(parseCidr(text)));
  } catch (cause) {
    throw new CniError('invalidConfig', `${file}: "${text}" is not a subnet`, {cause});
  }
}
