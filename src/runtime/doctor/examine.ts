// Goes through the parts of the host, one by one. A part that can't be looked at is a finding of its own, and keeps nobody
// from looking at the others.
import {Kernel} from '../../kernel/kernel.ts';
import {reasonOf} from '../../spec/error.ts';
import {allRecords} from '../record.ts';
import type {Settings} from '../settings.ts';
import {readHostLinks} from '../topology.ts';
import {bridges} from './bridges.ts';
import {type Fault, type Finding, fault, type Part} from './finding.ts';
import {firewall} from './firewall.ts';
import {forwarding} from './forwarding.ts';
import {gatewayNetworks, networksOf} from './gateways.ts';
import {kernelFeatures} from './kernel-features.ts';
import {leasesOfTheLiving} from './leases.ts';
import {living} from './living.ts';
import {masters} from './masters.ts';
import {orphans} from './orphans.ts';
import {recordFiles} from './records.ts';

const ownParts: readonly Part[] = [
  kernelFeatures,
  bridges,
  masters,
  forwarding,
  firewall,
  recordFiles,
  leasesOfTheLiving,
  living,
  orphans,
];

/** `others` are looked at first. Changes nothing. */
export function* examine(
  settings: Settings,
  others: readonly Part[],
  ourCommand: (words: string) => string,
): Generator<Finding> {
  const kernel = new Kernel();
  try {
    const host = readHostLinks(kernel);
    const records = allRecords(settings.stateDir);
    const networks = networksOf(settings.confDir, records);
    const gateways = gatewayNetworks(networks, records);
    const examination = {settings, kernel, host, records, networks, gateways, ourCommand};
    for (const part of [...others, ...ownParts]) {
      const {area, inOrder} = part;
      let isInOrder = true;
      for (const found of attempt(() => part.examine(examination))) {
        isInOrder = false;
        yield {area, ...found};
      }
      if (isInOrder) yield {area, level: 'ok', what: inOrder, mend: []};
    }
  } finally {
    kernel.close();
  }
}

function* attempt(work: () => Iterable<Fault>): Generator<Fault> {
  try {
    yield* work();
  } catch (error) {
    yield fault('error', `this could not be looked at: ${reasonOf(error)}`);
  }
}
