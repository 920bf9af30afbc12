// Waits for duplicate address detection: an IPv6 address may be used only when nobody on the link was found to have it.
import {timeLeft} from './deadline.ts';
import {sleep} from './flock.ts';
import {dumpAddresses, readAddress, readSettled} from './netlink/rtnetlink.ts';
import type {NetlinkSocket} from './netlink/socket.ts';
import {secondsToSettle} from './render.ts';

// Milliseconds. Where detection is switched off an address is ready within one or two.
const shortestPause = 1;
const longestPause = 50;

/** Throws if somebody else has an address of the link, or if that is not known in time. */
export function waitUntilSettled(socket: NetlinkSocket, index: number): void {
  const end = performance.now() + timeLeft(secondsToSettle * 1000);
  for (let pause = shortestPause; ; pause = Math.min(pause * 2, longestPause)) {
    const replies = socket.exchange([dumpAddresses(index)]).flatMap(answer => answer.replies);
    const found = replies.map(reply => ({address: readAddress(reply)?.address, settled: readSettled(reply)}));
    const taken = found.find(({settled}) => settled === 'taken');
    if (taken) throw new Error(`somebody else on the link has ${taken.address}`);
    const open = found.find(({settled}) => settled === 'not yet');
    if (!open) return;
    if (performance.now() >= end) {
      throw new Error(`whether somebody else has ${open.address} was not found out within ${secondsToSettle} s`);
    }
    sleep(pause);
  }
}
