// Names that nobody answers to any more: lines in hosts files whose attachment has no record, and what a write left that was
// cut off. The lines of an attachment that has one go with it.
import {type Attachment, identityOf} from '../../kernel/names.ts';
import {whileDetaching} from '../container-turn.ts';
import {clean, hasTorn, networksWithNames, ownersOn, unregister} from '../names/hosts-files.ts';
import {findRecord} from '../record.ts';
import type {Settings} from '../settings.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findOrphanNames(search: Search): Generator<Garbage> {
  const {stateDir} = search.settings;
  for (const network of networksWithNames(stateDir).filter(name => concerns(search, name))) {
    const owners = ownersOn(stateDir, network);
    const lost = owners.filter(owner => !isKnown(stateDir, owner) && !isLiving(search, owner));
    const orphans = new Map(lost.map(owner => [show(owner), owner]));
    for (const owner of orphans.values()) {
      yield {
        kind: 'names',
        what: `names of container "${owner.containerId}" on "${network}" as "${owner.ifName}", which nobody knows any more`,
        network,
        containerId: owner.containerId,
        takeBack: () => takeBack(search.settings, owner),
      };
    }
    if (owners.length === 0 || hasTorn(stateDir, network)) {
      const what = `what is left of the names of containers on "${network}"`;
      yield {kind: 'names', what, network, takeBack: () => clean(stateDir, network)};
    }
  }
}

/** Under the container's lock, for it may be starting: its record is there before its names are. */
function takeBack(settings: Settings, owner: Attachment): void {
  const {stateDir} = settings;
  whileDetaching(settings, owner.containerId, () => {
    if (!isKnown(stateDir, owner)) unregister(stateDir, owner);
  });
}

const isKnown = (stateDir: string, owner: Attachment): boolean =>
  findRecord(stateDir, {...owner, plugin: ''}) !== undefined;

const isLiving = ({unrecorded}: Search, owner: Attachment): boolean =>
  unrecorded().some(living => identityOf(living) === identityOf(owner));

const show = ({containerId, ifName}: Attachment): string => `${containerId}/${ifName}`;
