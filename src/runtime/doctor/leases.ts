// The leases of living containers. One that is gone, or is somebody else's, means that two containers will have, or have, one
// address; one from the future means that the clock was set, and by the clock it is told whether a lease is of this boot.
import type {Leases} from '../../plugins/plugin.ts';
import {leasedIn} from '../inspect.ts';
import {judgeRecord} from '../liveness.ts';
import {leasesIn} from '../ports.ts';
import {type AttachmentRecord, allRecords} from '../record.ts';
import {thoroughLook} from '../signs.ts';
import {type Fault, fault, type Part} from './finding.ts';
import {quoted} from './shell.ts';

// Milliseconds by which a file system's clock may be off.
const tolerance = 60_000;

export const leasesOfTheLiving: Part = {
  area: 'leases',
  inOrder: 'every address of a living container is leased to it',
  examine: function* ({settings, kernel}) {
    const look = thoroughLook(kernel, settings.stateDir);
    const living = allRecords(settings.stateDir).filter(
      record => record.state === 'done' && !record.foreignIpam && judgeRecord(record, look(record)) === 'alive',
    );
    for (const directory of new Set(living.flatMap(({leases}) => leases))) {
      const owners = living.filter(({leases}) => leases.includes(directory));
      if (leasedIn(directory).length === 0)
        yield* owners.flatMap(record => gone(record, directory, addressesOf(record)));
      else yield* leasesIn(settings, directory).locked(leases => faultsIn(directory, owners, leases));
    }
  },
};

const addressesOf = ({result}: AttachmentRecord): readonly string[] =>
  (result?.ips ?? []).map(({address}) => address.split('/')[0] ?? '');

function faultsIn(directory: string, owners: readonly AttachmentRecord[], leases: Leases): readonly Fault[] {
  const late = leases.all().filter(({modified}) => modified > Date.now() + tolerance);
  return [
    ...owners.flatMap(record => faultsOf(record, directory, leases)),
    ...late.map(({address}) =>
      fault(
        'warning',
        `the lease of ${address} in ${directory} is from the future: the clock was set back`,
        `touch ${quoted(`${directory}/${address}`)}`,
      ),
    ),
  ];
}

/** An attachment with several directories holds some of its addresses here. */
function faultsOf(record: AttachmentRecord, directory: string, leases: Leases): readonly Fault[] {
  if (record.leases.length > 1) return [];
  const {containerId, ifName} = record;
  const missing = addressesOf(record).filter(address => !leases.find(address));
  const lost = addressesOf(record).flatMap(address => {
    const owner = leases.find(address)?.owner;
    const isLost = owner !== undefined && (owner.containerId !== containerId || owner.ifName !== ifName);
    if (!isLost) return [];
    return [
      fault(
        'error',
        `${address} of living container "${containerId}" is leased to "${owner.containerId}": two may have it, start one of them again`,
      ),
    ];
  });
  return [...gone(record, directory, missing), ...lost];
}

function gone(record: AttachmentRecord, directory: string, addresses: readonly string[]): readonly Fault[] {
  const {containerId, ifName, network} = record;
  return addresses.map(address =>
    fault(
      'error',
      `${address} of living container "${containerId}" in "${network}" is not leased: it may be given to another`,
      `printf '%s\\r\\n%s' ${quoted(containerId)} ${quoted(ifName)} >${quoted(`${directory}/${address}`)}`,
    ),
  );
}
