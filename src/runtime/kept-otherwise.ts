// A container whose addresses are kept for it, and that asks for others when it comes back: what it wishes now counts. Nobody but
// it has those, and it is not attached.
import type {Attachment} from '../kernel/names.ts';
import {parseAddress} from '../spec/address.ts';
import {findKept} from './kept.ts';
import {leasesIn} from './ports.ts';
import type {Settings} from './settings.ts';
import {addressOf} from './wishes/grant.ts';

/** Gives up the kept addresses of each family that others are asked of; `ips` may have prefix lengths. */
export function giveUpKept(settings: Settings, attachment: Attachment, ips: readonly string[]): void {
  const asked = ips.map(text => addressOf(text));
  const directories = asked.length === 0 ? [] : (findKept(settings, attachment)?.leases ?? []);
  for (const directory of directories) {
    leasesIn(settings, directory).locked(leases => {
      const held = leases.heldBy(attachment).map(text => ({text, address: parseAddress(text)}));
      const others = held.filter(
        ({address: {family, value}}) =>
          asked.some(wish => wish.family === family) &&
          !asked.some(wish => wish.family === family && wish.value === value),
      );
      for (const {text} of others) {
        const lease = leases.find(text);
        if (lease) leases.drop(lease);
      }
    });
  }
}
