// Which of a container's networks a wish is meant for, and the order in which they are attached: the one that the default route
// goes by is the first, so that whoever comes after it knows which default routes there are already.
import type {Place, Placed} from '../../spec/annotations.ts';
import {CniError} from '../../spec/error.ts';
import type {PortMapping} from '../../spec/port-mapping.ts';
import type {Selected} from '../select.ts';
import type {Wishes} from './wishes.ts';

/** What is wished for one attachment alone. */
export interface OwnWishes {
  /** With or without a prefix length. */
  readonly ips: readonly string[];
  readonly mac: string | undefined;
  readonly ports: readonly PortMapping[];
}

/** A network by its name, as far as it matters here. */
interface Named {
  readonly network: {readonly name: string};
  readonly ifName: string;
}

export type PlacedNetwork<T extends Named = Selected> = T & {readonly own: OwnWishes};

/** Throws `invalidConfig` for a wish that concerns none of the networks. */
export function placeWishes<T extends Named>(selected: readonly T[], wishes: Wishes): readonly PlacedNetwork<T>[] {
  const [first] = selected;
  if (!first) return [];
  const {ips, macs, ports, defaultRoute} = wishes;
  const holder = defaultRoute ? findPlace(selected, defaultRoute, 'the default route') : first;
  const valuesFor = (item: T, placed: readonly Placed[]) =>
    placed
      .filter(({place, value}) => item === (place ? findPlace(selected, place, value) : first))
      .map(({value}) => value);
  const all = selected.map(item => ({
    ...item,
    own: {
      ips: valuesFor(item, ips),
      mac: onlyOne(valuesFor(item, macs), item),
      ports: item === holder ? ports : [],
    },
  }));
  const isHolder = ({ifName}: Named) => ifName === holder.ifName;
  return [...all.filter(item => isHolder(item)), ...all.filter(item => !isHolder(item))];
}

function findPlace<T extends Named>(selected: readonly T[], place: Place, what: string): T {
  const found = selected.find(
    ({network, ifName}) => network.name === place.network && (place.ifName ?? ifName) === ifName,
  );
  if (found) return found;
  const asked = place.ifName === undefined ? place.network : `${place.network}:${place.ifName}`;
  const there = selected.map(({network, ifName}) => `${network.name}:${ifName}`).join(', ');
  throw new CniError('invalidConfig', `${what} is asked for "${asked}", where the container is not: it is in ${there}`);
}

function onlyOne(macs: readonly string[], {network, ifName}: Named): string | undefined {
  const [mac, ...more] = macs;
  if (more.length === 0) return mac;
  throw new CniError(
    'invalidConfig',
    `${macs.join(' and ')} are asked for "${network.name}:${ifName}": it has one MAC`,
  );
}
