// The two networks that are compared: the same but for name, bridge and subnet, ours and the peer's side by side on one
// host. Each side's plugins get the configuration that a runtime would hand them.
import {mkdirSync, writeFileSync} from 'node:fs';

export interface NetworkOptions {
  readonly ipMasq: boolean;
  /** Host ports that portmap publishes, behind the bridge. */
  readonly ports?: readonly number[];
}

export interface Network {
  readonly name: string;
  readonly bridge: string;
  /** The first two numbers of its /16. */
  readonly prefix: string;
}

export const ourNetwork: Network = {name: 'ours', bridge: 'bench-ours', prefix: '10.201'};
export const ourFullNetwork: Network = {name: 'ours-full', bridge: 'bench-full', prefix: '10.202'};
export const peerNetwork: Network = {name: 'peer', bridge: 'bench-peer', prefix: '10.203'};

export const leaseDirectory = ({name}: Network): string => `/var/lib/cni/networks/${name}`;

const cniVersion = '1.0.0';

/** What the plugin bridge gets on stdin. */
export const bridgeConfig = (network: Network, options: NetworkOptions): string =>
  JSON.stringify({cniVersion, name: network.name, ...bridgePlugin(network, options)});

/** What the plugin portmap gets on stdin, with the result of the bridge. */
export const portmapConfig = (network: Network, ports: readonly number[], prevResult: object): string =>
  JSON.stringify({cniVersion, name: network.name, ...portmapPlugin(ports), prevResult});

/** Writes the whole list into the conf dir, as the first there. */
export function writeNetwork(network: Network, {ports = [], ipMasq}: NetworkOptions): void {
  const plugins = [bridgePlugin(network, {ipMasq}), ...(ports.length > 0 ? [portmapPlugin(ports)] : [])];
  mkdirSync('/etc/cni/net.d', {recursive: true});
  writeFileSync(
    `/etc/cni/net.d/10-${network.name}.conflist`,
    JSON.stringify({cniVersion, name: network.name, plugins}),
  );
}

function bridgePlugin({bridge, prefix}: Network, {ipMasq}: NetworkOptions): object {
  const ipam = {type: 'host-local', subnet: `${prefix}.0.0/16`, routes: [{dst: '0.0.0.0/0'}]};
  return {type: 'bridge', bridge, isGateway: true, ipMasq, ipam};
}

function portmapPlugin(ports: readonly number[]): object {
  const portMappings = ports.map(hostPort => ({hostPort, containerPort: 80, protocol: 'tcp'}));
  return {type: 'portmap', capabilities: {portMappings: true}, runtimeConfig: {portMappings}};
}
