// The registry: every plugin that runs inside the process. A new one is a folder beside these and a line here.
import {bridge} from './bridge/bridge.ts';
import {hostLocal} from './host-local/host-local.ts';
import {loopback} from './loopback/loopback.ts';
import type {InterfacePlugin, IpamPlugin} from './plugin.ts';
import {ptp} from './ptp/ptp.ts';
import {staticAddresses} from './static/static.ts';

export const interfacePlugins: readonly InterfacePlugin[] = [bridge, loopback, ptp];
export const ipamPlugins: readonly IpamPlugin[] = [hostLocal, staticAddresses];
