// What is the case with published ports: whether the rules stand, who has a port, what of an attachment's elements is there.
// A port for all addresses and one for a single address exclude each other; only for the first is a whole map read, that of
// the ports which have an address.
import type {Kernel} from '../kernel.ts';
import {nftTable, portRuleChains} from '../names.ts';
import {dumpElements, type FoundElement, getElement, readElements} from '../netlink/nf-elements.ts';
import {dumpRules, readRuleComment} from '../netlink/nfnetlink.ts';
import type {NetlinkSocket} from '../netlink/socket.ts';
import {missingElements} from './change.ts';
import {hostPortElement} from './elements.ts';
import {listenerOn} from './listening.ts';
import type {HostPort, PortFacts, PortsQuestion, TakenPort} from './port.ts';
import {lookupChain, portChains, portSets} from './tables.ts';

export function readPorts(kernel: Kernel, {wanted, held}: PortsQuestion): PortFacts {
  const netfilter = kernel.netfilter();
  const hasRules = (chain: string) =>
    netfilter
      .exchange([dumpRules(nftTable, chain)])
      .some(({replies}) => replies.some(reply => readRuleComment(reply) !== undefined));
  return {
    stands: held ? portChains.every(hasRules) : hasRules(lookupChain),
    taken: [...takenByOurs(netfilter, wanted), ...takenByProcesses(wanted)],
    ...(held && {missing: missingElements(netfilter, held)}),
    ...(held?.onCondition && {lostRules: !portRuleChains(held.attachment).every(hasRules)}),
  };
}

function takenByOurs(netfilter: NetlinkSocket, wanted: readonly HostPort[]): readonly TakenPort[] {
  const same = wanted.map(port => ({port, element: getElement(hostPortElement(port))}));
  const wider = wanted.flatMap(({hostIP, ...port}) =>
    hostIP === undefined ? [] : [{port: {...port, hostIP}, element: getElement(hostPortElement(port))}],
  );
  const asked = [...same, ...wider];
  const found = netfilter.exchange(asked.map(({element}) => element)).flatMap(({error, replies}, i) => {
    const port = asked[i]?.port;
    return error === 0 && port ? replies.flatMap(reply => readElements(reply)).map(one => takenBy(port, one)) : [];
  });
  return [...found, ...([4, 6] as const).flatMap(family => takenForOneAddress(netfilter, wanted, family))];
}

function takenForOneAddress(
  netfilter: NetlinkSocket,
  wanted: readonly HostPort[],
  family: HostPort['family'],
): readonly TakenPort[] {
  const everywhere = wanted.filter(port => port.family === family && port.hostIP === undefined);
  if (everywhere.length === 0) return [];
  const set = {family: 'inet', table: nftTable, set: portSets[family].exact} as const;
  const [answer] = netfilter.exchange([dumpElements(set)]);
  const elements = (answer?.replies ?? []).flatMap(reply => readElements(reply));
  // The key ends like that of the port for all addresses.
  const tails = everywhere.map(port => ({port, tail: hostPortElement(port).key}));
  return elements.flatMap(one =>
    tails.flatMap(({port, tail}) => (endsWith(one.key, tail) ? [takenBy(port, one)] : [])),
  );
}

const takenBy = (port: HostPort, {comment}: FoundElement): TakenPort => ({port, publishedFor: comment});

function takenByProcesses(wanted: readonly HostPort[]): readonly TakenPort[] {
  return wanted.flatMap(port => {
    const process = listenerOn(port);
    return process === undefined ? [] : [{port, process}];
  });
}

function endsWith(key: Uint8Array, tail: Uint8Array): boolean {
  const start = key.length - tail.length;
  return tail.every((byte, i) => key[start + i] === byte);
}
