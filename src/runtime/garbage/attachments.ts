// Attachments whose container has ended and whose poststop never came.

import {whileDetaching} from '../container-turn.ts';
import {detach} from '../detach.ts';
import {judgeRecord} from '../liveness.ts';
import {type AttachmentRecord, allRecords, findRecord} from '../record.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findDeadAttachments(search: Search): Generator<Garbage> {
  for (const record of allRecords(search.settings.stateDir)) {
    if (!concerns(search, record.network) || judgeRecord(record, search.look(record)) !== 'dead') continue;
    const addresses = record.result?.ips.map(({address}) => address).join(' ') ?? '';
    const what = `attachment of container "${record.containerId}", which has ended, to "${record.network}" as "${record.ifName}" ${addresses}`;
    yield {
      kind: 'attachment',
      what: what.trimEnd(),
      network: record.network,
      containerId: record.containerId,
      takeBack: () => takeBack(search, record),
    };
  }
}

/** The record is read again under the container's lock: its poststop, or a new start, may have come in between. */
function takeBack({settings, look}: Search, found: AttachmentRecord): void {
  whileDetaching(settings, found.containerId, () => {
    const record = findRecord(settings.stateDir, found);
    if (!record || judgeRecord(record, look(record)) !== 'dead') return;
    const [failure] = detach(settings, record);
    if (failure) throw failure;
  });
}
