// Leases that no living container stands behind: older than this boot, kept for longer than was asked, empty or torn.
import {existsSync, readdirSync} from 'node:fs';
import {basename} from 'node:path';
import {bootTime} from '../../kernel/process.ts';
import {indexedDirectories} from '../../plugins/host-local/owner-index.ts';
import {allKept, forget, keptUntil} from '../kept.ts';
import {recordsFor} from '../record.ts';
import type {Settings} from '../settings.ts';
import {attachmentOf, judgeDirectory, sweep} from '../sweep.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findDeadLeases(search: Search): Generator<Garbage> {
  const {settings, look} = search;
  for (const directory of leaseDirectories(settings).filter(path => concerns(search, basename(path)))) {
    for (const {lease, verdict} of judgeDirectory(settings, directory, look)) {
      const attachment = attachmentOf(directory, lease);
      // What has a record is the attachment's, and goes with it.
      if (verdict !== 'dead' || (attachment && recordsFor(settings.stateDir, attachment).length > 0)) continue;
      const holder = attachment
        ? `of container "${attachment.containerId}", which has ended`
        : 'of nobody: the file is empty';
      yield {
        kind: 'lease',
        what: `lease of ${lease.address} in ${directory} ${holder}`,
        network: basename(directory),
        ...(attachment && {containerId: attachment.containerId}),
        takeBack: () => void sweep(settings, directory, [lease], look),
      };
    }
  }
}

/** Promises to keep an address that have run out, with no lease left to go with them. */
export function* findStalePromises(search: Search): Generator<Garbage> {
  for (const kept of allKept(search.settings)) {
    const until = keptUntil(kept, bootTime());
    if (!concerns(search, kept.network) || Date.now() < until) continue;
    if (recordsFor(search.settings.stateDir, kept).length > 0) continue;
    yield {
      kind: 'file',
      what: `promise to keep the address of container "${kept.containerId}" in "${kept.network}" until ${new Date(until).toISOString()}`,
      network: kept.network,
      containerId: kept.containerId,
      takeBack: () => forget(search.settings, kept),
    };
  }
}

/** Every directory that leases of ours may be in: the default one's, those used since the boot, those with kept addresses. */
export function leaseDirectories(settings: Settings): readonly string[] {
  const byDefault = existsSync(settings.dataDir)
    ? readdirSync(settings.dataDir, {withFileTypes: true}).filter(entry => entry.isDirectory())
    : [];
  return [
    ...new Set([
      ...byDefault.map(({name}) => `${settings.dataDir}/${name}`),
      ...indexedDirectories(`${settings.stateDir}/leases`),
      ...allKept(settings).flatMap(({leases}) => leases),
    ]),
  ].sort();
}
