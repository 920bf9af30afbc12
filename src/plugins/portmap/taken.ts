// Says who has a port already. Of a container of ours that has ended nobody is told: it was detached before it came to this.
import {parseVethAlias} from '../../kernel/names.ts';
import type {HostPort, TakenPort} from '../../kernel/ports/port.ts';
import {CniError} from '../../spec/error.ts';
import {hostPortWords} from '../../spec/port-mapping.ts';
import type {AttachmentRequest} from '../plugin.ts';

/** Throws `portTaken` if one of `taken` is in a family that `ports` are in: for another family nobody asked in the end. */
export function refuseTaken(
  {network, containerId}: AttachmentRequest,
  taken: readonly TakenPort[],
  ports: readonly HostPort[],
): void {
  const first = taken.find(({port}) => ports.some(({family}) => family === port.family));
  if (!first) return;
  const what = `cannot publish port ${hostPortWords(first.port)} for container "${containerId}" of network "${network}"`;
  throw new CniError('portTaken', `${what}: ${holderOf(first)}`);
}

function holderOf({publishedFor, process}: TakenPort): string {
  if (process !== undefined) return `${process} listens on it: choose another port`;
  const holder = parseVethAlias(publishedFor);
  if (!holder) return `it is published for ${publishedFor || 'somebody'}: choose another port`;
  const {network, containerId, ifName} = holder;
  return `it is published for container "${containerId}" of network "${network}" as "${ifName}": choose another port, or run "cni-hook gc" if that has ended`;
}
