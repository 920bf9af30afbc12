// What stands in the place of a network's bridge, or has its subnet: the next container would not start, or nobody would
// find it. Once a network is in use, what is missing of it is found by living.ts.
import type {Link} from '../../kernel/facts.ts';
import {parseVethAlias} from '../../kernel/names.ts';
import {type Cidr, formatCidr, overlaps, parseCidr, sameAddress} from '../../spec/address.ts';
import {type Fault, fault, type Part} from './finding.ts';
import type {GatewayNetwork} from './gateways.ts';

export const bridges: Part = {
  area: 'bridges',
  inOrder: "nothing stands in the way of the networks' bridges and subnets",
  examine: function* ({host, gateways}) {
    for (const network of gateways) {
      yield* wrongLink(network, host.links);
      yield* wrongAddress(network, host.links);
      yield* clashes(network, host.links);
    }
  },
};

function* wrongLink({name, bridge}: GatewayNetwork, links: readonly Link[]): Generator<Fault> {
  const link = links.find(other => other.name === bridge);
  if (!link || link.kind === 'bridge') return;
  const other = link.kind ? `a "${link.kind}"` : 'no virtual interface';
  yield fault(
    'error',
    `network "${name}" wants "${bridge}" for its bridge, and that is ${other}: choose another name in its file, or take it away`,
    `ip link delete ${bridge}`,
  );
}

/** Of the bridge, or of what stands before one of its VLANs. */
function* wrongAddress(
  {name, bridge, links: own, ranges, forceAddress}: GatewayNetwork,
  links: readonly Link[],
): Generator<Fault> {
  if (bridge === undefined || forceAddress) return;
  const isIts = (link: Link) => own.includes(link.name) && (link.name !== bridge || link.kind === 'bridge');
  for (const link of links.filter(isIts)) {
    for (const address of link.addresses) {
      const present = parseCidr(address);
      const inTheWay = ranges.find(range => conflict(present, range.gateway));
      if (!inTheWay || ranges.some(({gateway}) => isSame(gateway, present))) continue;
      yield fault(
        'error',
        `bridge "${link.name}" of network "${name}" has the address ${address}, and should have ${formatCidr(inTheWay.gateway)}`,
        `ip address delete ${address} dev ${link.name}`,
      );
    }
  }
}

/** One IPv4 address to a bridge; of IPv6 several, if their subnets do not overlap. */
function conflict(present: Cidr, wanted: Cidr): boolean {
  if (isSame(present, wanted) || present.address.family !== wanted.address.family) return false;
  return present.address.family === 4 || overlaps(present, wanted);
}

const isSame = (a: Cidr, b: Cidr): boolean => sameAddress(a.address, b.address) && a.length === b.length;

/** A pair of ptp has the gateway's address at its host's end. */
function* clashes({name, links: own, ranges}: GatewayNetwork, links: readonly Link[]): Generator<Fault> {
  const isOwn = (link: Link) => own.includes(link.name) || parseVethAlias(link.alias)?.network === name;
  for (const link of links.filter(other => !isOwn(other))) {
    for (const address of link.addresses) {
      const clash = ranges.find(({subnet}) => overlaps(subnet, parseCidr(address)));
      if (!clash) continue;
      yield fault(
        'error',
        `the subnet ${formatCidr(clash.subnet)} of network "${name}" is also behind "${link.name}", which has ${address}: choose another subnet in its file`,
      );
    }
  }
}
