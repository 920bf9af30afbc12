// What a plugin is handed where nothing is special: one attachment, a bare host, ports that touch no disk.
import type {Facts, Link} from '../../src/kernel/facts.ts';
import type {AttachmentRequest, IpamPorts} from '../../src/plugins/plugin.ts';
import {noCniArgs} from '../../src/spec/cni-args.ts';
import {memoryStore} from './memory-leases.ts';

export const request: AttachmentRequest = {
  network: 'mynet',
  containerId: 'c1',
  ifName: 'eth0',
  netns: '/proc/7/ns/net',
  salt: 'salt',
  args: noCniArgs,
};

/** Nothing but a kernel that has both families and forwards neither. */
export const bareHost: Facts = {
  host: {},
  container: {},
  sysctls: {'net/ipv4/ip_forward': '0', 'net/ipv6/conf/all/forwarding': '0'},
  masqueraded: [],
  routes: [],
};

/** A bridge that is there and up, and no more. */
export const cni0: Link = {
  index: 2,
  name: 'cni0',
  kind: 'bridge',
  mac: '02:00:00:00:00:09',
  mtu: 1500,
  up: true,
  promisc: false,
  master: undefined,
  alias: undefined,
  peer: undefined,
  addresses: [],
};

export function portsOver(store = memoryStore(), files: Readonly<Record<string, string>> = {}): IpamPorts {
  return {
    openLeases: () => store,
    met: () => undefined,
    call: () => {
      throw new Error('no foreign plugin is part of this');
    },
    readFile: path => {
      const text = files[path];
      if (text === undefined) throw new Error('no such file or directory');
      return text;
    },
  };
}
