// `vlan` and `vlanTrunk`: which VLANs a container's port of the bridge is in. One is its own, which leaves the port untagged;
// those of the trunk are tagged. A trunk alone has VLAN 1 as its own, as with the reference.
import type {PortVlans} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';

const last = 4094;

export interface Vlans {
  /** The VLAN that the network's gateway is in; 0 for none. */
  readonly gateway: number;
  /** Of each port; none if the bridge is a plain one. */
  readonly ofPort: readonly PortVlans[];
}

/** Throws `invalidConfig`. */
export function parseVlans(conf: Fields): Vlans {
  const gateway = conf.integer('vlan', 0, 0, last);
  const trunk = new Set(conf.children('vlanTrunk').flatMap(item => parseItem(item)));
  const own = gateway || (trunk.size > 0 ? 1 : 0);
  trunk.delete(own);
  return {gateway, ofPort: own === 0 ? [] : [{first: own, last: own, untagged: true}, ...runsOf([...trunk])]};
}

/** `minID` and `maxID`, `id`, or both. */
function parseItem(item: Fields): readonly number[] {
  const has = (key: string) => item.raw(key) !== undefined;
  const idOf = (key: string) => (has(key) ? item.integer(key, 1, 1, last) : undefined);
  const [min, max, id] = [idOf('minID'), idOf('maxID'), idOf('id')];
  if (has('minID') !== has('maxID') || (min === undefined && id === undefined)) {
    throw new CniError('invalidConfig', `${item.where}: a part of a trunk has "id", or "minID" and "maxID"`);
  }
  if (min !== undefined && max !== undefined && min > max) {
    throw new CniError('invalidConfig', `${item.where}: "minID" ${min} is greater than "maxID" ${max}`);
  }
  const range = min === undefined || max === undefined ? [] : Array.from({length: max - min + 1}, (_, i) => min + i);
  return [...range, ...(id === undefined ? [] : [id])];
}

/** Neighbours together. */
function runsOf(ids: readonly number[]): readonly PortVlans[] {
  const sorted = [...ids].sort((a, b) => a - b);
  const firsts = sorted.filter((id, i) => sorted[i - 1] !== id - 1);
  const lasts = sorted.filter((id, i) => sorted[i + 1] !== id + 1);
  return firsts.map((first, i) => ({first, last: lasts[i] ?? first, untagged: false}));
}
