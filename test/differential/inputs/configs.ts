// The configurations that the inputs are made from, and the life that most of them go through.
import {callsOf, type Input} from '../input.ts';
import type {Difference} from '../reasons.ts';

export const v4 = {subnet: '10.1.0.0/24'};
export const v4b = {subnet: '10.2.0.0/24'};
export const v6 = {subnet: 'fd00:1::/64'};

const network = {cniVersion: '1.0.0', name: 'net1'};

export const bridge = (more: object): object => ({...network, type: 'bridge', bridge: 'br1', ...more});

/** The ipam key of a configuration, every range a set of its own. */
export const hostLocal = (ranges: readonly object[], more: object = {}): object => ({
  ipam: {type: 'host-local', ranges: ranges.map(range => [range]), ...more},
});

/** A configuration for host-local itself. */
export const leasing = (ipam: object, more: object = {}): object => ({
  ...network,
  type: 'bridge',
  ipam: {type: 'host-local', ...ipam},
  ...more,
});

/** Shell commands: the container ends, and the kernel has taken its pair down, which it does in its own time. */
export const containerEnds = 'ip netns del blue; while ip -o link | grep -q @; do sleep 0.02; done';

/** ADD, CHECK and DEL with one configuration, by the plugin that it names. */
export function life(what: string, conf: object, ...differs: readonly Difference[]): Input {
  return lifeOf((conf as {readonly type: string}).type, what, conf, ...differs);
}

export function lifeOf(type: string, what: string, conf: object, ...differs: readonly Difference[]): Input {
  const {add, check, del} = callsOf(type, conf);
  return {what, steps: [add(), check(1), del({previous: 1})], differs};
}
