// Where the container is, as the result of the plugins before tells: its addresses, and the interface of the host that it is
// behind. A result of a bridge begins with the bridge and the container's port; the gateway of a VLAN has one of its own.
import {type Family, formatAddress, parseCidr} from '../../spec/address.ts';
import type {Result} from '../../spec/result.ts';
import {ipsOf} from '../interface/check-container-end.ts';

export interface Place {
  /** The first of each family. */
  readonly addresses: {readonly 4: string | undefined; readonly 6: string | undefined};
  /** The interface of the host that leads to the container, if the result tells of one. */
  readonly link: string | undefined;
  /** The container's port of a bridge, if that is what it is behind. */
  readonly port: string | undefined;
}

export function placeOf(result: Result, ifName: string): Place {
  const all = ipsOf(result, ifName).map(({address}) => parseCidr(address).address);
  const first = (family: Family) => {
    const found = all.find(address => address.family === family);
    return found && formatAddress(found);
  };
  const {interfaces} = result;
  const inside = interfaces.findIndex(({sandbox}) => sandbox);
  // Behind the container's own come those of other plugins, and the gateway of a VLAN.
  const [nearest, port] = interfaces.slice(0, Math.max(inside, 0)).map(({name}) => name);
  const gateway = interfaces.find(({name, sandbox}) => !sandbox && name.startsWith(`${nearest}.`))?.name;
  return {addresses: {4: first(4), 6: first(6)}, link: gateway ?? nearest, port};
}
