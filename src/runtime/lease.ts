// Takes the addresses of a segment. Nobody is told "exhausted" while the dead hold addresses: then everything in the way is
// looked at thoroughly, once, and what still stands in the way is named.
import {timeLeft} from '../kernel/deadline.ts';
import {sleep} from '../kernel/flock.ts';
import type {Kernel} from '../kernel/kernel.ts';
import type {Lease} from '../plugins/plugin.ts';
import {CniError, isKind} from '../spec/error.ts';
import type {IpamResult} from '../spec/result.ts';
import type {OwnSegment} from './own-segment.ts';
import {ipamPorts} from './ports.ts';
import type {Settings} from './settings.ts';
import {quickLook, thoroughLook} from './signs.ts';
import {type JudgedLease, judgeDirectory, sweep} from './sweep.ts';

/** One answer per plugin of the segment. Throws `rangeExhausted` and says who holds what. */
export function takeLeases(
  settings: Settings,
  segment: OwnSegment,
  kernel: Kernel,
): readonly (IpamResult | undefined)[] {
  const met: {readonly directory: string; readonly leases: readonly Lease[]}[] = [];
  const ports = ipamPorts(settings, (directory, leases) => met.push({directory, leases}));
  try {
    return segment.lease(ports);
  } catch (error) {
    if (!isInTheWay(error)) throw error;
    return leaseAfterSweep(settings, segment, kernel, error);
  } finally {
    const look = quickLook(kernel);
    for (const {directory, leases} of met) sweep(settings, directory, leases, look);
  }
}

function leaseAfterSweep(
  settings: Settings,
  segment: OwnSegment,
  kernel: Kernel,
  first: CniError,
): readonly (IpamResult | undefined)[] {
  const look = thoroughLook(kernel, settings.stateDir);
  const judgeAll = () => segment.leaseDirectories.flatMap(directory => judgeDirectory(settings, directory, look));
  const bound = performance.now() + timeLeft(longestSweep);
  for (;;) {
    const dead = judgeAll().filter(({verdict}) => verdict === 'dead');
    for (const {directory, lease} of dead) sweep(settings, directory, [lease], look);
    try {
      return segment.lease(ipamPorts(settings, () => undefined));
    } catch (error) {
      if (!isInTheWay(error)) throw error;
      if (dead.length === 0 || performance.now() > bound) {
        if (isKind(error, 'addressTaken')) throw error;
        throw new CniError('rangeExhausted', `${first.message} (${holders(judgeAll())})`, {cause: error});
      }
    }
    // Some of the dead were somebody else's to take back, who is at it.
    sleep(10);
  }
}

/** True if leases of others are the reason, which may be those of the dead. */
const isInTheWay = (error: unknown): error is CniError =>
  isKind(error, 'rangeExhausted') || isKind(error, 'addressTaken');

// Milliseconds.
const longestSweep = 2000;

const namesShown = 5;

/** "held by c1 as 10.0.0.2, c2 as 10.0.0.3 and 9 more; 2 of them by somebody we don't know" */
function holders(judged: readonly JudgedLease[]): string {
  const shown = judged.slice(0, namesShown).map(({lease}) => `${lease.owner?.containerId} as ${lease.address}`);
  const more = judged.length > namesShown ? ` and ${judged.length - namesShown} more` : '';
  const unknown = judged.filter(({verdict}) => verdict === 'unknown').length;
  return `held by ${shown.join(', ')}${more}${unknown > 0 ? `; ${unknown} by containers that are not ours` : ''}`;
}
