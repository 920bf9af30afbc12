// An operation in words, for the sentence "cannot …: REASON".
import {hostPortWords} from '../spec/port-mapping.ts';
import type {Op} from './op.ts';
import type {HostPort, SetPortRules} from './ports/port.ts';

/** For example `add address "10.1.0.2/24" to "eth0"`. */
export function describe(op: Op): string {
  switch (op.op) {
    case 'bridge.add':
      return `make bridge "${op.name}"`;
    case 'veth.add':
      return `make the pair "${op.name}" and "${op.peer.name}"`;
    case 'ifb.add':
    case 'macvlan.add':
      return `make interface "${op.name}"`;
    case 'bucket.set':
      return `limit what "${op.link}" sends`;
    case 'redirect.add':
      return `redirect what "${op.link}" receives to "${op.to}"`;
    case 'qdisc.delete':
      return `take the limit from what "${op.link}" ${op.where === 'root' ? 'sends' : 'receives'}`;
    case 'link.delete':
    case 'ifb.delete':
      return `delete interface "${op.name}"`;
    case 'link.set':
    case 'port.set':
      return `change interface "${op.link}"`;
    case 'port.vlans':
      return `put "${op.link}" into its VLANs`;
    case 'address.add':
      return `add address "${op.address}" to "${op.link}"`;
    case 'address.delete':
      return `take address "${op.address}" from "${op.link}"`;
    case 'addresses.settle':
      return `use the addresses of "${op.link}"`;
    case 'route.add':
      return `add route "${op.route.dst}"${op.route.gw === undefined ? '' : ` via "${op.route.gw}"`} to "${op.link}"`;
    case 'route.delete':
      return `take route "${op.dst}" from "${op.link}"`;
    case 'sysctl.set':
      return `set "${op.key}" to "${op.value}"`;
    case 'masquerade.set':
      return `masquerade network "${op.network}"`;
    case 'guard.set':
      return `guard network "${op.network}" against forged MACs`;
    case 'firewall.set':
      return `let network "${op.network}" through the host's firewall`;
    case 'firewall.clear':
      return `take network "${op.network}" out of the host's firewall`;
    case 'guard.add':
      return `let only MAC ${op.mac} in by "${op.link}"`;
    case 'guard.delete':
      return `take the guard from "${op.link}"`;
    case 'ports.set':
      return 'set up the rules for published ports';
    case 'ports.add':
      return `publish ${portsIn(op)}`;
    case 'ports.rules':
      return op.present
        ? `publish ${portsIn(op)} on condition ${conditionsIn(op)}`
        : 'take back ports published on conditions';
    case 'ports.delete':
      return `take back ${portsIn(op)}`;
  }
}

const conditionsIn = ({conditions}: SetPortRules): string =>
  Object.values(conditions)
    .filter(condition => condition !== undefined)
    .map(condition => JSON.stringify(condition))
    .join(' and ');

/** The same port in both families once. */
const portsIn = ({ports}: Extract<Op, {ports: readonly HostPort[]}>): string =>
  [...new Set(ports.map(port => hostPortWords(port)))].join(', ');
