// The words of the picture, the same in every form of it. What is drawn comes from others' names: each form escapes it anew.
import type {Bridge, Port, Topology, Uplink} from '../../runtime/topology.ts';

export const uplinkWords = ({name, addresses, gateways}: Uplink): readonly string[] => [
  `${name} (uplink)`,
  ...addresses,
  ...gateways.map(gateway => `by ${gateway}`),
];

export const bridgeWords = ({name, addresses, networks, up}: Bridge): readonly string[] => [
  `${name} (bridge${up ? '' : ', down'})`,
  ...addresses,
  ...(networks.length > 0 ? [`network ${networks.join(', ')}`] : []),
];

export const portWords = (
  {container, network, ifName, parent, addresses, published}: Port,
  withNetwork: boolean,
): readonly string[] => [
  container === undefined ? 'not ours' : `${container} ${ifName}${withNetwork && network ? ` in ${network}` : ''}`,
  ...(parent === undefined ? [] : [`on ${parent}`]),
  ...addresses,
  ...(published.length > 0 ? [publishedWords(published)] : []),
];

const mostPublished = 3;

/** "publishes 8080:80/tcp, 5353:53/udp"; of very many the first ones. */
function publishedWords(published: readonly string[]): string {
  const more = published.length - mostPublished;
  const rest = more > 0 ? ` and ${more} more` : '';
  return `publishes ${published.slice(0, mostPublished).join(', ')}${rest}`;
}

/** "! dead, no interface"; empty where all is well. */
export const markWords = ({marks}: Port): string => (marks.length > 0 ? `! ${marks.join(', ')}` : '');

/** The network is told with each container only where the bridge does not tell it. */
export const tellsNetwork = ({networks}: Bridge): boolean => networks.length > 1;

export const isEmpty = ({bridges, elsewhere}: Topology): boolean => bridges.length + elsewhere.length === 0;
