// Where the container is, as the result of the plugins before tells: its addresses, and the interface of the host that it is
// behind. A result of a bridge begins with the bridge and the container's port; the gateway of a VLAN has one of its own.
// A result may not tell of the container's interface at all: that of CNI 0.2.0, and of some plugins. Then the host is asked.
import type {Link} from '../../kernel/facts.ts';
import {type Family, formatAddress, parseCidr} from '../../spec/address.ts';
import type {Result} from '../../spec/result.ts';
import {ipsOf} from '../interface/check-container-end.ts';

export interface Place {
  /** The first of each family. */
  readonly addresses: {readonly 4: string | undefined; readonly 6: string | undefined};
  /** The interface of the host that leads to the container, if it is known. */
  readonly link: string | undefined;
  /** The container's port of a bridge, if that is what it is behind. */
  readonly port: string | undefined;
  /** Whether others may be behind the same interface. */
  readonly isShared: boolean;
  /** The address by which to ask the host for that interface, where the result does not tell. */
  readonly wayTo: string | undefined;
}

/** `way` is what the host has answered. */
export function placeOf(result: Result, ifName: string, way?: Link): Place {
  const all = ipsOf(result, ifName).map(({address}) => parseCidr(address).address);
  const first = (family: Family) => {
    const found = all.find(address => address.family === family);
    return found && formatAddress(found);
  };
  const {interfaces} = result;
  const inside = interfaces.findIndex(({sandbox}) => sandbox);
  const addresses = {4: first(4), 6: first(6)};
  if (inside < 0) {
    const wayTo = addresses[4] ?? addresses[6];
    return {addresses, link: way?.name, port: undefined, isShared: way?.kind === 'bridge', wayTo};
  }
  // Behind the container's own come those of other plugins, and the gateway of a VLAN.
  const [nearest, port] = interfaces.slice(0, inside).map(({name}) => name);
  const gateway = interfaces.find(({name, sandbox}) => !sandbox && name.startsWith(`${nearest}.`))?.name;
  return {addresses, link: gateway ?? nearest, port, isShared: port !== undefined, wayTo: undefined};
}
