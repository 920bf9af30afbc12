// What is the case with published ports: whether the rules stand, who has a port, what of an attachment's elements is there.
// A port for all addresses and one for a single address exclude each other; only for the first is a whole map read, that of
// the ports which have an address.
import type {Kernel} from '../kernel.ts';
import {nftTable, portRuleChains} from '../names.ts';
import {dumpElements, type FoundElement, readElements} from '../netlink/nf-elements.ts';
import {dumpRules, readRuleComment} from '../netlink/nfnetlink.ts';
import type {Answer, NetlinkSocket} from '../netlink/socket.ts';
import {lookUp, missingElements} from './change.ts';
import {hostPortElement} from './elements.ts';
import {listenerOn} from './listening.ts';
import type {HostPort, PortFacts, PortsQuestion, TakenPort} from './port.ts';
import {lookupChain, portChains, portSets} from './tables.ts';

/** What is `known` of the rules is not read again. */
export function readPorts(
  kernel: Kernel,
  {wanted, containerId, held}: PortsQuestion,
  known?: Map<string, unknown>,
): PortFacts {
  const netfilter = kernel.netfilter();
  const hasRules = (chain: string): boolean => {
    const what = `rules in ${chain}`;
    const [rules] = known?.has(what) ? [] : netfilter.exchange([dumpRules(nftTable, chain)]);
    if (rules) known?.set(what, isRule(rules));
    return rules ? isRule(rules) : known?.get(what) === true;
  };
  return {
    stands: held ? portChains.every(hasRules) : hasRules(lookupChain),
    taken: [...takenByOurs(netfilter, wanted), ...takenByProcesses(wanted, containerId)],
    ...(held && {missing: missingElements(netfilter, held)}),
    ...(held?.onCondition && {lostRules: !portRuleChains(held.attachment).every(hasRules)}),
  };
}

const isRule = ({replies}: Answer): boolean => replies.some(reply => readRuleComment(reply) !== undefined);

function takenByOurs(netfilter: NetlinkSocket, wanted: readonly HostPort[]): readonly TakenPort[] {
  const same = wanted.map(port => ({port, element: hostPortElement(port)}));
  const wider = wanted.flatMap(({hostIP, ...port}) =>
    hostIP === undefined ? [] : [{port: {...port, hostIP}, element: hostPortElement(port)}],
  );
  const asked = [...same, ...wider];
  const there = lookUp(
    netfilter,
    asked.map(({element}) => element),
  );
  const found = asked.flatMap(({port}, i) => {
    const one = there[i];
    return one ? [takenBy(port, one)] : [];
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
  const tails = new Map(everywhere.map(port => [hostPortElement(port).key.join(), port]));
  return elements.flatMap(one => {
    const port = tails.get(one.key.subarray(-8).join());
    return port ? [takenBy(port, one)] : [];
  });
}

const takenBy = (port: HostPort, {comment}: FoundElement): TakenPort => ({port, publishedFor: comment});

function takenByProcesses(wanted: readonly HostPort[], containerId: string): readonly TakenPort[] {
  return wanted.flatMap(port => {
    const process = listenerOn(port, containerId);
    return process === undefined ? [] : [{port, process}];
  });
}
