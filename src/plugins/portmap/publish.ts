// What publishes a container's ports: the operations, from the configuration and from where the container is.
import type {Facts} from '../../kernel/facts.ts';
import {portRuleChains} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import {type HostPort, localnetKey, type PortElements, type PublishedPort} from '../../kernel/ports/port.ts';
import type {Family} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {PortMapping} from '../../spec/port-mapping.ts';
import {sysctl} from '../interface/sysctl.ts';
import type {AttachmentRequest} from '../plugin.ts';
import type {PortmapConfig} from './config.ts';
import type {Place} from './place.ts';

/** Whether a bridge passes what stays on it to the rules of the families above it, by family. */
export const bridgePasses = {
  4: 'net/bridge/bridge-nf-call-iptables',
  6: 'net/bridge/bridge-nf-call-ip6tables',
} as const;

const families: readonly Family[] = [4, 6];

/** The operations that publish them. */
export function publish(
  config: PortmapConfig,
  request: AttachmentRequest,
  ports: readonly PublishedPort[],
  place: Place,
): readonly Op[] {
  const {network, containerId, ifName} = request;
  const attachment = {network, containerId, ifName};
  const {conditions} = config;
  const onCondition = ports.filter(({family}) => conditions[family] !== undefined);
  const elements = elementsOf(config, ports, place);
  return [
    ...(onCondition.length === 0
      ? []
      : [
          {
            op: 'ports.rules',
            chains: portRuleChains(attachment),
            present: true,
            ports: onCondition,
            conditions,
          } as const,
        ]),
    ...(isEmpty(elements) ? [] : [{op: 'ports.add', attachment, ...elements} as const]),
  ];
}

/** What of them is elements of the maps and sets. */
export function elementsOf(
  {conditions, snat, masqAll}: PortmapConfig,
  ports: readonly PublishedPort[],
  {link}: Place,
): PortElements {
  const addresses = [...new Set(ports.map(({address}) => address))];
  return {
    ports: ports.filter(({family}) => conditions[family] === undefined),
    near: snat && link !== undefined ? addresses.map(address => ({address, link})) : [],
    masqueraded: snat && masqAll ? addresses : [],
  };
}

export const isEmpty = ({ports, near, masqueraded}: PortElements): boolean =>
  ports.length + near.length + masqueraded.length === 0;

/** Each mapping in each family that it is meant for and the container has. Throws `invalidConfig` if there is none. */
export function portsFor(
  {mappings}: PortmapConfig,
  request: AttachmentRequest,
  {addresses}: Place,
): readonly PublishedPort[] {
  return mappings.flatMap(mapping => {
    const ports = hostPortsOf(mapping).flatMap(port => {
      const address = addresses[port.family];
      return address === undefined ? [] : [{...port, address, containerPort: mapping.containerPort}];
    });
    if (ports.length > 0) return ports;
    const where = `container "${request.containerId}" has no address in "${request.network}"`;
    const on = mapping.hostIP === undefined ? '' : ` of the family of ${mapping.hostIP}`;
    throw new CniError('invalidConfig', `${where}${on}, so that port ${mapping.hostPort} can't lead to it`);
  });
}

/** Lets what comes from 127.0.0.1 leave by the container's link, and the answer come in. */
export function openLoopback(
  {snat}: PortmapConfig,
  ports: readonly PublishedPort[],
  {link}: Place,
  facts: Facts,
): readonly Op[] {
  const isMeant = ({family, hostIP}: PublishedPort) =>
    family === 4 && (hostIP === undefined || hostIP.startsWith('127.'));
  if (!snat || link === undefined || !ports.some(isMeant)) return [];
  const key = localnetKey(link);
  return facts.sysctls[key] === '1' ? [] : [sysctl('host', key, '1')];
}

/** Where a bridge passes packets to the rules, what a container sends to its own port must leave by the port that it came by. */
export function reflect({snat}: PortmapConfig, {port, addresses}: Place, facts: Facts): readonly Op[] {
  if (!snat || port === undefined) return [];
  const link = facts.host[port];
  // What the result of another's plugin has in that place may be no port of a bridge.
  if (link && (link.hairpin || link.master === undefined)) return [];
  const isPassed = families.some(
    family => addresses[family] !== undefined && facts.sysctls[bridgePasses[family]] === '1',
  );
  return isPassed ? [{op: 'port.set', link: port, hairpin: true}] : [];
}

/** In each family that it is meant for. */
export function hostPortsOf({protocol, hostPort, hostIP}: PortMapping): readonly HostPort[] {
  if (hostIP === undefined) return families.map(family => ({family, protocol, hostPort}));
  const family = hostIP.includes(':') ? 6 : 4;
  const isEverywhere = hostIP === '0.0.0.0' || hostIP === '::';
  return [{family, protocol, hostPort, ...(!isEverywhere && {hostIP})}];
}
