// The registry: every plugin that runs inside the process. A new one is a folder beside these and a line here.
import {bandwidth} from './bandwidth/bandwidth.ts';
import {bridge} from './bridge/bridge.ts';
import {firewall} from './firewall/firewall.ts';
import {hostLocal} from './host-local/host-local.ts';
import {loopback} from './loopback/loopback.ts';
import {macvlan} from './macvlan/macvlan.ts';
import type {InterfacePlugin, IpamPlugin} from './plugin.ts';
import {portmap} from './portmap/portmap.ts';
import {ptp} from './ptp/ptp.ts';
import {staticAddresses} from './static/static.ts';
import {tuning} from './tuning/tuning.ts';

export const interfacePlugins: readonly InterfacePlugin[] = [
  bandwidth,
  bridge,
  firewall,
  loopback,
  macvlan,
  portmap,
  ptp,
  tuning,
];
export const ipamPlugins: readonly IpamPlugin[] = [hostLocal, staticAddresses];
