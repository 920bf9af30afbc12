// The verbs of an IPAM plugin: its leases are all the state there is.
import {prepareIpam} from '../own-segment.ts';
import {isHooks, type PluginCall, portsOf, requestOf, type Verbs} from './call.ts';

export const ipamVerbs: Verbs = {
  add: call => ({interfaces: [], ...prepare(call).add(portsOf(call))}),
  del: call => prepare(call).del(portsOf(call)),
  check: (call, result) => prepare(call).check(portsOf(call), result.ips),
  gc: (call, isValid) => prepare(call).gc(portsOf(call), owner => isValid(owner) || isHooks(call, owner)),
  status: call => prepare(call).status(portsOf(call)),
};

const prepare = (call: PluginCall) => prepareIpam(call.type, call.conf, requestOf(call), call.settings.dataDir);
