// The leases of living containers. One that is gone, or is somebody else's, means that two containers will have, or have, one
// address; one from the future means that the clock was set, and by the clock it is told whether a lease is of this boot.
import {quoted} from '../../kernel/shell.ts';
import type {Lease} from '../../plugins/plugin.ts';
import {leasedIn} from '../inspect.ts';
import {judgeRecord} from '../liveness.ts';
import {leasesIn} from '../ports.ts';
import type {AttachmentRecord} from '../record.ts';
import {thoroughLook} from '../signs.ts';
import {type Fault, fault, type Part} from './finding.ts';

// Milliseconds by which a file system's clock may be off.
const tolerance = 60_000;

export const leasesOfTheLiving: Part = {
  area: 'leases',
  inOrder: 'every address of a living container is leased to it',
  examine: function* ({settings, kernel, records}) {
    const look = thoroughLook(kernel, settings.stateDir);
    const living = records.filter(
      record => record.state === 'done' && !record.foreignIpam && judgeRecord(record, look(record)) === 'alive',
    );
    for (const directory of new Set(living.flatMap(({leases}) => leases))) {
      // Of an attachment with several directories nobody knows which of its addresses is in which.
      const owners = living.filter(({leases}) => leases.length === 1 && leases[0] === directory);
      // A directory that is gone is not to be made by looking.
      const isThere = leasedIn(directory).length > 0;
      const all = isThere ? leasesIn(settings, directory).locked(leases => leases.all()) : [];
      const byAddress = new Map(all.map(lease => [lease.address, lease]));
      yield* owners.flatMap(record => faultsOf(record, directory, byAddress));
      yield* all
        .filter(({modified}) => modified > Date.now() + tolerance)
        .map(lease => fromTheFuture(lease, directory));
    }
  },
};

const addressesOf = ({result}: AttachmentRecord): readonly string[] =>
  (result?.ips ?? []).map(({address}) => address.split('/')[0] ?? '');

function faultsOf(record: AttachmentRecord, directory: string, leases: ReadonlyMap<string, Lease>): readonly Fault[] {
  const {containerId, ifName} = record;
  return addressesOf(record).flatMap(address => {
    const lease = leases.get(address);
    if (!lease) return notLeased(record, directory, address);
    const {owner} = lease;
    if (!owner || (owner.containerId === containerId && owner.ifName === ifName)) return [];
    const what = `${address} of living container "${containerId}" is leased to "${owner.containerId}"`;
    return fault('error', `${what}: two may have it, start one of them again`);
  });
}

function notLeased({containerId, ifName, network}: AttachmentRecord, directory: string, address: string): Fault {
  return fault(
    'error',
    `${address} of living container "${containerId}" in "${network}" is not leased: it may be given to another`,
    `mkdir -p ${quoted(directory)}`,
    `printf '%s\\r\\n%s' ${quoted(containerId)} ${quoted(ifName)} >${quoted(`${directory}/${address}`)}`,
  );
}

const fromTheFuture = ({address}: Lease, directory: string): Fault =>
  fault(
    'warning',
    `the lease of ${address} in ${directory} is from the future: the clock was set back`,
    `touch ${quoted(`${directory}/${address}`)}`,
  );
