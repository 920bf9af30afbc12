// IPAM plugins that are not ours, in the shape of ours: each verb is a call of the executable, through a port.
import type {AttachmentRequest, IpamPorts, PreparedIpam} from '../plugins/plugin.ts';
import type {Command} from '../spec/environment.ts';
import type {Fields} from '../spec/fields.ts';
import {readForeignResult} from './foreign-answer.ts';

/** `conf` is the whole configuration of the plugin that delegates: the delegate is given it as it is. */
export function foreignIpam(type: string, conf: Fields, request: AttachmentRequest): PreparedIpam {
  const call = (ports: IpamPorts, command: Command) =>
    ports.call({type, command, conf: conf.object, request, where: conf.where});
  return {
    directory: undefined,
    add: ports => readForeignResult(call(ports, 'ADD'), type, conf.string('cniVersion')),
    del: ports => void call(ports, 'DEL'),
    check: ports => void call(ports, 'CHECK'),
    gc: ports => void call(ports, 'GC'),
    status: ports => void call(ports, 'STATUS'),
  };
}
