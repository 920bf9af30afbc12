// host-local: addresses from ranges, leased in a directory that the reference plugin may use at the same time.
import {CniError, reasonOf} from '../../spec/error.ts';
import {parseRoutes} from '../../spec/route.ts';
import type {IpamPlugin, IpamPorts} from '../plugin.ts';
import {allocate} from './allocate.ts';
import {parseRangeSets} from './ranges.ts';
import {parseResolvConf} from './resolv-conf.ts';

export const hostLocal: IpamPlugin = {
  type: 'host-local',
  prepare: (ipam, network, owner, dataDir) => {
    const sets = parseRangeSets(ipam);
    const routes = parseRoutes(ipam);
    const resolvConf = ipam.string('resolvConf');
    const directory = `${ipam.string('dataDir') || dataDir}/${network}`;
    return {
      directory,
      add: ports => {
        const dns = resolvConf === '' ? {} : parseResolvConf(read(ports, resolvConf));
        const {ips, met} = ports.openLeases(directory).locked(leases => allocate(sets, owner, leases));
        ports.met(directory, met);
        return {ips, routes, dns};
      },
    };
  },
};

function read(ports: IpamPorts, path: string): string {
  try {
    return ports.readFile(path);
  } catch (cause) {
    throw new CniError('ioFailure', `cannot read "resolvConf" "${path}": ${reasonOf(cause)}`, {cause});
  }
}
